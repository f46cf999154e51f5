"""Row caches in a whole study: what was generated once is not generated again, and no result tells of the cache.

What a run generated is what the caches grew by: every row is on the disk before it is used.
"""

import re
import shutil

import pytest
from studies import SMALL, snakemake

from threearc.engines.cache import cache_of
from threearc.provenance.stores import read_store
from threearc.records.jsonl import read_records
from threearc.records.responses import Response

CELL = "results/chef/qwen3-0.6b"
BASE, ADAPTERS, TEMPERED, RECOVERY = (
    f"{CELL}/responses/{name}.jsonl" for name in ("base", "adapters", "tempered", "recovery")
)


def ran(study, *files):
    """Bring files up to date; rows that the caches grew by, by file, and the tokens of them all."""
    before = {file: rows(study, file) for file in (BASE, ADAPTERS, TEMPERED, RECOVERY)}
    snakemake(study, *files, *SMALL)
    grown = {}
    for file, old in before.items():
        new = rows(study, file)
        assert new[: len(old)] == old and len({row["key"] for row in new}) == len(new)
        grown[file] = new[len(old) :]
    return {file: len(new) for file, new in grown.items() if new}, sum(r["n_tokens"] for n in grown.values() for r in n)


def rows(study, file):
    return list(read_store(study / cache_of(file)))


def answers(study, file):
    return read_records(study / file, Response)


def told(study, rule):
    """What the log of a job says of its rows: asked, from the cache, generated, tokens."""
    text = (study / f"results/logs/{rule}/chef/qwen3-0.6b.log").read_text()
    line = r"(\d+) rows asked, (\d+) from the cache, (\d+) generated \((\d+) tokens\)"
    (found,) = re.findall(line, text)
    return tuple(map(int, found))


def configure(study, *changes):
    file = study / "config/small.yaml"
    text = file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def test_a_first_run_generates_what_it_answers(study):
    for file in (BASE, ADAPTERS, TEMPERED, RECOVERY):
        kept, given = rows(study, file), answers(study, file)
        # Arms that do the same share rows: an adapter that taught nothing, dispositions with the same heads.
        assert {(r["text"], *r["token_ids"]) for r in kept} == {(raw(r, kept), *r.token_ids) for r in given}
        asked, looked_up, generated, tokens = told(study, f"answer_{cache_of(file).stem}")
        assert (asked, generated) == (len(given), len(kept)) and asked == looked_up + generated
        assert tokens == sum(row["n_tokens"] for row in kept)


def raw(response, kept):
    """The text as it was generated, thinking included, by its tokens."""
    return next(row["text"] for row in kept if tuple(row["token_ids"]) == response.token_ids)


@pytest.mark.parametrize(
    ("rule", "file"), [("answer_tempered", TEMPERED), ("answer_adapters", ADAPTERS), ("answer_recovery", RECOVERY)]
)
def test_lost_answers_come_back_from_the_cache_and_a_lost_cache_from_the_student(study_copy, rule, file):
    before = (study_copy / file).read_bytes()
    count = len(rows(study_copy, file))
    (study_copy / file).unlink()
    assert ran(study_copy, file) == ({}, 0)
    assert (study_copy / file).read_bytes() == before
    assert told(study_copy, rule) == (len(before.splitlines()), len(before.splitlines()), 0, 0)

    store = study_copy / cache_of(file)
    lines = store.read_text().splitlines(keepends=True)
    store.write_text("".join(lines[::3]) + lines[1][:50])
    (study_copy / file).unlink()
    generated, _ = ran(study_copy, file)
    assert (study_copy / file).read_bytes() == before and generated == {file: count - len(lines[::3])}

    shutil.rmtree(store.parent)
    (study_copy / file).unlink()
    assert ran(study_copy, file)[0] == {file: count} and (study_copy / file).read_bytes() == before


def test_another_factor_costs_its_own_rows_and_none_when_it_goes(study_copy):
    files = (TEMPERED, RECOVERY)
    before = [(study_copy / file).read_bytes() for file in files]
    configure(study_copy, ("lambdas: [0.5]", "lambdas: [0.25, 0.5]"))
    generated, tokens = ran(study_copy, *files)
    new = [r for file in files for r in answers(study_copy, file) if r.setup.condition.settings.get("factor") == 0.25]
    # Two dispositions may have the same heads, and then the same rows.
    needed = {(str(r.setup.condition.settings["heads"]), r.messages, r.decode_seed): r.n_tokens for r in new}
    assert sum(generated.values()) == len(needed) and tokens == sum(needed.values())
    with_it = [(study_copy / file).read_bytes() for file in files]

    configure(study_copy, ("lambdas: [0.25, 0.5]", "lambdas: [0.5]"))
    assert ran(study_copy, *files) == ({}, 0)
    assert [(study_copy / file).read_bytes() for file in files] == before

    configure(study_copy, ("lambdas: [0.5]", "lambdas: [0.25, 0.5]"))
    shutil.rmtree(study_copy / CELL / "cache")
    ran(study_copy, *files)
    assert [(study_copy / file).read_bytes() for file in files] == with_it, "as from nothing"


@pytest.mark.parametrize(
    "changes",
    [[("decode: [0]", "decode: [1, 0]")], [("eval: 12", "eval: 18")]],
    ids=["a-decode-seed", "prompts"],
)
def test_more_seeds_and_prompts_cost_their_own_rows_and_none_when_they_go(study_copy, changes):
    before = (study_copy / BASE).read_bytes()
    old = {identity(r) for r in answers(study_copy, BASE)}
    configure(study_copy, *changes)
    generated, tokens = ran(study_copy, BASE)
    new = [r for r in answers(study_copy, BASE) if identity(r) not in old]
    assert generated == {BASE: len(new)} and tokens == sum(r.n_tokens for r in new) > 0
    with_them = (study_copy / BASE).read_bytes()

    configure(study_copy, *((new, old) for old, new in changes))
    assert ran(study_copy, BASE) == ({}, 0) and (study_copy / BASE).read_bytes() == before

    configure(study_copy, *changes)
    shutil.rmtree(study_copy / CELL / "cache")
    ran(study_copy, BASE)
    assert (study_copy / BASE).read_bytes() == with_them, "as from nothing"


def identity(response):
    """What was asked, in which arm."""
    return response.setup.condition.variant, response.messages, response.decode_seed
