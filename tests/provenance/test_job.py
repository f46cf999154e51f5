import json
import os
import sys

import pytest

from threearc.provenance.errors import StudyError
from threearc.provenance.files import replacing, write_json
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


def test_a_failed_write_leaves_the_old_file_and_no_scraps(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, 1)
    with pytest.raises(RuntimeError), replacing(file) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert file.read_text() == "1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_what_is_not_json_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", float("nan"))
    assert not list(tmp_path.iterdir())


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
    key = Key("count", {"n": 3}, "code", {}, {}, {str(source): "digest"})
    before = file_hash(source)
    with job(key.text(), log, {"out": str(out)}):
        write_json(source, 4)
        write_json(out, 5)
    (stamp,) = read_stamps(tmp_path / "r/stamps").values()
    assert stamp.key == key and stamp.digest == key.digest
    assert stamp.inputs == {str(source): before} and stamp.outputs == {str(out): file_hash(out)}
