"""How a study like this fools itself: what answers each way here, and what this study found."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from pydantic import Field

from threearc.domains.data_files import Shape, read_data
from threearc.records.findings import GuardResult
from threearc.reporting.contents import CellContents
from threearc.reporting.page import DATA, effect, interval

#: From what a reader must know first to what says least.
OUTCOMES = ("fail", "cannot run", "pass", "not applicable")


class Risk(Shape):
    """One way to fool oneself.

    Attributes:
        row: its number in the list that the project goes by.
        answer: what the engine does about it.
        guards: names of guards; ``measures``: names of effects; ``probe``: cross-validation's spread is told.
    """

    row: int
    risk: str
    answer: str
    guards: list[str]
    measures: list[str] = Field(default_factory=list)
    probe: bool = False


@dataclass(frozen=True)
class OwnFigure:
    """What this study shows of one risk: the worst that one guard found, or one measure.

    Attributes:
        what: the guard's or measure's name.
        outcome: in a word; "nothing to look at in this study" where no cell has it, empty where nothing is held against
            a bar.
        cell: for people; ``file``: the file that it stands in, and ``id`` of its row there.
        figure, bar: numbers as they are printed; None where there is none.
        sentence: what was found.
        others: how many results there are, and how many of them are as bad.
    """

    what: str
    outcome: str
    cell: str = ""
    file: str = ""
    id: str = ""
    figure: str | None = None
    bar: str | None = None
    sentence: str = ""
    others: str = ""


def risks() -> list[Risk]:
    """All of them, in their order."""
    return read_data(DATA / "errata.yaml", list[Risk])


def own_figures(risk: Risk, cells: Sequence[CellContents]) -> list[OwnFigure]:
    """What the study shows of a risk; nothing where the answer holds by construction."""
    found = [_guard(name, cells) for name in risk.guards]
    if risk.measures:
        found.append(_measure(risk.measures, cells))
    if risk.probe:
        found.append(_spread(cells))
    return found


def _guard(name: str, cells: Sequence[CellContents]) -> OwnFigure:
    results = [(cell, result) for cell in cells for result in cell.guards if result.guard == name]
    if not results:
        return _nothing(name)
    cell, worst = min(results, key=lambda pair: _badness(pair[1]))
    alike = sum(result.outcome == worst.outcome for _, result in results)
    return OwnFigure(
        what=name,
        outcome=worst.outcome,
        cell=cell.title,
        file=f"{cell.folder}/guards.json",
        id=worst.id,
        figure=None if worst.figure is None else f"{worst.figure:.3g}",
        bar=None if worst.bar is None else f"{worst.bar:g}",
        sentence=worst.sentence,
        others=f"{alike} of {len(results)}",
    )


def _badness(result: GuardResult) -> tuple[int, float]:
    """Less is worse: by outcome, then by how far from the bar a failing figure lies, or how near to it another."""
    if result.figure is None or result.bar is None:
        return OUTCOMES.index(result.outcome), inf
    away = abs(result.figure - result.bar)
    return OUTCOMES.index(result.outcome), -away if result.outcome == "fail" else away


def _measure(names: Sequence[str], cells: Sequence[CellContents]) -> OwnFigure:
    """The lowest effect of a treatment on eval prompts, of what must not fall."""
    found = [
        (e.estimate, cell, e)
        for cell in cells
        for name in names
        for e in cell.effects(name, "eval")
        if e.contrast.role == "treatment" and e.estimate is not None
    ]
    if not found:
        return _nothing(names[0])
    _, cell, e = min(found, key=lambda row: row[0])
    return OwnFigure(
        what=e.measure,
        outcome="",
        cell=cell.title,
        file=f"{cell.folder}/effects.json",
        id=e.id,
        figure=effect(e),
        sentence=f"Of {len(found)} arms, {cell.name_of(e.contrast.arm_condition)} left it lowest.",
    )


def _spread(cells: Sequence[CellContents]) -> OwnFigure:
    """The probe whose AUC depends most on the assignment of folds."""
    found = [
        (step["highest"] - step["lowest"], cell, step)
        for cell in cells
        for step in (cell.probe["steps"] if cell.probe is not None else ())
        if (step["reader"], step["step"]) == ("h_last", "cv") and step["lowest"] is not None
    ]
    if not found:
        return _nothing("cross-validation")
    _, cell, step = max(found, key=lambda row: row[0])
    return OwnFigure(
        what="cross-validation",
        outcome="",
        cell=cell.title,
        file=f"{cell.folder}/probe.json",
        figure=interval(step["auc"]),
        sentence=f"One assignment of folds alone gives from {step['lowest']:.3f} to {step['highest']:.3f}.",
    )


def _nothing(name: str) -> OwnFigure:
    return OwnFigure(what=name, outcome="nothing to look at in this study")
