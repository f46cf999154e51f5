"""Stamps: which key made which content out of which. The report holds what it prints against them to the roots."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from threearc.provenance.errors import StudyError, remake
from threearc.provenance.files import read_json, write_json
from threearc.provenance.hashing import file_hash
from threearc.provenance.keys import Key


@dataclass(frozen=True)
class Stamp:
    """What a finished job leaves behind.

    Attributes:
        key: what the job depended on.
        digest: of the key, as later keys name it.
        inputs, outputs: hash of each file that it read and wrote, by path.
    """

    key: Key
    digest: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


def stamp_of(log: str) -> Path:
    """Where the stamp of the job with this log stands: results/logs/x/y.log -> results/stamps/x/y.json."""
    return beside(log, "stamps")


def beside(log: str, folder: str) -> Path:
    """The job's file in another folder of the results, found by its log."""
    before, _, after = log.rpartition("/logs/")
    return Path(before, folder, after).with_suffix(".json")


def write_stamp(path: Path, key: Key, inputs: Mapping[str, str], outputs: Iterable[str]) -> None:
    """Write down the key, the hashes of the inputs as they were read, and those of the outputs."""
    own = dict(dataclasses.asdict(key), digest=key.digest, inputs=dict(inputs))
    write_json(path, own | {"outputs": {output: file_hash(output) for output in outputs}})


def read_stamps(folder: str | Path) -> dict[str, Stamp]:
    """The stamps below a folder, by output file.

    Raises:
        StudyError: if one of them is no stamp.
    """
    found: dict[str, Stamp] = {}
    for path in sorted(Path(folder).rglob("*.json")):
        row = read_json(path)
        try:
            digest, inputs, outputs = (row.pop(name) for name in ("digest", "inputs", "outputs"))
            stamp = Stamp(Key(**row), digest, dict(inputs), dict(outputs))
            if stamp.key.digest != digest:
                raise ValueError("the digest is another key's")
        except (KeyError, TypeError, ValueError, AttributeError):
            raise StudyError("This is no stamp of a job.", where=str(path), remedy=remake(path)) from None
        found |= dict.fromkeys(outputs, stamp)
    return found


def verify(files: Iterable[str], key: Key, folder: str | Path) -> None:
    """Check that every file, and all that it was made from, was made under the keys that the study now asks for.

    An ancestor that was deleted since is no fault, nor is one whose stamp was: who read it wrote down what it held, and
    had seen that this was what its rule wrote.

    Args:
        files: the inputs of the job whose key is ``key``.
        folder: where all stamps lie.

    Raises:
        StudyError: for the first file that is stale, was edited, was made from something else, or has no stamp.
    """
    stamps = read_stamps(folder)
    checked: set[str] = set()
    direct = {*files}
    waiting = [(file, key.upstream[file]) for file in direct]
    while waiting:
        file, digest = waiting.pop()
        if file in checked:
            continue
        checked.add(file)
        held = file_hash(file) if Path(file).exists() else None
        stamp = stamps.get(file)
        if stamp is None:
            # What no job makes is named by its content.
            if held != digest and file in direct:
                raise _fault(file, "Nothing tells which rule made this file.")
            continue
        if stamp.digest != digest:
            raise _fault(file, "This file was made under another configuration, code or data.")
        if held not in (None, stamp.outputs[file]):
            raise _fault(file, "This file was changed after its rule had written it.")
        for path, read in stamp.inputs.items():
            made = stamps[path].outputs[path] if path in stamps else stamp.key.upstream[path]
            if read != made:
                raise _fault(file, f"This file was made from another {path} than the one of now.")
        waiting += stamp.key.upstream.items()


def _fault(file: str, what: str) -> StudyError:
    return StudyError(what, where=file, remedy=remake(file))


def restamp(stamp: Path, output: str) -> None:
    """Write down the hash that an output has now, after the part of it that may be written anew was."""
    row = read_json(stamp)
    row["outputs"][output] = file_hash(output)
    write_json(stamp, row)
