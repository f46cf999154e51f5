"""Processes of this host: which of them lives, and which belong to a run."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

#: In the environment of a run and of all its jobs: the run's id.
RUN = "THREEARC_RUN"
#: Clocks are read in ticks: two readings of one process's start, in seconds, may differ by less.
_TICK = 1.0


def started(pid: int) -> float:
    """When a process started, seconds since 1970."""
    import psutil

    return float(psutil.Process(pid).create_time())


def lives(pid: int, start: float, run: str) -> bool:
    """Whether a run's process still lives. Its number alone says little: numbers are given out again.

    The start tells a stranger apart, unless the clock was set; then the run's mark does.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(process.create_time() - start) < _TICK or _mark(process) == run
    except psutil.NoSuchProcess:
        return False


def members(run: str) -> list[int]:
    """The processes of this user that a run has started and that still live, sorted."""
    return sorted(process.pid for process in _others() if _mark(process) == run)


def snakemakes(workdir: Path) -> list[int]:
    """The processes that run Snakemake in a working directory, but for this one."""
    if find_spec("psutil") is None:
        # Only the library is installed: no Snakemake either.
        return []
    import psutil

    found = []
    for process in _others():
        try:
            # As a command (python -m snakemake) or as a script (bin/snakemake), with whatever options follow.
            called = any(Path(word).name == "snakemake" for word in process.cmdline()[:4])
            if called and Path(process.cwd()) == workdir.resolve():
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


def _others() -> Iterator[Any]:
    import psutil

    for process in psutil.process_iter():
        if process.pid != os.getpid():
            yield process


def _mark(process: Any) -> str | None:
    """The run that a process belongs to; None also where that may not be known."""
    import psutil

    try:
        return process.environ().get(RUN)  # type: ignore[no-any-return]
    except (psutil.Error, OSError):
        return None
