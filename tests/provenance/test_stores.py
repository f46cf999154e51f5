import errno
import os

import pytest
from crashing import disk
from spoiling import refused

from threearc.provenance.stores import append, read_store, repair_store

ROWS = [{"n": i, "text": "à la carte\n" * i} for i in range(5)]


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "cell/rows.jsonl"
    append(path, ROWS[:3])
    return path


def test_rows_come_back_in_order(store):
    append(store, [])
    append(store, ROWS[3:])
    assert list(read_store(store)) == ROWS
    assert list(read_store(store.with_name("none.jsonl"))) == []


def test_a_last_line_torn_anywhere_was_never_a_row(store):
    whole = store.read_bytes()
    begin = whole[:-1].rfind(b"\n") + 1
    for end in range(begin, len(whole)):
        store.write_bytes(whole[:end])
        assert list(read_store(store)) == ROWS[:2]
        append(store, ROWS[2:])
        assert list(read_store(store)) == ROWS


def test_a_torn_line_longer_than_a_block_is_taken_away_too(store):
    with open(store, "ab") as handle:
        handle.write(b'{"check":"' + b"x" * 200_000)
    append(store, ROWS[3:])
    assert list(read_store(store)) == ROWS


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line[: len(line) // 2],
        lambda line: b"",
        lambda line: line.replace(b'"n":1', b'"n":7'),
        lambda line: b"\xff" + line,
        lambda line: b"[1]",
    ],
    ids=["half", "empty", "changed", "not-utf8", "no-row"],
)
def test_any_other_bad_line_is_told_and_repaired(store, spoil):
    lines = store.read_bytes().split(b"\n")
    lines[1] = spoil(lines[1])
    store.write_bytes(b"\n".join(lines))
    error = refused(lambda: list(read_store(store)), f"{store}, line 2")
    assert f"threearc repair {store}" in error.remedy
    assert repair_store(store) == 1 and repair_store(store) == 0
    assert list(read_store(store)) == [ROWS[0], ROWS[2]]
    assert store.with_name("rows.jsonl.bad").exists()


def test_a_full_disk_leaves_the_rows_that_were_there(store, monkeypatch):
    before = store.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        append(store, ROWS[3:])
    assert store.read_bytes() == before


def test_what_does_not_fit_on_the_disk_leaves_no_part_of_itself(tmp_path):
    with disk(tmp_path / "disk", 0.25) as mounted:
        if not mounted:
            pytest.skip("only an administrator may mount a disk to fill")
        store, done = tmp_path / "disk/rows.jsonl", 0
        with pytest.raises(OSError, match="No space left"):
            while True:
                append(store, [{"batch": done, "short": "x" * 3000}, {"batch": done, "long": "y" * 30000}])
                done += 1
        assert done > 2 and [row["batch"] for row in read_store(store)] == [i // 2 for i in range(2 * done)]
        assert store.read_bytes().endswith(b"\n"), "nor a torn line"
