"""Append-only stores: JSON Lines that grow row by row, each row with its own check, and outlive any crash.

A crash in the middle of a row leaves a torn last line: it was never a row, readers pass over it and the next writer
takes it away. Any other line that cannot be believed is told, never skipped: somebody paid for what stood there.
A store has one writer at a time.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from threearc.provenance.errors import StudyError
from threearc.provenance.faults import fault_of
from threearc.provenance.files import write_text
from threearc.provenance.hashing import canonical, text_hash

#: Bytes read at once while looking for the end of the last whole line.
_BLOCK = 1 << 16


def read_store(path: str | Path) -> Iterator[dict[str, Any]]:
    """The rows of a store, in order; none if there is no such file.

    Raises:
        StudyError: if the file cannot be read, or for the first line, except a torn last one, that is no row.
    """
    for number, row in enumerate(rows_left(path), start=1):
        if row is None:
            raise StudyError(
                "This line is torn or was changed after it had been written.",
                where=f"{path}, line {number}",
                remedy=f"Run `threearc repair {path}`: it sets such lines aside and keeps all others.",
            )
        yield row


def rows_left(path: str | Path) -> list[dict[str, Any] | None]:
    """What can be read of a store: a row for every line, None for a line that is no row; a torn last one is left out.

    Raises:
        StudyError: if the file cannot be read at all.
    """
    return [_row(line) for line in _lines(Path(path))]


def append(path: str | Path, rows: Iterable[dict[str, Any]]) -> None:
    """Add rows to a store and flush them to disk; all of them or, if that fails, none.

    Raises:
        OSError: if they cannot be written, for one because the disk is full.
    """
    store = Path(path)
    text = "".join(_line(row) for row in rows)
    if not text:
        return
    store.parent.mkdir(parents=True, exist_ok=True)
    # Unbuffered: what a buffer could not write it would write on closing, into the room that was made by cutting back.
    with open(store, "ab+", buffering=0) as handle:
        end = _whole(handle)
        handle.truncate(end)
        left = memoryview(text.encode())
        try:
            while left:
                left = left[handle.write(left) :]
            os.fsync(handle.fileno())
        except OSError:
            handle.truncate(end)
            raise


def is_store(path: str | Path) -> bool:
    """Whether a file has a row of a store in it; False if there is no such file."""
    return any(_row(line) is not None for line in _lines(Path(path)))


def repair_store(path: str | Path) -> int:
    """Set aside the lines that are no rows, in a file of the same name and ``.bad`` beside it; how many there were."""
    lines = [*_lines(Path(path), torn=True)]
    good, bad = ([line for line in lines if (_row(line) is not None) is kept] for kept in (True, False))
    if bad:
        write_text(f"{path}.bad", "".join(line + "\n" for line in bad))
        write_text(path, "".join(line + "\n" for line in good))
    return len(bad)


def _line(row: dict[str, Any]) -> str:
    return canonical({"check": text_hash(canonical(row)), "row": row}) + "\n"


def _row(line: str) -> dict[str, Any] | None:
    """The row of a line; None if it is none, or not the one that was written."""
    try:
        found = json.loads(line)
        row: dict[str, Any] = found["row"]
        return row if found["check"] == text_hash(canonical(row)) else None
    except (ValueError, KeyError, TypeError):
        return None


def _lines(path: Path, *, torn: bool = False) -> list[str]:
    """Lines of a file; without ``torn``, those only that were ended."""
    try:
        text = path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        remedy = "Make it readable."
        raise fault_of(error, path) or StudyError("The file cannot be read.", where=str(path), remedy=remedy) from None
    *whole, last = text.split("\n")
    return [*whole, last] if torn and last else whole


def _whole(handle: Any) -> int:
    """Where the last ended line of an open file ends."""
    end = int(handle.seek(0, os.SEEK_END))
    while end > 0:
        start = max(0, end - _BLOCK)
        handle.seek(start)
        place = handle.read(end - start).rfind(b"\n")
        if place >= 0:
            return start + int(place) + 1
        end = start
    return 0
