"""Reading and writing records as JSON Lines, checked on the way in and on the way out."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from threearc.provenance.errors import StudyError, remake
from threearc.provenance.faults import unreadable
from threearc.provenance.files import replacing, write_json
from threearc.records.base import Part, Record

R = TypeVar("R", bound=Record)
P = TypeVar("P", bound=Part)


def read_records(path: str | Path, record: type[R]) -> list[R]:
    """Read every row of ``path`` as ``record``.

    Raises:
        StudyError: if the file is missing, a row is not valid, or an id occurs twice; it names the line.
    """
    rows: list[R] = []
    seen: set[str] = set()
    try:
        with open(path, encoding="utf-8") as handle:
            lines = handle.readlines()
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(error, path, f"The {record.kind}s cannot be read ({error}).") from None
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        try:
            row = record.model_validate_json(line)
        except ValidationError as error:
            what = f"This is not a valid {record.kind}: {first_fault(error)}."
            raise StudyError(what, where=where, remedy=remake(path)) from None
        if row.id in seen:
            raise StudyError(f"The {record.kind} {row.id} occurs twice.", where=where, remedy=remake(path))
        seen.add(row.id)
        rows.append(row)
    return rows


def read_all(paths: Iterable[str | Path], record: type[R]) -> list[R]:
    """The rows of several files, one after the other.

    Raises:
        StudyError: as ``read_records``.
    """
    return [row for path in paths for row in read_records(path, record)]


def write_records(path: str | Path, rows: Iterable[Record]) -> None:
    """Write ``rows``, one line each, whole or not at all.

    Raises:
        ValueError: if two rows are the same: a row must stand for one thing.
    """
    seen: set[str] = set()
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as handle:
        for row in rows:
            if row.id in seen:
                raise ValueError(f"two {row.kind}s in {path} are the same row ({row.id})")
            seen.add(row.id)
            handle.write(row.model_dump_json() + "\n")


def read_document(path: str | Path, document: type[P]) -> P:
    """Read a JSON file that is one document.

    Raises:
        StudyError: if the file is missing or is not such a document.
    """
    try:
        return document.model_validate_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(error, path, f"The file cannot be read ({error}).") from None
    except ValidationError as error:
        what = f"This is not a valid {document.__name__}: {first_fault(error)}."
        raise StudyError(what, where=str(path), remedy=remake(path)) from None


def write_document(path: str | Path, document: Part) -> None:
    """Write a document as indented JSON, whole or not at all."""
    write_json(path, document.model_dump(mode="json"))


def by_id(rows: Sequence[R]) -> dict[str, R]:
    """The rows by their ids."""
    return {row.id: row for row in rows}


def first_fault(error: ValidationError) -> str:
    """The first fault of a validation: where, and what."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{key}: {message}" if key else message
