"""Part files: what a writer leaves behind that was killed before its file was whole."""

import re
from pathlib import Path

from threearc.provenance.faults import TEMPORARY

#: Names of files, and of folders, that are being written: marked at the front, the final name after it.
_PART = re.compile(rf"({re.escape(TEMPORARY)}|\.\d+\.).+")


def is_part(path: Path, top: Path) -> bool:
    """Whether a file below ``top`` is being written, or was when its writer was killed."""
    return any(_PART.fullmatch(name) for name in path.relative_to(top).parts)
