"""Whole runs through the front door: killed, refused, failed, and told of."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
from spoiling import tear
from studies import SMALL, arguments_in, snakemake

from threearc.front.claims import RUNNING, read_claim
from threearc.front.processes import members

CELL = "results/chef/qwen3-0.6b"
#: One job that takes a second or two, whose result is the same again.
TARGET = f"{CELL}/heads.json"
AGAIN = [TARGET, "--forcerun", "rank_heads"]


def threearc(workdir, command, *arguments):
    words = [sys.executable, "-m", "threearc.cli", command, *map(str, arguments)]
    if command != "repair":
        words += arguments_in(workdir, *SMALL)
    return subprocess.Popen(
        words, cwd=workdir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def done(process):
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def told(workdir):
    code, out, err = done(threearc(workdir, "status", "--json"))
    assert code == 0, err
    return json.loads(out)


def wanted(status):
    return sum(share["left"] + len(share["failed"]) for share in status["shares"])


def planned(workdir):
    """How many jobs a dry run would do, but for the one that only gathers."""
    text = snakemake(workdir, "--dry-run", *SMALL).stdout
    total = re.search(r"^total +(\d+)$", text, re.MULTILINE)
    return int(total[1]) - 1 if total else 0


def stopped(pid):
    """Whether a process is the script of a job, and could be stopped in the middle of it."""
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        if any("/scripts/" in word for word in psutil.Process(pid).cmdline()):
            os.kill(pid, signal.SIGSTOP)
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def in_a_job(run, workdir):
    """Wait until a run is in the middle of a job, stop it there, and give its claim and the processes of its jobs."""
    until = time.monotonic() + 120
    while time.monotonic() < until and run.poll() is None:
        claim = read_claim(workdir / "results" / RUNNING)
        jobs = [pid for pid in members(claim.id) if pid != claim.pid] if claim else []
        if any(map(stopped, jobs)):
            return claim, jobs
    os.killpg(run.pid, signal.SIGKILL)
    raise AssertionError(done(run))


def locks(workdir):
    return sorted(path.name for path in workdir.glob(".snakemake/locks/*"))


def test_a_killed_run_goes_on_by_the_same_command(study_copy):
    before = (study_copy / TARGET).read_bytes()
    run = threearc(study_copy, "run", *AGAIN)
    claim, jobs = in_a_job(run, study_copy)
    assert claim.pid == run.pid and claim.host == socket.gethostname()
    code, _, err = done(threearc(study_copy, "run", *AGAIN))
    assert code == 1 and err.count("\n") == 1 and f"pid {run.pid} on host {claim.host}" in err
    # Snakemake alone is killed: its job lives on, and must not meet another writer.
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    code, _, err = done(threearc(study_copy, "run", *AGAIN))
    assert code == 1 and err.count("\n") == 1 and all(str(pid) in err for pid in jobs), err
    os.killpg(run.pid, signal.SIGKILL)
    status = told(study_copy)
    assert locks(study_copy) and status["run"]["dead"] and wanted(status)
    code, out, err = done(threearc(study_copy, "run", *AGAIN))
    assert code == 0, out + err
    assert (study_copy / TARGET).read_bytes() == before
    assert not (study_copy / "results" / RUNNING).exists() and not locks(study_copy)
    assert not list(study_copy.glob(".snakemake/runs/*"))


def test_of_two_runs_started_at_once_one_works(study_copy):
    runs = [threearc(study_copy, "run", *AGAIN) for _ in range(2)]
    (won, lost) = sorted(((*done(run), run.pid) for run in runs), key=lambda found: found[0])
    assert won[0] == 0 and lost[0] == 1
    assert f"pid {won[3]} on host {socket.gethostname()}" in lost[2] and lost[2].count("\n") == 1


def test_the_lock_of_a_plain_snakemake_is_left_alone(study_copy):
    words = [sys.executable, "-m", "snakemake", *AGAIN, *arguments_in(study_copy, *SMALL)]
    plain = subprocess.Popen(words, cwd=study_copy, start_new_session=True, stderr=subprocess.DEVNULL)
    while len(locks(study_copy)) < 2 and plain.poll() is None:
        time.sleep(0.02)
    os.killpg(plain.pid, signal.SIGKILL)
    plain.wait()
    left = locks(study_copy)
    code, out, err = done(threearc(study_copy, "run", *AGAIN))
    assert left and code == 1 and locks(study_copy) == left
    assert "cannot be locked" in out + err and "the same command with --unlock clears it" in err
    assert done(threearc(study_copy, "run", "--unlock"))[0] == 0 and not locks(study_copy)
    code, out, err = done(threearc(study_copy, "run", *AGAIN))
    assert code == 0, out + err


def test_the_status_agrees_with_a_dry_run_and_names_what_a_removed_model_leaves(study_copy):
    status = told(study_copy)
    assert wanted(status) == planned(study_copy) == 0
    assert {share["state"] for share in status["shares"]} == {"done"} and status["run"] is None
    assert [share["name"] for share in status["shares"]] == ["chef/gemma-4-e2b", "chef/qwen3-0.6b", "study"]
    assert not status["orphans"]
    small = study_copy / "config/small.yaml"
    whole = small.read_text()
    small.write_text(whole.replace(", gemma-4-e2b]", "]"))
    status = told(study_copy)
    assert wanted(status) == planned(study_copy) == 2
    assert [share["name"] for share in status["shares"]] == ["chef/qwen3-0.6b", "study"]
    assert {"results/chef/gemma-4-e2b", "results/students/chef/gemma-4-e2b"} <= {o["path"] for o in status["orphans"]}
    assert all("gemma-4-e2b" in orphan["path"] for orphan in status["orphans"])
    small.write_text(whole.replace("repeats: 2", "repeats: 3"))
    assert wanted(told(study_copy)) == planned(study_copy) > 2
    small.write_text(whole)
    (study_copy / TARGET).unlink()
    assert wanted(told(study_copy)) == planned(study_copy)


def test_a_failed_job_is_shown_until_it_is_done(study_copy):
    features = f"{CELL}/features/base.npz"
    whole = (study_copy / features).read_bytes()
    tear(1000)(study_copy / features)
    code, _, _ = done(threearc(study_copy, "run", *AGAIN))
    assert code == 1
    cell = next(share for share in told(study_copy)["shares"] if share["name"] == "chef/qwen3-0.6b")
    assert cell["state"] == "failed" and [failure["rule"] for failure in cell["failed"]] == ["rank_heads"]
    (failure,) = cell["failed"]
    assert features in failure["message"] and (study_copy / failure["log"]).exists()
    assert features in done(threearc(study_copy, "repair"))[1] and not (study_copy / features).exists()
    code, out, err = done(threearc(study_copy, "run", TARGET))
    assert code == 0, out + err
    assert (study_copy / features).read_bytes() == whole
    status = told(study_copy)
    assert wanted(status) == planned(study_copy) and not any(share["failed"] for share in status["shares"])


@pytest.mark.parametrize(("arguments", "word"), [(["--config", "tempering={heads: five}"], "key tempering.heads")])
def test_a_configuration_at_fault_is_told_once(study, arguments, word):
    for command in ("run", "status"):
        code, out, err = done(threearc(study, command, *arguments))
        assert code == 1 and (out + err).count(word) == 1 and "Traceback" not in out + err
