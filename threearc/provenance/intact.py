"""Before a job starts: is every file that it reads still what its rule wrote? No job works on a damaged one."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from threearc.provenance.errors import StudyError, remake
from threearc.provenance.files import read_json
from threearc.provenance.hashing import file_hash


def intact(inputs: Mapping[str, str], log: str) -> dict[str, str]:
    """The hashes of a job's inputs, once each is found to be what the stamp of the job that made it says.

    Args:
        inputs: digest of what made each input, by path; for what no job makes its own hash.
        log: the job's own log; the stamps lie in a folder beside that of all logs.

    Raises:
        StudyError: for the first input that is not; the remedy makes just that file anew.
    """
    folder = Path(log.rpartition("/logs/")[0], "stamps")
    found = {path: file_hash(path) for path in inputs}
    outputs = functools.cache(_outputs)
    for path, digest in inputs.items():
        near = [*_near(folder, path)]
        torn = [stamp for stamp in near if outputs(stamp) is None]
        written = next((made[path] for stamp in near if path in (made := outputs(stamp) or {})), None)
        if found[path] in (written, digest):
            continue
        if written is not None:
            raise StudyError("This file was changed after its rule had written it.", where=path, remedy=remake(path))
        if torn:
            raise StudyError("This is no stamp of a job.", where=str(torn[0]), remedy=remake(torn[0], path))
        raise StudyError("Nothing tells which rule made this file.", where=path, remedy=remake(path))
    return found


def _near(folder: Path, path: str) -> Iterator[Path]:
    """Stamps that may be of the job that made a file: they are named by its wildcards, and so is the file.

    A study has too many stamps for every job to read them all.
    """
    file = Path(path)
    names = {*file.parts, file.stem} - {file.anchor, ".."}
    waiting = [rule for rule in folder.iterdir() if rule.is_dir()] if folder.is_dir() else []
    while waiting:
        place = waiting.pop()
        for name in sorted(names):
            if (stamp := place / f"{name}.json").is_file():
                yield stamp
            if (below := place / name).is_dir():
                waiting.append(below)


def _outputs(stamp: Path) -> dict[str, Any] | None:
    """What a stamp says of its job's outputs; None if it is torn."""
    try:
        return dict(read_json(stamp)["outputs"])
    except (StudyError, KeyError, TypeError, ValueError):
        return None
