"""Writing files so that a reader never sees half of one, and what a crash leaves is mended by writing again."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from threearc.provenance.faults import TEMPORARY, told, unreadable


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success flush it to disk and rename it over ``path``.

    A crash leaves either the old file or the new one, never a part of one. The temporary file is removed if the block
    fails; what a killed process leaves there the next writer of ``path`` overwrites: a file has one writer at a time.

    Raises:
        StudyError: if the operating system refuses, for one because the disk is full.
    """
    target = Path(path)
    # The suffix stays last: writers such as numpy and safetensors choose the format by it.
    temporary = target.with_name(TEMPORARY + target.name)
    with told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _flush(temporary)
            os.replace(temporary, target)
            _flush(target.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty temporary folder beside the folder ``path``; on success each of its files goes to ``path``.

    The files are flushed to disk and renamed one by one; afterwards ``path`` holds them and no other file. It is for
    libraries that write several files under names of their own, into a folder that is theirs alone.

    Raises:
        StudyError: if the operating system refuses, for one because the disk is full.
    """
    target = Path(path)
    temporary = target.with_name(TEMPORARY + target.name)
    with told(target):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            yield temporary
            target.mkdir(exist_ok=True)
            files = sorted(temporary.iterdir())
            for file in files:
                # A link's file was there before, and is somebody else's.
                if not file.is_symlink():
                    _flush(file)
            for old in target.iterdir():
                if old.name not in {file.name for file in files} and not old.is_dir():
                    old.unlink()
            for file in files:
                os.replace(file, target / file.name)
            _flush(target)
            _flush(target.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` in UTF-8 under ``path``, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys, whole or not at all."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        StudyError: if it is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable(error, path, f"The file cannot be read ({error}).") from None


def _flush(path: Path) -> None:
    """See that a file's content, or a folder's list of files, is on the disk and not only in memory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems, mostly of networks, know no such thing for folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP) or not path.is_dir():
            raise
    finally:
        os.close(handle)
