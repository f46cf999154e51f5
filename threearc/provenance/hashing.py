"""Canonical JSON and content hashes.

Everything that has an identity in a study (a prompt, a condition, a rule's key) is named by the hash of
what it is, so that equal things have equal names on every machine and a changed thing has a new one.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

#: Hex digits kept of a SHA-256: 80 bits, a collision in a million rows has a chance below 1e-12.
ID_DIGITS = 20
#: Made once: every record is named by what this writes.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, no NaN.

    Raises:
        ValueError: if the value holds NaN or an infinity, which JSON cannot name.
        TypeError: if the value is not made of JSON types.
    """
    return _ENCODER.encode(value)


def content_id(value: Any) -> str:
    """The first 20 hex digits of the SHA-256 of the canonical JSON of ``value``."""
    return text_hash(canonical(value))


def text_hash(text: str) -> str:
    """The first 20 hex digits of the SHA-256 of ``text`` in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def file_hash(path: str | Path) -> str:
    """The first 20 hex digits of the SHA-256 of a file's bytes."""
    return sha256(path)[:ID_DIGITS]


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file's bytes in full, as others write it."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def folder_hashes(folder: str | Path) -> dict[str, str]:
    """Hash of every file below ``folder``, by its path within it; caches of Python are passed over."""
    root = Path(folder)
    files = (p for p in sorted(root.rglob("*")) if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(root).as_posix(): file_hash(p) for p in files}


def seed_from(*parts: Any) -> int:
    """A 63-bit seed that depends on every part, for one stream of random numbers per purpose."""
    return int(hashlib.sha256(canonical(list(parts)).encode()).hexdigest()[:16], 16) >> 1
