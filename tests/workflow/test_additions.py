"""What is added to a finished study costs itself and no more, and taking it away again costs no token.

Tokens generated are those of the rows by which the row caches grew. Tokens needed are those of answers that the study
had not yet asked for, told by the answers alone: student, decoding, what was done to the student, conversation, seed.
Jobs needed are those of which anything that they read is new, held against the stamps.
"""

import re

import pytest
import yaml
from studies import prepare, results_of, snakemake, without_caches

from threearc.engines.cache import cache_of
from threearc.provenance.hashing import canonical
from threearc.provenance.stamps import read_stamps
from threearc.provenance.stores import read_store
from threearc.records.jsonl import read_records
from threearc.records.responses import Response

#: Two models in one domain.
TWO = {"study": {"models": ["qwen3-0.6b", "gemma-4-e2b"], "domains": ["chef"]}}
ADDITIONS = {
    "a factor": {"tempering": {"lambdas": [0.9, 0.6, 0.5, 0.3]}},
    "a decode seed": {"seeds": {"decode": [0, 1, 2]}},
    "eval prompts": {"study": {"entries": {"eval": 53}}},
    "a model": {"study": {"models": ["qwen3-0.6b", "gemma-4-e2b", "smollm2-1.7b"]}},
    "a domain": {"study": {"domains": ["chef", "coding"]}},
}


class Finished:
    """A study that has come to its end, its caches and stamps."""

    def __init__(self, workdir, files):
        self.workdir, self.files = workdir, files

    def run(self, *more):
        """Run to the end; how many jobs that took."""
        done = snakemake(self.workdir, "--configfile", *self.files, *more)
        (steps,) = re.findall(r"^(\d+) of \1 steps", done.stdout + done.stderr, re.MULTILINE)
        # One of the steps is the target rule, which does nothing.
        return int(steps) - 1

    @property
    def responses(self):
        """Files of generated responses that the study asks for now."""
        return {p for p in map(self.workdir.joinpath, self.stamps) if p.parent.name == "responses"}

    @property
    def stamps(self):
        return read_stamps(self.workdir / "results/stamps")

    def rows(self):
        """Tokens of every row of every cache, by file and key."""
        files = self.workdir.glob("results/*/*/cache/*.jsonl")
        rows = [((file, row["key"]), row["n_tokens"]) for file in files for row in read_store(file)]
        assert len(rows) == len(dict(rows)), "a row stands twice in a cache"
        return dict(rows)

    def asked(self):
        """Tokens of every answer that was generated, by what it is an answer to."""
        found = {}
        for file in self.responses:
            for answer in read_records(file, Response):
                if answer.derived_from is None:
                    found[identity(file, answer)] = answer.n_tokens
        return found


def identity(file, answer):
    """All that an answer's tokens depend on, and the arm that repeats base on purpose."""
    setup, condition = answer.setup, answer.setup.condition
    done = {k: v for k, v in condition.settings.items() if k in ("adapter", "heads", "factor")}
    own = setup.model_dump(mode="json", exclude={"condition", "train_seed", "revision", "model"})
    messages = [message.model_dump() for message in answer.messages]
    repeat = condition.variant if condition.role == "noise floor" else ""
    return str(cache_of(file)), canonical([own, done, messages, answer.decode_seed, repeat])


def had_to_run(before, after):
    """How many jobs had something new to read or to do."""
    made = {id(stamp): stamp for stamp in after.values()}.values()
    old = [[before[path] for path in stamp.outputs if path in before] for stamp in made]
    return sum(not own or any(read(stamp) != read(o) for o in own) for stamp, own in zip(made, old, strict=True))


def read(stamp):
    """All that a job read: files, settings, code, data."""
    return stamp.inputs, stamp.key.settings, stamp.key.code, stamp.key.data


def add_and_take_away(finished, name, overlay):
    """Tokens and jobs that an addition cost and that it needed; taking it away costs no token."""
    file = finished.workdir / "config/more.yaml"
    file.write_text(yaml.safe_dump(overlay))
    results = without_caches(results_of(finished.workdir))
    rows, asked, stamps = finished.rows(), finished.asked(), finished.stamps
    ran = finished.run("config/more.yaml")
    generated = sum(n for key, n in finished.rows().items() if key not in rows)
    more = finished.asked()
    needed = sum(n for key, n in more.items() if key not in asked)
    had_to = had_to_run(stamps, finished.stamps)
    assert set(more) != set(asked) and needed and had_to
    print(
        f"\n{name}: {generated} tokens generated, {needed} needed ({generated / needed:.3f}); "
        f"{ran} jobs run, {had_to} needed ({ran / had_to:.3f})",
        end="",
    )
    assert generated <= 1.05 * needed and ran <= 1.05 * had_to
    whole = finished.rows()
    finished.run()
    assert finished.rows() == whole, "taking it away generated something"
    again = without_caches(results_of(finished.workdir))
    assert {path: again.get(path) for path in results} == results, "the study is not what it was before"


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("more", [["config/small.yaml"], []], ids=["small", "demo"])
def test_additions_cost_what_they_need(tmp_path, more):
    """Of the demo's size, and of that of the tests' small study."""
    workdir = tmp_path / "study"
    prepare(workdir)
    (workdir / "config/two.yaml").write_text(yaml.safe_dump(TWO))
    finished = Finished(workdir, ["config/demo.yaml", *more, "config/two.yaml"])
    finished.run()
    for name, overlay in ADDITIONS.items():
        add_and_take_away(finished, name, overlay)


def test_a_factor_added_to_a_small_study_costs_what_it_needs(study_copy):
    finished = Finished(study_copy, ["config/demo.yaml", "config/small.yaml"])
    add_and_take_away(finished, "a factor", {"tempering": {"lambdas": [0.5, 0.3]}})
