"""What the status says of a plan and of what lies in the results folder, and what it calls an orphan."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from threearc.front.claims import RUNNING, keep_copy, lay_claim, new_claim
from threearc.front.plan import Job, Plan
from threearc.front.status import _plain, _told, removal, status_of
from threearc.provenance.failures import failure_of, forget_failure, write_failure
from threearc.provenance.files import replacing
from threearc.provenance.stamps import stamp_of


def job(rule, name, wanted=False, **wildcards):
    where = "/".join(wildcards.values()) or "study"
    return Job(
        rule,
        wildcards,
        [f"results/{where}/{name}"],
        f"results/logs/{rule}/{where}.log",
        f"results/benchmarks/{rule}/{where}.tsv",
        wanted,
    )


CELL = {"domain": "chef", "model": "qwen3.5-0.8b"}
OTHER = {"domain": "chef", "model": "gemma"}


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jobs = [
        job("train_sft", "adapters/sft/main/0/weights", **CELL),
        job("answer", "base.jsonl", **CELL),
        job("judge", "judged.jsonl", wanted=True, **CELL),
        job("assess", "effects.json", wanted=True, **CELL),
        job("answer", "base.jsonl", **OTHER),
        job("prompts", "eval.jsonl", domain="chef"),
        job("report", "report.html", wanted=True),
    ]
    for made in jobs:
        if not made.wanted:
            for file in (*made.outputs, made.log, made.benchmark, stamp_of(made.log)):
                lay(tmp_path / file)
    return Plan("small", tmp_path, "results", jobs)


def lay(path, size=10):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


def shares(plan):
    return {s.name: (s.state, s.done, len(s.failed), s.left) for s in status_of(plan).shares}


def test_jobs_are_counted_cell_by_cell(plan):
    assert shares(plan) == {
        "chef/qwen3.5-0.8b": ("left to do", 2, 0, 2),
        "chef/gemma": ("done", 1, 0, 0),
        "study": ("left to do", 1, 0, 1),
    }


def test_the_first_failure_is_told_with_its_log_until_the_job_is_tried_again(plan):
    judge, assess = plan.jobs[2:4]
    write_failure("judge", "results/x: It is torn. Delete it.", judge.log)
    write_failure("assess", "later", assess.log)
    late = json.loads(failure_of(assess.log).read_text()) | {"time": "9999"}
    failure_of(assess.log).write_text(json.dumps(late))
    assert shares(plan)["chef/qwen3.5-0.8b"] == ("failed", 2, 2, 0)
    text = "\n".join(_told(status_of(plan), []))
    assert "judge failed: results/x: It is torn. Delete it." in text and judge.log in text and "later" not in text
    failure_of(assess.log).write_text("{torn")
    forget_failure(judge.log)
    assert shares(plan)["chef/qwen3.5-0.8b"] == ("left to do", 2, 0, 2)


def test_a_failure_of_a_job_that_is_done_is_past(plan):
    write_failure("answer", "once", plan.jobs[1].log)
    assert shares(plan)["chef/qwen3.5-0.8b"] == ("left to do", 2, 0, 2)
    assert not status_of(plan).orphans


def test_the_run_is_named(plan):
    assert "No run is alive" in "\n".join(_told(status_of(plan), []))
    claim = new_claim(plan.workdir, ["--cores", "2"])
    lay_claim(plan.workdir / "results", claim)
    keep_copy(claim, plan.workdir / "results")
    found = status_of(plan)
    assert f"A run is alive: pid {claim.pid} on host {claim.host}, since {claim.since}" in "\n".join(_told(found, []))
    assert _plain(found)["run"]["dead"] is False and not found.orphans
    gone = replace(found, run=replace(claim, id="gone", start=0.0))
    assert "The last run was killed" in "\n".join(_told(gone, [])) and _plain(gone)["run"]["dead"]
    away = replace(found, run=replace(claim, host="elsewhere"))
    assert "A run of another host may be alive" in "\n".join(_told(away, []))


def test_a_removed_cell_is_an_orphan_and_the_printed_commands_remove_it(plan):
    less = replace(plan, jobs=[found for found in plan.jobs if found.wildcards != OTHER])
    lay(plan.workdir / "results/chef/gemma/cache/rows.jsonl", 990)
    orphans = status_of(less).orphans
    assert [(o.path, o.files, o.size) for o in orphans if "logs" not in o.path] == [
        ("results/benchmarks/answer/chef/gemma.tsv", 1, 10),
        ("results/chef/gemma", 2, 1000),
        ("results/stamps/answer/chef/gemma.json", 1, 10),
    ]
    text = "\n".join(_told(status_of(less), ["--configfile", "a b.yaml"]))
    assert "5 files (1.0 kB)" in text and "results/chef/gemma" in text
    assert "3 logs, benchmarks, stamps and failures" in text
    assert "`threearc status --orphans --configfile 'a b.yaml'`" in text
    subprocess.run("\n".join(removal(orphans, plan)), shell=True, check=True)
    assert not status_of(less).orphans and shares(less)["chef/qwen3.5-0.8b"] == ("left to do", 2, 0, 2)
    assert all((plan.workdir / path).exists() for made in less.jobs if not made.wanted for path in made.outputs)


def test_what_belongs_to_the_study_or_to_its_cells_is_no_orphan(plan):
    for path in (
        "results/.gitkeep",
        "results/ledger.jsonl",
        "results/chef/gemma/cache/rows.jsonl.bad",
        "results/chef/qwen3.5-0.8b/adapters/sft/main/0/README.md",
    ):
        lay(plan.workdir / path)
    write_failure("judge", "told", plan.jobs[2].log)
    assert not status_of(plan).orphans


def test_a_part_file_is_an_orphan_once_nobody_works_there(plan):
    with replacing(plan.workdir / "results/chef/gemma/base.jsonl") as part:
        lay(part)
        lay(plan.workdir / "results/chef/gemma/.new.weights/adapter.safetensors")
        claim = new_claim(plan.workdir, [])
        lay_claim(plan.workdir / "results", claim)
        assert not status_of(plan).orphans
        (plan.workdir / "results" / RUNNING).unlink()
        plain = [sys.executable, "-c", "print(flush=True); input()", "snakemake"]
        with subprocess.Popen(plain, cwd=plan.workdir, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            assert not status_of(plan).orphans
            process.kill()
        assert {o.path for o in status_of(plan).orphans} == {
            str(part.relative_to(plan.workdir)),
            "results/chef/gemma/.new.weights",
        }


def test_a_recipe_removed_leaves_its_folder_only(plan):
    lay(plan.workdir / "results/chef/gemma/adapters/sft/wide/0/weights")
    assert [o.path for o in status_of(plan).orphans] == ["results/chef/gemma/adapters"]
    lay(plan.workdir / "results/chef/qwen3.5-0.8b/adapters/sft/wide/0/weights")
    assert [o.path for o in status_of(plan).orphans][1] == "results/chef/qwen3.5-0.8b/adapters/sft/wide"
