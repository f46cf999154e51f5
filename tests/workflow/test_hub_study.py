"""Studies of Hub models: offline from a cache, and what is said where a model cannot be had."""

import json
import shutil
import time

import pytest
import yaml
from studies import REPOSITORY, snakemake

from threearc.models.students import student_hash
from threearc.provenance.hashing import sha256

REVISION = "c" * 40


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No network, and a cache of one's own."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    (tmp_path / "run").mkdir()
    shutil.copy(REPOSITORY / "config.yaml", tmp_path / "run")
    return tmp_path / "run"


def put_in_cache(student, home):
    """Lay a student into the Hub's cache as its client does: blobs by their hash, snapshots of links, a ref."""
    repo = home / "hub/models--tiny--student"
    snapshot = repo / "snapshots" / REVISION
    for folder in (repo / "blobs", repo / "refs", snapshot):
        folder.mkdir(parents=True)
    for file in student.iterdir():
        blob = repo / "blobs" / sha256(file)
        shutil.copy(file, blob)
        (snapshot / file.name).symlink_to(f"../../blobs/{blob.name}")
    (repo / "refs/main").write_text(REVISION)


def test_the_full_study_is_planned_offline_in_seconds_and_says_once_what_each_model_lacks(offline):
    start = time.perf_counter()
    planned = snakemake(offline, "--dry-run").stdout
    assert time.perf_counter() - start < 10
    assert "fetch_student            5" in planned and "answer_base             10" in planned
    done = snakemake(offline, "--quiet", "rules", check=False)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("Error in fetch_student: ")]
    models = yaml.safe_load((offline / "config.yaml").read_text())["models"].values()
    assert len(told) == 5 and "Traceback" not in done.stderr
    for model in models:
        assert any(f"https://huggingface.co/{model['repo']}: " in line and model["revision"] in line for line in told)
    # What needs no model is made all the same.
    assert (offline / "results/coding/certainty/eval.jsonl").exists()


def test_a_study_of_a_hub_model_runs_from_the_cache(offline, students, tmp_path):
    put_in_cache(students["qwen3"], tmp_path / "home")
    model = {"repo": "tiny/student", "revision": REVISION, "dtype": "float32", "reasoning": None}
    small = {
        "study": {"models": ["qwen3-0.6b"], "domains": ["chef"], "entries": {"train": 4, "eval": 4, "fresh": 4}},
        "models": {"qwen3-0.6b": model | {"decoding": {"max_tokens": 16}}},
        "answering": {
            "batch_size": 16,
            "length_step": 32,
            "decoding": {"max_tokens": 16},
            "budgets": [8, 16],
        },
        "seeds": {"decode": [0]},
    }
    (offline / "small.yaml").write_text(yaml.safe_dump(small))
    responses = offline / "results/chef/qwen3-0.6b/responses/base.jsonl"
    wanted = ("--configfile", "small.yaml", "--", responses.relative_to(offline))
    snakemake(offline, *wanted)
    row = json.loads(responses.read_text().splitlines()[0])
    assert row["setup"]["revision"] == REVISION and row["setup"]["student"] == student_hash(students["qwen3"])
    assert row["setup"]["decoding"]["temperature"] == 0.6, "as its makers advise"
    assert "Nothing to be done" in snakemake(offline, *wanted).stderr
    # A student that is no longer what was fetched answers nothing.
    (offline / "results/students/hub/qwen3-0.6b/model.safetensors").unlink()
    responses.unlink()
    done = snakemake(offline, *wanted, check=False)
    assert done.returncode == 1 and "model.safetensors: This file of the student is missing" in done.stderr
