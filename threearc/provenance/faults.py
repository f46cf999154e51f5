"""What the operating system may refuse while files are read and written, each told once with what to do about it."""

import errno
import logging
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from threearc.provenance.errors import StudyError, remake

#: What is wrong, and the remedy, by the system's number for it. Names in braces: the file, its folder, the mount point
#: that it lies under, and the nearest part of its path that bars the way.
FAULTS = {
    errno.ENOSPC: ("The disk is full.", "Make room where `df -h {folder}` shows none"),
    errno.EDQUOT: ("The quota of this disk is used up.", "Make room where `quota -s` shows none"),
    errno.EROFS: (
        "The file system can only be read.",
        "Run `mount -o remount,rw {mount}` as its administrator, or copy the study to another disk",
    ),
    errno.EACCES: ("Permission is denied.", "Run `chmod u+rwX {barred}` as its owner"),
    errno.EPERM: ("The operation is not permitted.", "See what `lsattr -d {barred}` and `ls -ld {barred}` forbid"),
    errno.EIO: (
        "The disk failed to read or write (input/output error).",
        "Run `rm -f {file}`, and see what `dmesg` says of the disk",
    ),
    errno.EMFILE: ("Too many files are open.", "Run `ulimit -n 65536`"),
    errno.ENFILE: ("Too many files are open on this machine.", "See what `sysctl fs.file-max` allows"),
}
#: How libraries written in Rust end their messages; they raise errors of their own.
_RUST = re.compile(r"\(os error (\d+)\)")
#: How Python does, in tracebacks too.
_ERRNO = re.compile(r"\[Errno (\d+)\][^:\n]*(?:: '([^'\n]+)')?")
#: With less room than this, in bytes, not even the notes on a run's progress can be kept.
LEAST = 1 << 20
#: Before the name of a file that is being written.
TEMPORARY = ".new."


def fault_of(error: BaseException, path: object) -> StudyError | None:
    """The one message for an error that the operating system is behind; None for any other.

    Args:
        path: the file in question, where the error itself names none.
    """
    if isinstance(error, StudyError):
        return None
    for cause in chain(error):
        found = FAULTS.get(_number(cause) or 0)
        if found is not None:
            named = cause.filename if isinstance(cause, OSError) and isinstance(cause.filename, str) else str(path)
            file = Path(named).with_name(Path(named).name.removeprefix(TEMPORARY))
            what, remedy = found
            return StudyError(what, where=str(file), remedy=_filled(remedy, file))
    return None


@contextmanager
def told(path: object) -> Iterator[None]:
    """Work on ``path``: what the operating system refuses meanwhile becomes a StudyError about it."""
    try:
        yield
    except Exception as error:
        fault = fault_of(error, path)
        if fault is None:
            raise
        raise fault from error


def unreadable(error: BaseException, path: object, what: str) -> StudyError:
    """The one message for a result that cannot be read: the system's fault, or the file's."""
    return fault_of(error, path) or StudyError(what, where=str(path), remedy=remake(path))


def check_writable(folder: str | Path) -> None:
    """See that a folder, or what there is of its path, can be written to, before anything is worked out for it.

    Raises:
        StudyError: if it cannot.
    """
    existing = next(part for part in (Path(folder), *Path(folder).absolute().parents) if part.exists())
    try:
        with TemporaryFile(dir=existing) as file:
            file.write(bytes(LEAST))
    except OSError as error:
        # Without the name of a file that nobody asked for.
        fault = fault_of(OSError(error.errno, error.strerror), folder)
        if fault is None:
            raise
        raise fault from None


class Terse(logging.Filter):
    """Has another program's logger say in one line what the operating system refused, in place of a traceback.

    Args:
        path: the file in question, where the message names none.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record where it tells such an error; every record passes."""
        found = _ERRNO.search(record.getMessage()) if record.levelno >= logging.ERROR else None
        if found is not None:
            fault = fault_of(OSError(int(found[1]), "", found[2]), self._path)
            if fault is not None:
                record.msg, record.args = f"Error: {fault}", ()
        return True


def chain(error: BaseException) -> list[BaseException]:
    """An error and those that led to it."""
    causes: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in causes:
        causes.append(found)
        found = found.__cause__ or found.__context__
    return causes


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _RUST.search(str(error))
    return int(found[1]) if found else None


def _filled(remedy: str, file: Path) -> str:
    existing = [part for part in (file, *file.parents, *file.absolute().parents) if part.exists()]
    places = {
        "file": file,
        "folder": next(part for part in existing if part.is_dir()),
        "mount": next(part for part in map(Path.absolute, existing) if os.path.ismount(part)),
        "barred": next((part for part in existing if not os.access(part, os.R_OK | os.W_OK)), existing[0]),
    }
    command = remedy.format(**{name: shlex.quote(str(place)) for name, place in places.items()})
    return f"{command}, and then run the same command again."
