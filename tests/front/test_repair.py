"""Repair: stores keep their rows, other results go unless they are what their rule wrote."""

import subprocess
import sys
from pathlib import Path

import pytest
from spoiling import refused, tear

from threearc.cli import main
from threearc.front.claims import RUNNING, lay_claim, new_claim
from threearc.front.repair import repair
from threearc.provenance.keys import Key
from threearc.provenance.stamps import stamp_of, write_stamp
from threearc.provenance.stores import append, read_store

STORE, RESULT = Path("results/chef/gemma/cache/rows.jsonl"), Path("results/chef/gemma/base.jsonl")
LOG = "results/logs/answer/chef/gemma.log"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    append(STORE, [{"n": n} for n in range(4)])
    RESULT.write_text('{"id": 1}\n')
    write_stamp(stamp_of(LOG), Key("answer", {}, "code", {}, {}, {}), {}, [str(RESULT)])
    return tmp_path / "results"


def spoil_store():
    STORE.write_text(STORE.read_text().replace('"n":1', '"n":7'))


def test_what_is_whole_stays(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for files in ([], [STORE], [RESULT], [RESULT.absolute()], [STORE, RESULT]):
        (line,) = repair(files, None)
        assert line.startswith("Nothing to repair")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("files", [[], [STORE]])
def test_a_store_keeps_all_other_rows(files):
    spoil_store()
    (line,) = repair(files, None)
    assert line.startswith(f"{STORE}: ") and f"1, set aside in {STORE}.bad" in line
    assert [row["n"] for row in read_store(STORE)] == [0, 2, 3]
    assert repair([], None)[0].startswith("Nothing")


@pytest.mark.parametrize("files", [[], [RESULT]])
def test_a_result_that_was_changed_is_deleted_and_the_command_told(files, capsys):
    RESULT.write_text('{"id": 2}\n')
    assert main(["repair", *map(str, files)]) == 0
    told = capsys.readouterr().out
    assert f"{RESULT}: not the file that answer wrote; deleted." in told
    assert f"`threearc run {RESULT}`" in told and not RESULT.exists()


def test_a_missing_result_is_told_when_asked_for():
    RESULT.unlink()
    assert f"`threearc run {RESULT}`" in repair([RESULT], None)[-1]
    assert repair([], None)[0].startswith("Nothing")


@pytest.mark.parametrize("files", [[], [Path("results/stamps/answer/chef/gemma.json")]])
def test_a_torn_stamp_goes_and_its_rule_is_named(files):
    tear(20)(stamp_of(LOG))
    (line,) = repair(files, None)
    assert line.startswith(str(stamp_of(LOG))) and "`--forcerun answer`" in line
    assert not stamp_of(LOG).exists() and RESULT.exists()


@pytest.mark.parametrize("named", [False, True])
def test_what_a_killed_job_left_half_written_goes(named):
    part, folder = RESULT.with_name(".new.base.jsonl"), RESULT.with_name(".new.weights")
    folder.mkdir()
    for file in (part, folder / "adapter.safetensors"):
        file.write_text("{")
    lines = repair([part, folder] if named else [], None)
    assert [line.split(":")[0] for line in lines] == [str(part), str(folder)]
    assert not part.exists() and not folder.exists()


def test_what_nothing_is_known_of_is_left(folder):
    other = folder / "notes.jsonl"
    other.write_text('{"mine": 1}\n')
    assert repair([], None)[0].startswith("Nothing")
    assert f"`rm {other}`" in refused(lambda: repair([other], None), other, "Nothing tells").remedy
    refused(lambda: repair([folder / "none.npz"], None), "no such file")
    refused(lambda: repair([], Path("nowhere")), "nowhere")
    assert other.exists()


def test_nothing_is_touched_while_a_run_works(folder):
    spoil_store()
    claim = new_claim(folder.parent, [])
    lay_claim(folder, claim)
    for files in ([], [STORE]):
        refused(lambda files=files: repair(files, None), f"pid {claim.pid} on host {claim.host}")
    (folder / RUNNING).unlink()
    plain = [sys.executable, "-c", "print(flush=True); input()", "snakemake"]
    with subprocess.Popen(plain, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        refused(lambda: repair([], None), f"pid {process.pid}")
        process.kill()
    assert len(repair([STORE], None)) == 1
