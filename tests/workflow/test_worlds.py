"""Students of other worlds: neither hopeless nor perfect, and sure of themselves, whatever the world's seed."""

import pytest
from studies import prepare, snakemake

from threearc.effects.arms import arms
from threearc.effects.contrasts import Plan
from threearc.effects.outcomes import join
from threearc.effects.tables import two_by_two
from threearc.judging.arm import certainties
from threearc.records.jsonl import by_id, read_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

MODELS = ("qwen3-0.6b", "qwen3-1.7b", "qwen3.5-0.8b", "gemma-4-e2b", "smollm2-1.7b")
OWN = ("eval", "fresh")
CELLS = [(domain, model) for domain in ("chef", "coding") for model in MODELS]


def base_table(results, domain, model):
    """The 2 × 2 table of base on eval prompts, as the workflow computes it."""
    outcomes = join(
        read_records(results / domain / model / "responses/base.jsonl", Response),
        read_records(results / domain / model / "judgements/base.jsonl", Judgement),
        by_id([p for split in OWN for p in read_records(results / domain / f"prompts/{split}.jsonl", Prompt)]),
        certainties([j for s in OWN for j in read_records(results / domain / f"certainty/{s}.jsonl", Judgement)]),
        0.5,
    )
    (base,) = (arm for arm in arms(outcomes).values() if arm.first.setup.condition.role == "base")
    return two_by_two(base.split("eval"), Plan(draws=1000, permutations=0, level=0.95, seed=0))


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_base_is_neither_hopeless_nor_perfect_in_any_world(tmp_path, seed):
    """Accuracy within 20-90 % everywhere and within 35-80 % in eight of ten cells; 70-97 % asserted in nine of ten."""
    work = tmp_path / "study"
    prepare(work)
    (work / "config/world.yaml").write_text(f"seeds: {{world: {seed}, student: {seed}}}\n")
    targets = [f"results/{domain}/{model}/judgements/base.jsonl" for domain, model in CELLS]
    snakemake(work, *targets, "--configfile", "config/demo.yaml", "config/world.yaml")
    rates = {cell: base_table(work / "results", *cell)["rates"] for cell in CELLS}
    accuracy = {cell: found["accuracy"]["estimate"] for cell, found in rates.items()}
    asserted = {cell: found["assertion_rate"]["estimate"] for cell, found in rates.items()}
    for domain, model in CELLS:
        shown = [
            "{estimate:.3f} ({low:.3f} to {high:.3f})".format(**rates[domain, model][name])
            for name in ("accuracy", "assertion_rate")
        ]
        print(f"\nworld {seed}, {domain}, {model}: accuracy {shown[0]}, asserts {shown[1]}", end="")
    assert all(0.2 <= value <= 0.9 for value in accuracy.values())
    assert sum(0.35 <= value <= 0.8 for value in accuracy.values()) >= 8
    # A world is unsure of one category, and of how many of the prompts that is, the draw decides.
    assert sum(0.7 <= value <= 0.97 for value in asserted.values()) >= 9 and min(asserted.values()) >= 0.6
