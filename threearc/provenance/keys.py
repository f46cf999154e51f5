"""Keys: what a rule's result depends on, in one canonical text.

A key holds the rule's slice of the config, the fingerprint of its code, the hashes of its data files, the versions of
libraries that change its results, and the digests of the keys of the rules that make its inputs. So a change anywhere
changes the keys of everything after it, and a result that was made under another key is stale, whatever its time stamp.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from threearc.provenance.hashing import canonical, text_hash


class KeyText(str):
    """A key's canonical text. Snakemake notes down, compares and prints its digest."""

    def __repr__(self) -> str:
        return text_hash(self)


@dataclass(frozen=True)
class Key:
    """One rule's key for one set of wildcards.

    Attributes:
        rule: the rule's name.
        settings: all that the script is told, as JSON types.
        code: fingerprint of the first-party code.
        data: hashes of data files, by name.
        libraries: versions, by package.
        upstream: digest of the key behind each input file, by path.
    """

    rule: str
    settings: Mapping[str, Any]
    code: str
    data: Mapping[str, str]
    libraries: Mapping[str, str]
    upstream: Mapping[str, str]

    def text(self) -> KeyText:
        """The canonical text, which is the rule's only parameter."""
        return KeyText(canonical(vars(self)))

    @property
    def digest(self) -> str:
        """Short name of the key, for the keys of later rules."""
        return text_hash(self.text())


def parse_key(text: str) -> Key:
    """The key of a canonical text."""
    return Key(**json.loads(text))


def library_versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Installed versions of ``packages``."""
    return {package: _version(package) for package in packages}


# Each look parses a whole file of metadata, and a big study has ten thousand keys.
_version = functools.cache(version)
