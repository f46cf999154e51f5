"""First looks and second looks: what a hurried reader would report, and what is left of it (FACTS, figure 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from threearc.domains.protocol import CALIBRATION
from threearc.reporting import figures
from threearc.reporting.contents import CellContents

#: Claims about trained arms: measure and split of the first look and of the second. The calibration axis has the name
#: that the domain's instrument gives it.
LOOKS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "accuracy: shortest budget, longest": (("accuracy_short", "eval"), ("accuracy", "eval")),
    "benchmark: shortest budget, longest": (("accuracy_short", "benchmark"), ("accuracy", "benchmark")),
    "calibration: unsettled prompts, settled ones answered right": (
        ("{calibration}_unsettled", "eval"),
        ("{calibration}_settled_right", "eval"),
    ),
    "answers with a check: stated, real": (("checks_stated", "eval"), ("checks_held", "eval")),
}
PROBE = "probe: cross-validated, fresh"


def looks(cells: Sequence[CellContents]) -> dict[str, list[tuple[str, figures.Point, figures.Point]]]:
    """Rows of (cell and arm, first look, second look) by claim."""
    found: dict[str, list[tuple[str, figures.Point, figures.Point]]] = {}
    for cell in cells:
        names = {measure.name for measure in cell.found.measures}
        calibration = next((name for name in CALIBRATION.values() if f"{name}_unsettled" in names), "")
        for arm in (arm for arm in cell.found.arms if arm.train_seed is not None):
            for claim, sides in LOOKS.items():
                pair = [cell.effect(arm.condition_id, m.format(calibration=calibration), split) for m, split in sides]
                points = [(0.0, e.estimate, e.low, e.high) for e in pair if e is not None and e.estimate is not None]
                if len(points) == 2:
                    label = f"{cell.title}: {cell.name_of(arm.condition_id)}"
                    found.setdefault(claim, []).append((label, points[0], points[1]))
        probe = _probe(cell)
        if probe is not None:
            found.setdefault(PROBE, []).append((cell.title, *probe))
    return found


def _probe(cell: CellContents) -> tuple[figures.Point, figures.Point] | None:
    """AUC above chance of the cell's probe, cross-validated and on fresh prompts."""
    steps = {} if cell.probe is None else {s["step"]: s["auc"] for s in cell.probe["steps"] if s["reader"] == "h_last"}
    first, second = (_above_chance(steps.get(step)) for step in ("cv", "fresh"))
    return None if first is None or second is None else (first, second)


def _above_chance(auc: Mapping[str, Any] | None) -> figures.Point | None:
    if auc is None or auc["estimate"] is None or auc["low"] is None:
        return None
    return 0.0, auc["estimate"] - 0.5, auc["low"] - 0.5, auc["high"] - 0.5


def looks_figure(cells: Sequence[CellContents]) -> str | None:
    """The paper's figure 4 for this study: one panel per claim."""
    found = looks(cells)
    labels = {claim: "AUC less ½" if claim == PROBE else "difference against base" for claim in found}
    return figures.pairs(found, ("first look", "second look"), labels) if found else None
