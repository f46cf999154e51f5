"""Snakemake's lock: cleared where a dead run of this host has left it, and nowhere else."""

import subprocess
import sys
from dataclasses import replace

import pytest

from threearc.front.claims import keep_copy, new_claim
from threearc.front.locks import clear_lock

DEAD = {"id": "before", "start": 0.0}


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "results").mkdir()
    locks = tmp_path / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").write_text("config.yaml\nresults/chef/a.json\n")
    (locks / "0.output.lock").write_text("results/report.html\n")
    (locks / "1.output.lock").write_text("elsewhere/report.html\n")
    return new_claim(tmp_path, [])


def locks(workdir):
    return sorted(path.name for path in workdir.glob(".snakemake/locks/*"))


def test_what_a_dead_run_has_locked_of_these_results_is_cleared(tmp_path, mine):
    keep_copy(replace(mine, **DEAD), tmp_path / "results")
    assert clear_lock(mine, tmp_path / "results") is None
    assert locks(tmp_path) == ["1.output.lock"]


@pytest.mark.parametrize("before", ["no claim", "another host's", "a living run's", "of other results"])
def test_a_lock_whose_owner_may_live_is_left_with_a_hint(tmp_path, mine, before):
    if before == "another host's":
        keep_copy(replace(mine, host="elsewhere", **DEAD), tmp_path / "results")
    elif before == "a living run's":
        keep_copy(mine, tmp_path / "results")
    elif before == "of other results":
        keep_copy(replace(mine, **DEAD), tmp_path / "elsewhere")
    found = locks(tmp_path)
    assert "--unlock" in clear_lock(mine, tmp_path / "results")
    assert locks(tmp_path) == found


def test_a_lock_is_left_while_any_snakemake_works_in_the_directory(tmp_path, mine):
    keep_copy(replace(mine, **DEAD), tmp_path / "results")
    command = [sys.executable, "-c", "print(flush=True); input()", "snakemake"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as plain:
        plain.stdout.readline()
        assert "--unlock" in clear_lock(mine, tmp_path / "results")
        plain.kill()
    assert clear_lock(mine, tmp_path / "results") is None


def test_without_a_lock_there_is_nothing_to_say(tmp_path, mine):
    assert clear_lock(mine, tmp_path / "others") is None
