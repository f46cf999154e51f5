"""Part files: what a writer leaves behind that was killed before its file was whole."""

import re
from pathlib import Path

from threearc.front.processes import exists

#: Names of files being written: a dot, the writer's process, the final name.
_PART = re.compile(r"\.(\d+)\..+")


def is_abandoned(path: Path) -> bool:
    """Whether a file was being written by a process of this host that is dead."""
    match = _PART.fullmatch(path.name)
    return match is not None and not exists(int(match[1]))
