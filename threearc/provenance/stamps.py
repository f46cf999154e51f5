"""Stamps: which key made which content. What the report prints is held against them first."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from threearc.provenance.errors import StudyError, remake
from threearc.provenance.files import read_json, write_json
from threearc.provenance.hashing import file_hash
from threearc.provenance.keys import Key


def stamp_of(log: str) -> Path:
    """Where the stamp of the job with this log stands: results/logs/x/y.log -> results/stamps/x/y.json."""
    before, _, after = log.rpartition("/logs/")
    return Path(before, "stamps", after).with_suffix(".json")


def write_stamp(path: Path, key: Key, outputs: Mapping[str, str]) -> None:
    """Write down the digest of the key and the hash of every output."""
    write_json(path, {"rule": key.rule, "key": key.digest, "outputs": {p: file_hash(p) for p in outputs.values()}})


def verify(files: Iterable[str], key: Key, folder: str | Path) -> None:
    """Check that every file was made under the key that the study now asks for, and not touched since.

    Args:
        files: the inputs of the job whose key is ``key``.
        folder: where all stamps lie.

    Raises:
        StudyError: for the first file that is stale, was edited, or has no stamp.
    """
    stamps: dict[str, dict[str, Any]] = {}
    for stamp in sorted(Path(folder).rglob("*.json")):
        row = read_json(stamp)
        try:
            stamps |= {path: {"key": row["key"], "hash": digest} for path, digest in row["outputs"].items()}
        except (KeyError, TypeError, AttributeError):
            raise StudyError("This is no stamp of a job.", where=str(stamp), remedy=remake(stamp)) from None
    for file in files:
        remedy = remake(file)
        if file not in stamps:
            raise StudyError("Nothing tells which rule made this file.", where=file, remedy=remedy)
        if stamps[file]["key"] != key.upstream[file]:
            raise StudyError("This file was made under another configuration, code or data.", where=file, remedy=remedy)
        if stamps[file]["hash"] != file_hash(file):
            raise StudyError("This file was changed after its rule had written it.", where=file, remedy=remedy)
