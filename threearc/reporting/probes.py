"""What the report shows of the sidecar: five steps with their bars, axes, and where right and wrong answers lie."""

from collections.abc import Mapping, Sequence
from typing import Any

from threearc.reporting import figures
from threearc.reporting.contents import CellContents

#: Parts of probe.json that are rows for programs of their own, and too many to print.
BULKY = ("scores", "asserts", "prompts", "picture")


def printed(probe: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """probe.json without its bulky parts."""
    return None if probe is None else {name: value for name, value in probe.items() if name not in BULKY}


def five_steps(cells: Sequence[CellContents], synthesis: Mapping[str, Any]) -> str | None:
    """AUC over the five steps, each with its bar (the paper's first figure).

    Step 3 shows every axis on fresh prompts, step 5 the other models of the domain at step 2.
    """
    sidecar, panels = synthesis["sidecar"], {}
    for cell in cells:
        steps = {row["step"]: row for row in _rows(sidecar["steps"], cell) if row["auc"] is not None}
        axes = [row for row in _rows(sidecar["axes"], cell) if row["transfer"] is not None]
        others = [
            row
            for row in sidecar["steps"]
            if row["domain"] == cell.found.domain and row["model"] != cell.found.model and row["step"] == 2
        ]
        shown: list[tuple[str, float, list[tuple[str, figures.Point]]]] = []
        for number, name in ((1, "1 CV"), (2, "2 fresh")):
            if number in steps:
                shown.append((name, steps[number]["bar"], _points([("h_last", steps[number]["auc"])])))
        if axes:
            bar = axes[0]["bars"]["axis_transfer"]
            shown.append(("3 axes", bar, _points([("axes, h_last", row["transfer"]) for row in axes])))
        if 4 in steps:
            shown.append(("4 late", steps[4]["bar"], _points([("h_late", steps[4]["auc"])])))
        found = _points([("other models, h_last", row["auc"]) for row in others])
        if found:
            shown.append(("5 second\nbase", others[0]["bar"], found))
        if shown:
            panels[cell.title] = shown
    return figures.gated(panels, "AUC") if panels else None


def axis_bars(cells: Sequence[CellContents], synthesis: Mapping[str, Any]) -> str | None:
    """Per axis, cross-validated AUC on eval beside AUC on fresh prompts (the paper's second figure)."""
    panels: dict[str, dict[str, list[tuple[str, figures.Point]]]] = {}
    lines: dict[str, float] = {}
    for cell in cells:
        for row in _rows(synthesis["sidecar"]["axes"], cell):
            both = _points([("eval, grouped CV", row["cv"]), ("fresh prompts", row["transfer"])])
            if both:
                panels.setdefault(cell.title, {})[row["axis"].replace("_", " ")] = both
                lines = {"eval, grouped CV": row["bars"]["axis_cv"], "fresh prompts": row["bars"]["axis_transfer"]}
    return figures.bars(panels, "AUC, high against low scores", lines) if panels else None


def right_and_wrong(cells: Sequence[CellContents]) -> str | None:
    """Main directions of eval answers' ``h_last``, by correctness; fresh answers hollow (the paper's third figure)."""
    panels = {}
    for cell in cells:
        if cell.probe is not None and cell.probe["picture"] is not None:
            picture = cell.probe["picture"]
            labels = [f"component {i} ({100 * share:.0f} %)" for i, share in enumerate(picture["explained"], start=1)]
            points = [
                ("right" if p["right"] else "wrong", p["x"], p["y"], p["split"] == "eval") for p in picture["points"]
            ]
            panels[cell.title] = (labels[0], labels[1], points)
    return figures.scatter(panels) if panels else None


def _rows(rows: Sequence[Mapping[str, Any]], cell: CellContents) -> list[Mapping[str, Any]]:
    return [row for row in rows if (row["domain"], row["model"]) == (cell.found.domain, cell.found.model)]


def _points(named: Sequence[tuple[str, Mapping[str, Any] | None]]) -> list[tuple[str, figures.Point]]:
    """Named points of the AUCs that there are."""
    return [
        (name, (0.0, auc["estimate"], auc["low"], auc["high"]))
        for name, auc in named
        if auc is not None and auc["estimate"] is not None
    ]
