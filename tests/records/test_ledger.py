import errno
import itertools
import json
import os

import pytest
from spoiling import refused

from threearc.provenance.hashing import canonical, content_id
from threearc.provenance.stores import append, read_store, repair_store
from threearc.records.ledger import End, begin, code_behind, count_responses, end, read_ledger

CONFIG = {"analysis": {"draws": 200, "margins": {"axis": 0.25}}, "seeds": {"decode": [0], "train": None}}

ASIDE = "lines that were torn or changed were set aside in ledger.jsonl.bad"


def note(path, config=CONFIG, *, responses=0, **kept):
    named = {"version": "1", "code": {"judge_arm": "a"}, "targets": ["b", "a"]} | kept
    return begin(path, config, responses=responses, **named)


@pytest.fixture
def ledger(tmp_path):
    """Two runs that ended, and one that did not."""
    path = tmp_path / "results/ledger.jsonl"
    end(path, note(path), None, responses=4)
    end(path, note(path, responses=4), ["judge_arm b", "judge_arm a"], responses=4)
    note(path, responses=4)
    return path


def rows(path):
    return list(read_store(path))


def rewrite(path, rows):
    """As a forger would, who knows how a store checks its lines."""
    path.unlink()
    append(path, rows)


def test_a_start_holds_all_that_was_fixed(ledger):
    first = read_ledger(ledger).starts[0]
    assert first.config == CONFIG and first.config_hash == content_id(CONFIG)
    assert first.analysis_hash == content_id(CONFIG["analysis"])
    assert first.number == 1 and first.previous == "" and first.targets == ("a", "b") and first.responses == 0
    assert first.time.endswith("+00:00") and first.pid > 0 and first.host


def test_runs_and_their_ends_are_told_apart(ledger):
    found = read_ledger(ledger)
    one, two, three = found.starts
    assert len({one.run, two.run, three.run}) == 3 and found.ends.keys() == {one.run, two.run}
    assert found.ends[one.run].event == "finished" and found.ends[one.run].failed == ()
    assert found.ends[two.run].event == "stopped" and found.ends[two.run].failed == ("judge_arm a", "judge_arm b")
    assert isinstance(found.entries[1], End) and not found.faults


def test_each_entry_names_the_one_before_it_by_its_content(ledger):
    found = rows(ledger)
    assert [row["number"] for row in found] == [1, 2, 3, 4, 5]
    assert [row["previous"] for row in found] == ["", *(content_id(row) for row in found[:-1])]


def test_a_torn_last_line_was_never_an_entry(ledger):
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-20])
    found = read_ledger(ledger)
    assert len(found.entries) == 4 and not found.faults
    note(ledger)
    found = read_ledger(ledger)
    assert len(found.entries) == 5 and not found.faults


def edited(found):
    found[1]["responses"] = 0
    return found


@pytest.mark.parametrize(
    ("forge", "faults"),
    [
        (edited, ["entry 2 is not what it was"]),
        (lambda found: found[1:], ["entry 1 is gone"]),
        (lambda found: [found[0], *found[3:]], ["entries 2 to 3 are gone"]),
        (lambda found: [found[0], found[2], found[1], *found[3:]],
         ["entry 2 is gone", "entry 2 is out of place", "entry 3 is gone"]),
        (lambda found: [*found, found[3]], ["entry 4 is out of place"]),
        (lambda found: [found[0], {"event": "start"}, *found[1:]], ["line 2 is no entry"]),
        (lambda found: [found[0], found[1] | {"more": 1}, *found[2:]], ["line 2 is no entry", "entry 2 is gone"]),
    ],
    ids=["edited", "first gone", "two gone", "moved", "doubled", "added", "field added"],
)  # fmt: skip
def test_what_a_forger_does_is_told_and_does_not_keep_others_from_going_on(ledger, forge, faults):
    rewrite(ledger, forge(rows(ledger)))
    assert list(read_ledger(ledger).faults) == faults
    note(ledger)
    assert list(read_ledger(ledger).faults) == faults, "what is appended neither hides nor adds a fault"


def test_a_forger_who_writes_all_anew_cannot_be_told_but_by_the_last_hash(ledger):
    kept = read_ledger(ledger).entries[-1].hash
    found = edited(rows(ledger))
    for before, row in itertools.pairwise(found):
        row["previous"] = content_id(before)
    rewrite(ledger, found)
    forged = read_ledger(ledger)
    assert not forged.faults and forged.entries[-1].hash != kept


def test_a_changed_line_stops_the_run_until_it_is_set_aside_and_stays_told(ledger):
    before = ledger.read_text()
    ledger.write_text(before.replace('"draws":200', '"draws":400', 1))
    error = refused(lambda: note(ledger), f"{ledger}, line 1")
    assert f"threearc repair {ledger}" in error.remedy and len(ledger.read_text()) == len(before)
    assert read_ledger(ledger).faults[0] == "line 1 is no entry"
    assert repair_store(ledger) == 1
    note(ledger)
    assert read_ledger(ledger).faults == ("entry 1 is gone", ASIDE)


def test_a_last_entry_that_was_set_aside_is_told_too(ledger):
    ledger.write_text(ledger.read_text()[:-10] + "\n")
    assert repair_store(ledger) == 1
    note(ledger)
    assert read_ledger(ledger).faults == (ASIDE,)


def test_a_ledger_that_cannot_be_written_is_one_message(tmp_path):
    (tmp_path / "ledger.jsonl").mkdir()
    refused(lambda: note(tmp_path / "ledger.jsonl"), f"{tmp_path / 'ledger.jsonl'}")
    (tmp_path / "results").write_text("a file where the folder should be")
    refused(lambda: note(tmp_path / "results/ledger.jsonl"), f"{tmp_path / 'results/ledger.jsonl'}")


def test_a_full_disk_is_one_message_and_leaves_the_ledger_as_it_was(ledger, monkeypatch):
    before = ledger.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    refused(lambda: note(ledger), f"{ledger}", "No space left on device")
    assert ledger.read_bytes() == before


def test_responses_count_once_written_begun_or_gone(tmp_path):
    assert count_responses(tmp_path / "none") == 0
    root = tmp_path / "results"
    for file in ("chef/m/responses/base.jsonl", "chef/m/cache/base.jsonl", "chef/m/cache/tempered.jsonl",
                 "chef/m/judgements/base.jsonl"):  # fmt: skip
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n")
    stamps = root / "stamps/answer_adapters/chef"
    stamps.mkdir(parents=True)
    (stamps / "m.json").write_text(json.dumps({
        "outputs": dict.fromkeys(["results/chef/m/responses/adapters.jsonl", "results/chef/m/features/a.npz"], "h")
    }))  # fmt: skip
    (stamps / "n.json").write_text("torn")
    assert count_responses(root) == 3


def test_code_changes_with_what_it_does_only(tmp_path):
    script = tmp_path / "judge_arm.py"
    script.write_text("x = 1\n")
    before = code_behind({"judge_arm": script})
    script.write_text('"""Judges."""\n\nx = 1  # one\n')
    assert code_behind({"judge_arm": script}) == before
    script.write_text("x = 2\n")
    assert code_behind({"judge_arm": script}) != before


def test_entries_come_back_as_they_were_written(ledger):
    for row, entry in zip(rows(ledger), read_ledger(ledger).entries, strict=True):
        assert canonical(row) == canonical(entry.model_dump(mode="json"))
