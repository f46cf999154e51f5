"""Orphans: files among the results that no job of the present configuration makes."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from threearc.front.claims import RUNNING, at_work
from threearc.front.parts import is_part
from threearc.front.plan import Job, Plan
from threearc.provenance.failures import failure_of
from threearc.provenance.stamps import stamp_of

#: A cell's folder for what it need not do twice; it stays as long as the cell.
CACHE = "cache"
#: Files of the study itself, by how their names begin.
OWN = (RUNNING, "ledger")
#: Rules whose jobs fill a folder, also with files that no rule can name before.
FOLDERS = ("fetch_student", "train_student", "train_sft", "train_dpo")


@dataclass(frozen=True)
class Orphan:
    """A folder in which all is orphaned, or a single file.

    Attributes:
        path: its path in the working directory.
        files: how many files it is.
        size: bytes of them.
    """

    path: str
    files: int
    size: int


def find_orphans(plan: Plan) -> list[Orphan]:
    """The orphans of a study, whole folders wherever possible, sorted."""
    ours, folders = set(_files(plan.jobs)), tuple(_folders(plan))
    top, sizes = plan.workdir / plan.results, {}
    kept = {plan.results, *map(str, Path(plan.results).parents)}
    # While somebody works here, so may the writers of part files.
    idle = at_work(top, plan.workdir) is None
    for path in _walk(top):
        name = os.path.join(plan.results, path.relative_to(top))
        own = name in ours or name.startswith(folders) or (path.parent == top and path.name.startswith(OWN))
        part = is_part(path, top)
        if own or (part and not idle) or (path.name.startswith(".") and not part):
            kept |= {str(parent) for parent in Path(name).parents}
        else:
            sizes[name] = path.lstat().st_size
    return _gathered(sizes, kept)


def _files(jobs: Iterable[Job]) -> Iterator[str]:
    """All files that jobs leave behind."""
    for job in jobs:
        yield from (*job.outputs, job.log, job.benchmark, str(stamp_of(job.log)), str(failure_of(job.log)))


def _folders(plan: Plan) -> Iterator[str]:
    """Folders in which everything belongs to the study."""
    for job in plan.jobs:
        if job.rule in FOLDERS:
            yield os.path.join(os.path.dirname(job.outputs[0]), "")
        place = [job.wildcards[name] for name in ("domain", "model") if name in job.wildcards]
        yield os.path.join(plan.results, *place, CACHE, "")


def _walk(top: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(top):
        yield from (Path(folder, name) for name in names)


def _gathered(sizes: Mapping[str, int], kept: set[str]) -> list[Orphan]:
    """Files with their sizes, gathered by the highest folder that nothing needs."""
    groups: dict[str, list[int]] = {}
    for name, size in sizes.items():
        free = [str(parent) for parent in Path(name).parents if str(parent) not in kept]
        groups.setdefault(min(free, key=len, default=name), []).append(size)
    return [Orphan(path, len(group), sum(group)) for path, group in sorted(groups.items())]
