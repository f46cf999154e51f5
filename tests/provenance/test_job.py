import json
import os
import sys

import pytest

from threearc.provenance.errors import StudyError
from threearc.provenance.files import write_json
from threearc.provenance.fingerprint import package_root
from threearc.provenance.hashing import file_hash
from threearc.provenance.job import job
from threearc.provenance.keys import Key
from threearc.provenance.stamps import read_stamps

KEY = Key("count", {"n": 3}, "code", {}, {}, {}).text()


def test_a_job_gets_its_settings_and_stamps_its_outputs(tmp_path):
    out, log = tmp_path / "r/out.json", str(tmp_path / "r/logs/count/a.log")
    with job(KEY, log, {"out": str(out)}) as settings:
        print("counting")
        write_json(out, settings["n"])
    assert "counting" in open(log).read()
    stamp = json.loads((tmp_path / "r/stamps/count/a.json").read_text())
    assert stamp["rule"] == "count" and list(stamp["outputs"]) == [str(out)]


@pytest.mark.parametrize(
    ("online", "own", "told"), [(False, None, "1"), (True, None, None), (True, "1", "1"), (False, "0", "0")]
)
def test_only_a_job_that_may_goes_online_and_the_user_has_the_last_word(tmp_path, monkeypatch, online, own, told):
    monkeypatch.setenv("HF_HUB_OFFLINE", own or "")
    if own is None:
        monkeypatch.delenv("HF_HUB_OFFLINE")
    with job(KEY, str(tmp_path / "r/logs/count/a.log"), {}, online=online):
        assert os.environ.get("HF_HUB_OFFLINE") == told


@pytest.mark.parametrize(
    ("error", "shown", "logged"),
    [
        (StudyError("Bad.", where="a.yaml, key b", remedy="Mend it."), "count: a.yaml, key b: Bad. Mend it.", "Bad."),
        (ZeroDivisionError("by zero"), "count: ZeroDivisionError: by zero", "Traceback"),
    ],
)
def test_an_error_is_told_once_and_leaves_no_stamp(tmp_path, monkeypatch, capsys, error, shown, logged):
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    log = str(tmp_path / "r/logs/count/a.log")
    with pytest.raises(SystemExit) as caught, job(KEY, log, {}):
        raise error
    assert caught.value.code == 1
    told = capsys.readouterr().err
    assert told.count("Error") >= 1 and shown in told and told.count("\n") == 1
    assert logged in open(log).read()
    assert not (tmp_path / "r/stamps").exists()


def refusal(log, capsys, monkeypatch, work, key=KEY, outputs=None):
    """Run a job that fails; what the terminal shows."""
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    with pytest.raises(SystemExit) as caught, job(key, str(log), outputs or {}):
        work()
    return caught.value.code, capsys.readouterr().err


def test_a_full_disk_is_told_although_the_log_lies_on_it_too(tmp_path, monkeypatch, capsys):
    log = tmp_path / "r/logs/count/a.log"
    log.parent.mkdir(parents=True)
    log.symlink_to("/dev/full")

    def work():
        print("counting")
        with open("/dev/full", "w") as file:
            file.write("x")

    code, told = refusal(log, capsys, monkeypatch, work)
    assert code == 1 and told.count("\n") == 1
    assert told.startswith(f"Error in count: {log}: The disk is full. Make room where `df -h {log.parent}` shows none")


def test_an_interrupt_ends_a_job_quietly(tmp_path, monkeypatch, capsys):
    def work():
        raise KeyboardInterrupt

    assert refusal(tmp_path / "r/logs/count/a.log", capsys, monkeypatch, work) == (130, "")
    assert not (tmp_path / "r/stamps").exists()


@pytest.fixture
def read(tmp_path, monkeypatch):
    """A file that one job has written, and the key of another that reads it."""
    monkeypatch.chdir(tmp_path)
    with job(KEY, "r/logs/count/a/b.log", {"out": "r/a/b/out.json"}):
        write_json("r/a/b/out.json", 3)
    return Key("sum", {}, "code", {}, {}, {"r/a/b/out.json": "the digest of count's key"}).text()


@pytest.mark.parametrize(
    ("file", "content", "told", "remedy"),
    [
        ("r/a/b/out.json", "4\n", "was changed after", "rm -f r/a/b/out.json"),
        ("r/a/b/out.json", "", "was changed after", "rm -f r/a/b/out.json"),
        ("r/stamps/count/a/b.json", "{", "no stamp", "rm -f r/stamps/count/a/b.json r/a/b/out.json"),
        ("r/stamps/count/a/b.json", None, "Nothing tells which rule", "rm -f r/a/b/out.json"),
    ],
)
def test_a_job_does_not_work_on_what_a_fault_has_changed(read, monkeypatch, capsys, file, content, told, remedy):
    log, worked = "r/logs/sum/a.log", []
    with job(read, log, {}):
        worked.append(1)
    if content is None:
        os.unlink(file)
    else:
        open(file, "w").write(content)
    code, shown = refusal(log, capsys, monkeypatch, lambda: worked.append(2), read)
    assert code == 1 and worked == [1] and told in shown and f"`{remedy}`" in shown


def test_what_no_job_makes_is_what_its_hash_says(tmp_path, monkeypatch, capsys):
    file = tmp_path / "own.yaml"
    file.write_text("a: 1")
    key = Key("sum", {}, "code", {}, {}, {str(file): file_hash(file)}).text()
    with job(key, str(tmp_path / "r/logs/sum/a.log"), {}):
        pass
    file.write_text("a: 2")
    code, shown = refusal(tmp_path / "r/logs/sum/a.log", capsys, monkeypatch, lambda: None, key)
    assert code == 1 and "Nothing tells which rule" in shown


def test_a_job_cannot_read_data_that_its_key_does_not_hold(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    data = package_root() / "judging/data"
    key = Key("count", {}, "code", {"judging/data/style.yaml": "hash"}, {}, {}).text()
    with job(key, str(tmp_path / "r/logs/count/a.log"), {}):
        assert (data / "style.yaml").read_text()
    with pytest.raises(SystemExit), job(key, str(tmp_path / "r/logs/count/b.log"), {}):
        (data / "rubric.yaml").read_text()
    assert "judging/data/rubric.yaml: A job reads this data file" in capsys.readouterr().err
    assert (data / "rubric.yaml").read_text(), "outside of jobs nothing is watched"


def test_a_stamp_holds_the_key_and_what_was_read(tmp_path):
    source, out, log = tmp_path / "in.json", tmp_path / "r/out.json", str(tmp_path / "r/logs/count/a.log")
    write_json(source, 3)
    before = file_hash(source)
    key = Key("count", {"n": 3}, "code", {}, {}, {str(source): before})
    with job(key.text(), log, {"out": str(out)}):
        write_json(source, 4)
        write_json(out, 5)
    (stamp,) = read_stamps(tmp_path / "r/stamps").values()
    assert stamp.key == key and stamp.digest == key.digest
    assert stamp.inputs == {str(source): before} and stamp.outputs == {str(out): file_hash(out)}
