"""The reported figures (errata.yaml) beside those computed again, as a table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Len

from benchmarks.errata import labels, nulls, probes  # noqa: F401, they enter their figures
from benchmarks.errata.found import FIGURES, Found
from benchmarks.errata.released import Released
from threearc.domains.data_files import Shape, read_data
from threearc.statistics.clusters import as_json
from threearc.statistics.wording import interval

FILE = Path(__file__).with_name("errata.yaml")


class Reported(Shape):
    """One figure as it was reported; the fields are told at the top of errata.yaml."""

    row: int
    name: str
    what: str
    reported: Annotated[list[float], Len(1, 3)] | None
    within: float = 0.0
    agrees: bool = True
    note: str = ""


class Errata(Shape):
    """errata.yaml."""

    counts: dict[str, Any]
    figures: list[Reported]
    left_out: dict[int, str]


@dataclass(frozen=True)
class Compared:
    """A reported figure and ours."""

    reported: Reported
    found: Found

    @property
    def agrees(self) -> bool | None:
        """Does every number reported lie near ours; None where none was reported."""
        theirs, ours = self.reported.reported, self.found.value
        if theirs is None:
            return None
        own = [ours.estimate, ours.low, ours.high]
        own = own[1:] if len(theirs) == 2 else own[: len(theirs)]
        return bool(np.all(np.abs(np.subtract(theirs, own)) <= self.reported.within + 1e-9))


def read_reported() -> Errata:
    """errata.yaml."""
    return read_data(FILE, Errata)


def compute(released: Released, errata: Errata, rows: Iterable[int] | None = None) -> Iterator[Compared]:
    """Every figure of the rows asked for, or of all."""
    wanted = None if rows is None else set(rows)
    for reported in errata.figures:
        if wanted is None or reported.row in wanted:
            yield Compared(reported, FIGURES[reported.name](released, errata.counts))


def written(compared: Iterable[Compared]) -> Iterator[str]:
    """The table's lines."""
    yield "| row | figure | ours (95 %) | from | reported | agree | how; note |"
    yield "|---:|---|---|---|---|---|---|"
    for each in compared:
        found, theirs = each.found, each.reported
        ours = interval(**as_json(found.value), digits=3)
        said = "–" if theirs.reported is None else _reported(theirs.reported)
        agree = {None: "–", True: "yes", False: "no"}[each.agrees]
        how = "; ".join(part for part in (found.method, theirs.note) if part)
        yield f"| {theirs.row} | {theirs.what} | {ours} | {found.basis} | {said} | {agree} | {how} |"


def left_out(errata: Errata) -> Iterator[str]:
    """Rows without a figure here, and why."""
    yield "\nNot computed again:\n"
    yield from (f"- row {row}: {why}" for row, why in sorted(errata.left_out.items()))


def _reported(numbers: list[float]) -> str:
    ends = [f"{number:g}" for number in numbers]
    if len(ends) == 2:
        return f"{ends[0]} to {ends[1]}"
    return ends[0] if len(ends) == 1 else f"{ends[0]} ({ends[1]} to {ends[2]})"
