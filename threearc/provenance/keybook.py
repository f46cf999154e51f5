"""The keys of a whole workflow: each rule's key holds the digests of the keys behind its inputs.

What makes a file is asked of the workflow itself (``producer``), so that no rule has to list its ancestors and none
can forget one.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from threearc.provenance.fingerprint import fingerprint, modules_of, package_data
from threearc.provenance.hashing import file_hash
from threearc.provenance.keys import Key, library_versions

#: Wildcards as sorted pairs: hashable, and equal for equal jobs.
Wildcards = tuple[tuple[str, str], ...]


class KeyBook:
    """Makes and remembers keys.

    Args:
        scripts: folder with one script per rule, of the rule's name.
        settings_of: a rule's settings for its wildcards.
        libraries_of: libraries whose versions change a rule's results.
        reads: whether a job may read a data file, by its rule, wildcards and settings.
        producer: rule and wildcards of the job that makes a file; None for a source file.
        inputs_of: input files of a rule for its wildcards.
    """

    def __init__(
        self,
        scripts: Path,
        settings_of: Callable[..., dict[str, Any]],
        libraries_of: Mapping[str, tuple[str, ...]],
        reads: Callable[[str, Mapping[str, str], Mapping[str, Any], str], bool],
        producer: Callable[[str], tuple[str, Mapping[str, str]] | None],
        inputs_of: Callable[[str, Mapping[str, str]], Iterable[str]],
    ) -> None:
        self._scripts, self._settings_of = scripts, settings_of
        self._libraries_of, self._reads, self._producer, self._inputs_of = libraries_of, reads, producer, inputs_of
        self._key = functools.cache(self._make)
        self._code = functools.cache(self._read_code)
        self._digest = functools.cache(self._digest_behind)

    def key(self, name: str, wildcards: Mapping[str, str]) -> Key:
        """The key of a job."""
        return self._key(name, _sorted(wildcards))

    def jobs_behind(self, path: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Rule and wildcards of every job that a file comes from, the one that makes it first."""
        made, waiting = set[tuple[str, Wildcards]](), [path]
        while waiting:
            found = self._producer(waiting.pop())
            if found is None or (job := (found[0], _sorted(found[1]))) in made:
                continue
            made.add(job)
            yield found[0], dict(found[1])
            # A key names all inputs; Snakemake takes long to expand them.
            waiting += self.key(*found).upstream

    def _make(self, name: str, wildcards: Wildcards) -> Key:
        named = dict(wildcards)
        settings = self._settings_of(name, **named)
        code, data = self._code(name, settings.get("domain"))
        return Key(
            rule=name,
            settings=settings,
            code=code,
            data={file: hash for file, hash in data.items() if self._reads(name, named, settings, file)},
            libraries=library_versions(self._libraries_of.get(name, ())),
            upstream={path: self._digest(path) for path in self._inputs_of(name, named)},
        )

    def _read_code(self, name: str, domain: str | None) -> tuple[str, dict[str, str]]:
        """Fingerprint and data of a rule's script; of the domains only the one that it is told counts."""
        script = self._scripts / f"{name}.py"
        also = () if domain is None else (f"threearc.domains.{domain}.domain",)
        return fingerprint(script, also), package_data(modules_of(script, also))

    def _digest_behind(self, path: str) -> str:
        made = self._producer(path)
        return file_hash(path) if made is None else self.key(*made).digest


def _sorted(wildcards: Mapping[str, str]) -> Wildcards:
    return tuple(sorted(wildcards.items()))
