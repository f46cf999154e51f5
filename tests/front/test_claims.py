"""Claims on a results folder, with real processes: dead, alive, of another host, and many at once."""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, replace

import pytest
from spoiling import refused

from threearc.front.claims import RUNNING, copy_of, keep_copy, lay_claim, new_claim, read_claim, withdraw
from threearc.front.processes import RUN, lives, members, started
from threearc.provenance.errors import StudyError

HERE = socket.gethostname()


@contextmanager
def sleeper(run=None):
    """A real process that does nothing, perhaps with the mark of a run."""
    environment = {**os.environ, **({RUN: run} if run else {})}
    code = "import time; print(flush=True); time.sleep(300)"
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as process:
        try:
            # The kernel shows an environment only a moment after a program has begun.
            process.stdout.readline()
            yield process
        finally:
            process.kill()


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


@pytest.fixture
def mine(tmp_path):
    return new_claim(tmp_path, ["--cores", "2"])


def of(process, claim, **changes):
    """A claim of another process."""
    return replace(claim, id="other", pid=process.pid, start=started(process.pid), **changes)


def leave(results, claim):
    (results / RUNNING).write_text(json.dumps(asdict(claim)))


def test_a_free_folder_is_claimed_and_nothing_else_is_left(results, mine):
    lay_claim(results, mine)
    assert read_claim(results / RUNNING) == mine and mine.host == HERE and mine.pid == os.getpid()
    assert [path.name for path in results.iterdir()] == [RUNNING]


def test_a_living_run_is_named_and_a_dead_one_replaced(results, mine):
    with sleeper() as process:
        leave(results, of(process, mine))
        error = refused(lambda: lay_claim(results, mine), f"pid {process.pid} on host {HERE}", str(results))
        assert f"`kill {process.pid}`" in error.remedy
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        # Killed and not yet waited for: its number is still taken, and it is dead.
        lay_claim(results, mine)
    assert read_claim(results / RUNNING) == mine
    assert [path.name for path in results.iterdir()] == [RUNNING]


def test_a_number_given_out_again_is_another_process(results, mine):
    with sleeper() as process:
        leave(results, replace(of(process, mine), start=started(process.pid) - 5000))
        lay_claim(results, mine)


def test_a_run_is_known_by_its_mark_when_the_clock_was_set():
    with sleeper("this-run") as process:
        start = started(process.pid)
        assert lives(process.pid, start, "that-run") and lives(process.pid, start - 5000, "this-run")
        assert not lives(process.pid, start - 5000, "that-run")
        assert members("this-run") == [process.pid] and members("that-run") == []


def test_a_run_of_another_host_is_never_taken_for_dead(results, mine):
    with sleeper() as process:
        gone = of(process, mine, host="elsewhere")
    leave(results, gone)
    error = refused(lambda: lay_claim(results, mine), f"pid {gone.pid} on host elsewhere")
    assert f"`rm {results / RUNNING}`" in error.remedy
    assert read_claim(results / RUNNING) == gone
    (results / RUNNING).unlink()
    lay_claim(results, mine)


@pytest.mark.parametrize("text", ["", '{"host": "a', "[]", '{"host": "a"}', "\xff"])
def test_what_is_no_claim_is_told_with_its_remedy(results, mine, text):
    (results / RUNNING).write_text(text, encoding="latin-1")
    error = refused(lambda: lay_claim(results, mine), results / RUNNING)
    assert f"`rm {results / RUNNING}`" in error.remedy
    (results / RUNNING).unlink()
    lay_claim(results, mine)


def test_jobs_that_outlive_their_run_are_waited_for(results, mine):
    with sleeper() as process:
        dead = of(process, mine)
    leave(results, dead)
    with sleeper(dead.id) as job:
        error = refused(lambda: lay_claim(results, mine), f"pid {dead.pid} on host {HERE}", f"pid {job.pid}")
        assert f"`kill {job.pid}`" in error.remedy
    lay_claim(results, mine)


def test_a_claim_is_withdrawn_by_its_own_process_only(results, mine, monkeypatch):
    lay_claim(results, mine)
    keep_copy(mine, results)
    withdraw(results)
    assert (results / RUNNING).exists()
    monkeypatch.setenv(RUN, mine.id)
    pid = os.fork()
    if not pid:
        withdraw(results)
        os._exit(0)
    os.waitpid(pid, 0)
    assert (results / RUNNING).exists() and copy_of(mine, results).exists()
    withdraw(results)
    assert not (results / RUNNING).exists() and not copy_of(mine, results).exists()
    withdraw(results)


def test_a_folder_that_cannot_be_written_is_told(tmp_path, mine):
    (tmp_path / "file").write_text("")
    refused(lambda: lay_claim(tmp_path / "file/results", mine), tmp_path / "file/results", "cannot be written")


def contend(results, workdir, begin, end, won):
    claim = new_claim(workdir, [])
    begin.wait()
    try:
        lay_claim(results, claim)
        won.put(claim.id)
    except StudyError as error:
        won.put(str(error))
    end.wait()


@pytest.mark.parametrize("before", ["nothing", "a dead run"])
def test_of_many_at_once_exactly_one_wins(results, mine, before):
    many, fork = 8, multiprocessing.get_context("fork")
    with sleeper() as process:
        dead = of(process, mine)
    for _ in range(40):
        (results / RUNNING).unlink(missing_ok=True)
        if before != "nothing":
            leave(results, dead)
        begin, end, won = fork.Barrier(many), fork.Barrier(many), fork.Queue()
        children = [fork.Process(target=contend, args=(results, results, begin, end, won)) for _ in range(many)]
        for child in children:
            child.start()
        told = [won.get(timeout=60) for _ in children]
        for child in children:
            child.join()
        holder = read_claim(results / RUNNING)
        assert told.count(holder.id) == 1
        lost = [text for text in told if text != holder.id]
        assert len(lost) == many - 1 and all(f"pid {holder.pid} on host {HERE}" in text for text in lost)
        assert [path.name for path in results.iterdir()] == [RUNNING]
