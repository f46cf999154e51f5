"""The ledger of runs: what was fixed before the first response, and every change and stop since.

Every run appends an entry before its first job, with the whole configuration, and one at its end. A researcher's
degrees of freedom are not only margins and tests: seeds, models, prompts and code are, and stopping and going on.

Each entry holds the hash of the one before it, so an entry that was edited, removed or moved shows. What a chain
cannot show: that entries were cut off its end, or that the whole was written anew. Only a hash kept elsewhere can.
"""

import os
import socket
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from threearc.provenance.errors import StudyError
from threearc.provenance.files import read_json
from threearc.provenance.fingerprint import fingerprint, modules_of, package_data
from threearc.provenance.hashing import canonical, content_id
from threearc.provenance.stores import append, read_store, rows_left
from threearc.records.base import Part

#: Where the ledger stands in the folder of results.
NAME = "ledger.jsonl"


class Noted(Part):
    """What every entry says.

    Attributes:
        number: place in the ledger, from 1.
        previous: hash of the entry before it, empty in the first.
        time: UTC, ISO 8601.
        run: name of the run, the same at its start and its end.
        responses: response files that there were then, or had been.
    """

    number: int
    previous: str
    time: str
    run: str
    host: str
    pid: int
    responses: int

    @property
    def hash(self) -> str:
        """What the next entry calls this one."""
        return content_id(self.model_dump(mode="json"))


class Start(Noted):
    """The start of a run.

    Attributes:
        version: of threearc.
        code: fingerprint of code and data, by rule and domain.
        targets: what was asked for; empty for the whole study.
        config: the whole configuration.
        config_hash, analysis_hash: hashes of the whole and of its section ``analysis``.
    """

    event: Literal["start"] = "start"
    version: str
    code: dict[str, str]
    targets: tuple[str, ...]
    analysis_hash: str
    config_hash: str
    config: dict[str, Any]


class End(Noted):
    """The end of a run, where it could still write one.

    Attributes:
        event: finished, or stopped before it was.
        failed: jobs that failed; a run that was stopped from outside may have none.
    """

    event: Literal["finished", "stopped"]
    failed: tuple[str, ...]


Entry = Annotated[Start | End, Field(discriminator="event")]
_ENTRY: TypeAdapter[Start | End] = TypeAdapter(Entry)


@dataclass(frozen=True)
class Ledger:
    """What can be read of a ledger.

    Attributes:
        faults: what shows that it was altered; empty while its chain is whole.
    """

    entries: Sequence[Start | End]
    faults: Sequence[str]

    @property
    def starts(self) -> list[Start]:
        """The starts of all runs, in order."""
        return [entry for entry in self.entries if isinstance(entry, Start)]

    @property
    def ends(self) -> dict[str, End]:
        """The end of every run that wrote one."""
        return {entry.run: entry for entry in self.entries if isinstance(entry, End)}


def read_ledger(path: str | Path) -> Ledger:
    """Read a ledger, whatever was done to it: what is left, and what is wrong with it.

    Raises:
        StudyError: if the file cannot be read at all.
    """
    entries: list[Start | End] = []
    faults: list[str] = []
    for line, row in enumerate(rows_left(path), start=1):
        entry = None if row is None else _entry(row)
        if entry is None:
            faults.append(f"line {line} is no entry")
            continue
        fault = _broken(entries[-1] if entries else None, entry)
        if fault:
            faults.append(fault)
        entries.append(entry)
    if Path(f"{path}.bad").exists():
        faults.append(f"lines that were torn or changed were set aside in {Path(path).name}.bad")
    return Ledger(tuple(entries), tuple(faults))


def begin(
    path: str | Path,
    config: Mapping[str, Any],
    *,
    version: str,
    code: Mapping[str, str],
    targets: Iterable[str],
    responses: int,
) -> Start:
    """Append the start of a run.

    A line that is torn or was changed stops the run until it has been set aside. A broken chain does not: it can never
    be mended, and whoever had a damaged disk must be able to go on. The report tells it for ever.

    Raises:
        StudyError: if the ledger holds a line that cannot be believed, or cannot be written.
    """
    for _ in read_store(path):
        pass
    values = {
        "event": "start",
        **_now(path, uuid.uuid4().hex, responses),
        "version": version,
        "code": dict(code),
        "targets": sorted(targets),
        "analysis_hash": content_id(config["analysis"]),
        "config_hash": content_id(config),
        "config": dict(config),
    }
    start = _ENTRY.validate_json(canonical(values))
    assert isinstance(start, Start)
    _append(path, start)
    return start


def end(path: str | Path, start: Start, failed: Iterable[str] | None, *, responses: int) -> None:
    """Append the end of a run.

    Args:
        failed: None if it finished; else the jobs that failed, if it is known which.

    Raises:
        StudyError: if the ledger cannot be written.
    """
    values = {
        "event": "finished" if failed is None else "stopped",
        **_now(path, start.run, responses),
        "failed": sorted(failed or ()),
    }
    _append(path, _ENTRY.validate_json(canonical(values)))


def count_responses(results: Path) -> int:
    """Response files that a folder of results has or had: written, begun in a cache, or gone but for the stamp."""
    files = [*results.glob("*/*/responses/*.jsonl"), *results.glob("*/*/cache/*.jsonl")]
    for stamp in results.glob("stamps/answer_*/**/*.json"):
        # A stamp that cannot be read is for others to tell: it must not keep a run from being written down.
        with suppress(StudyError, KeyError, TypeError):
            files += [path for path in map(Path, read_json(stamp)["outputs"]) if path.parent.name == "responses"]
    return len({(*path.parent.parent.parts[-2:], path.name) for path in files})


def code_behind(sources: Mapping[str, Path]) -> dict[str, str]:
    """One hash per source, of its code, of all that it imports from the package, and of the data beside these."""
    return {
        name: content_id([fingerprint(source), package_data(modules_of(source))])
        for name, source in sorted(sources.items())
    }


def _entry(row: Mapping[str, Any]) -> Start | End | None:
    try:
        return _ENTRY.validate_json(canonical(row))
    except ValidationError:
        return None


def _broken(before: Start | End | None, entry: Start | End) -> str | None:
    """Why an entry cannot have been written right after the one that stands before it; None if it can."""
    expected = before.number + 1 if before else 1
    if entry.number < expected:
        return f"entry {entry.number} is out of place"
    if entry.number > expected:
        gone = range(expected, entry.number)
        return f"entry {expected} is gone" if len(gone) == 1 else f"entries {expected} to {gone[-1]} are gone"
    if before and entry.previous != before.hash:
        return f"entry {before.number} is not what it was"
    return None


def _now(path: str | Path, run: str, responses: int) -> dict[str, Any]:
    """What the next entry says of itself."""
    entries = read_ledger(path).entries
    return {
        "number": entries[-1].number + 1 if entries else 1,
        "previous": entries[-1].hash if entries else "",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": run,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "responses": responses,
    }


def _append(path: str | Path, entry: Start | End) -> None:
    try:
        append(path, [entry.model_dump(mode="json")])
    except OSError as error:
        raise StudyError(
            f"The ledger of runs cannot be written ({error.strerror or error}).",
            where=str(path),
            remedy="Make room, or the file and its folder writable: no run starts before it is written down.",
        ) from None
