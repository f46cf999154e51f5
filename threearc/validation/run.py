"""Many planted studies: every class at every point of a grid, in pieces, kept as they come."""

import gc
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from time import monotonic
from typing import Any

from threearc.provenance.errors import StudyError
from threearc.provenance.files import read_json, write_json
from threearc.provenance.hashing import seed_from
from threearc.validation.code import code
from threearc.validation.detectable import Detectable, compared, sizes
from threearc.validation.study import Design, Planted, Tally, run_study
from threearc.validation.truths import TRUTHS

#: Studies that one process draws before what it found is kept; seconds between two writings.
PIECE, EVERY = 10, 20.0


@dataclass(frozen=True)
class Grid:
    """What is varied.

    Attributes:
        truths: names of classes; ``sizes``: multiples of what can be detected, for those that have a size.
        entries, seeds: per split, per prompt.
    """

    truths: tuple[str, ...]
    sizes: tuple[float, ...]
    entries: tuple[int, ...]
    seeds: tuple[int, ...]
    judge_errors: tuple[float, ...]

    def points(self) -> Iterator[dict[str, Any]]:
        """Every point of the grid, in order."""
        for entries, seeds, error in product(self.entries, self.seeds, self.judge_errors):
            for name in self.truths:
                for size in self.sizes if TRUTHS[name].sized else (0.0,):
                    yield {"truth": name, "size": size, "entries": entries, "seeds": seeds, "judge_error": error}


def validate(
    design: Design, grid: Grid, studies: int, seed: int, out: Path, processes: int, told: Mapping[str, Any]
) -> dict[str, Any]:
    """Run the studies of every point that ``out`` does not hold yet, and keep them there.

    Args:
        design: its size's entries and seeds, and its judge error, are those of the grid's points.
        studies: per point in the end; points that have as many already are left as they are.
        told: what else the file should say of where the studies come from.

    Raises:
        StudyError: if ``out`` holds studies that were drawn or judged in another way.
    """
    made = settings(design, seed, told)
    found = _kept(out, made)
    rows: dict[str, dict[str, Any]] = {_name(row): row for row in found["points"]}
    pieces, known = [], {}
    for point in grid.points():
        at = replace(
            design,
            size=replace(design.size, entries=point["entries"], seeds=point["seeds"]),
            judge_error=point["judge_error"],
        )
        if at.size not in known:
            known[at.size] = compared(at, seed)
        row = rows.setdefault(_name(point), point | _nothing(known[at.size]))
        planted = Planted(TRUTHS[point["truth"]], point["size"], sizes(known[at.size]))
        for first in range(row["studies"], studies, PIECE):
            numbers = range(first, min(first + PIECE, studies))
            pieces.append((row, numbers, (at, planted, [seed_of(seed, point, n) for n in numbers])))
    found["points"] = list(rows.values())
    _work(pieces, found, out, processes)
    return found


def settings(design: Design, seed: int, told: Mapping[str, Any]) -> dict[str, Any]:
    """All that the studies of a file have in common: two files with the same hold the same studies."""
    return {
        "seed": seed,
        "source": dict(told),
        "forms": [{"domain": f.domain, "instrument": f.instrument, "axes": list(f.axes)} for f in design.forms],
        "models": design.size.models,
        "treatments": design.size.treatments,
        "prompts": design.size.prompts,
        "analysis": dict(design.analysis),
        "code": code(),
    }


def seed_of(seed: int, point: Mapping[str, Any], number: int) -> int:
    """The seed of one study at a point of the grid: ``run_study`` and ``judge`` draw it again from that."""
    return seed_from(seed, _name(point), number)


def _kept(out: Path, made: Mapping[str, Any]) -> dict[str, Any]:
    if not out.exists():
        return {"settings": dict(made), "points": []}
    found: dict[str, Any] = read_json(out)
    if found.get("settings") != made:
        there = found.get("settings") or {}
        other = ", ".join(sorted(name for name in made if there.get(name) != made[name]))
        raise StudyError(
            f"The file holds planted studies that were made in another way ({other}).",
            where=str(out),
            remedy="Give --out another file, or remove this one.",
        )
    return found


def _nothing(found: Mapping[str, Mapping[str, Detectable]]) -> dict[str, Any]:
    """A point of which no study has run."""
    return {
        "detectable": {domain: {name: vars(own) for name, own in names.items()} for domain, names in found.items()},
        "studies": 0,
        "verdicts": [],
        "right": [],
        "open": [],
        "short": [],
        "false_clean": [],
        "words": {},
        "alarms": {},
        "alarmed": 0,
        "seconds": [0.0, 0.0],
    }


def _name(point: Mapping[str, Any]) -> str:
    return "; ".join(f"{key} {point[key]}" for key in ("truth", "size", "entries", "seeds", "judge_error"))


def _work(pieces: Sequence[Any], found: dict[str, Any], out: Path, processes: int) -> None:
    """Do the pieces; a point's studies are kept in order, so that what is kept is always its first ones."""
    written, done, whole = monotonic(), 0, sum(len(numbers) for _, numbers, _ in pieces)
    for row, tallies in _in_order(pieces, processes):
        for tally in tallies:
            _add(row, tally)
        done += len(tallies)
        if monotonic() - written > EVERY:
            write_json(out, found)
            written = monotonic()
            print(f"{done} of {whole} planted studies, now {_name(row)}", file=sys.stderr, flush=True)
    write_json(out, found)


def _in_order(pieces: Sequence[Any], processes: int) -> Iterator[tuple[dict[str, Any], list[Tally]]]:
    if processes == 1:
        for row, _, arguments in pieces:
            yield row, _piece(*arguments)
        return
    with ProcessPoolExecutor(processes) as pool:
        waiting = [(row, pool.submit(_piece, *arguments)) for row, _, arguments in pieces]
        try:
            for row, future in waiting:
                yield row, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _piece(design: Design, planted: Planted, seeds: Sequence[int]) -> list[Tally]:
    with unswept():
        return [run_study(design, planted, seed) for seed in seeds]


@contextmanager
def unswept() -> Iterator[None]:
    """No look for rubbish meanwhile: among a hundred thousand records that stay it takes long, and finds none."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _add(row: dict[str, Any], tally: Tally) -> None:
    """Enter one study at a point."""
    row["studies"] += 1
    for name in ("verdicts", "right", "open", "short", "false_clean"):
        row[name].append(getattr(tally, name))
    for disposition, words in tally.words.items():
        row["words"][disposition] = dict(Counter(row["words"].get(disposition, {})) + words)
    row["alarms"] = dict(Counter(row["alarms"]) + Counter(tally.alarms))
    row["alarmed"] += bool(tally.alarms)
    row["seconds"] = [round(sum(pair), 3) for pair in zip(row["seconds"], tally.seconds, strict=True)]
