"""Holding a job to its key: a data file that the key does not hold cannot be read.

Otherwise a change of the file would change the result and rerun nothing.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from threearc.provenance.errors import StudyError
from threearc.provenance.fingerprint import package_root

_allowed: frozenset[str] | None = None
_watching = False
_ROOT = f"{package_root()}{os.sep}"


@contextmanager
def only(data: Iterable[str]) -> Iterator[None]:
    """Let nothing open data files of the package except ``data``, by their paths within it.

    Raises:
        StudyError: from within, where another one is opened.
    """
    global _allowed, _watching
    if not _watching:
        # An audit hook sees every way of opening a file, and is there until the process ends.
        sys.addaudithook(_watch)
        _watching = True
    _allowed = frozenset(data)
    try:
        yield
    finally:
        _allowed = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or _allowed is None or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    path = os.fsdecode(arguments[0])
    file = path.removeprefix(_ROOT)
    if file != path and f"{os.sep}data{os.sep}" in path and file not in _allowed:
        raise StudyError(
            "A job reads this data file, and its key does not hold it: a change of it would rerun nothing.",
            where=path,
            remedy="Name the rule among the file's readers in threearc/config/slices.py.",
        )
