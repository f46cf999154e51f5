"""The sidecar's steps held against their bars: pass, fail or open, with what an estimate alone would have said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from threearc.records.probes import AxisProbe, CrossAxis, Estimate, ProbeReport

#: open: the interval holds the bar, so that these answers cannot tell.
Outcome = Literal["pass", "fail", "open", "not attributable"]


@dataclass(frozen=True)
class Step:
    """A step with one AUC.

    Attributes:
        reader, figure: whose AUC, and which one is held against the bar.
        reported: the figure that the paper would have held against it.
        bar: its name in ``bars_of``.
    """

    number: int
    says: str
    reader: str
    figure: str
    reported: str
    bar: str


STEPS = (
    Step(1, "within eval prompts", "h_last", "grouped cv", "cv", "cv"),
    Step(2, "on fresh prompts", "h_last", "fresh", "fresh", "fresh"),
    Step(4, "mean of the last layers, on fresh prompts", "h_late", "fresh", "fresh", "late"),
)


def bars_of(analysis: Mapping[str, Any]) -> dict[str, float]:
    """Every bar by name; that of fresh prompts is the guard's on claims."""
    return {**analysis["bars"], "fresh": analysis["guards"]["probe_auc"]}


def against(auc: Estimate | None, bar: float) -> Outcome:
    """Has the whole interval reached the bar, or stayed below it?"""
    if auc is None or auc.low is None or auc.high is None:
        return "open"
    return "pass" if auc.low >= bar else "fail" if auc.high < bar else "open"


def by_estimate(auc: Estimate | None, bar: float) -> Outcome:
    """What one would say who looks at the estimate alone."""
    if auc is None or auc.estimate is None:
        return "open"
    return "pass" if auc.estimate >= bar else "fail"


def step_rows(probe: ProbeReport, bars: Mapping[str, float]) -> list[dict[str, Any]]:
    """Steps 1, 2 and 4 of one cell."""
    rows = []
    for step in STEPS:
        found, reported = probe.step(step.reader, step.figure), probe.step(step.reader, step.reported)
        bar = bars[step.bar]
        rows.append(
            {
                "step": step.number,
                "says": step.says,
                "reader": step.reader,
                "figure": step.figure,
                "bar": bar,
                "auc": None if found is None else found.auc.model_dump(),
                "outcome": "not attributable" if found is None else against(found.auc, bar),
                "reported_figure": step.reported,
                "as_reported": "not attributable" if reported is None else by_estimate(reported.auc, bar),
                "why": probe.not_attributable,
            }
        )
    return rows


def axis_rows(probe: ProbeReport, bars: Mapping[str, float]) -> list[dict[str, Any]]:
    """Step 3 of one cell: every axis on eval and fresh prompts, and how alike the most similar other axis is."""
    return [_axis_row(row, _nearest(row.axis, probe.cross_axis), bars) for row in probe.axes]


def _axis_row(row: AxisProbe, nearest: CrossAxis | None, bars: Mapping[str, float]) -> dict[str, Any]:
    cv, transfer = (None if step is None else step.auc for step in (row.cv, row.transfer))
    alike = None if nearest is None else nearest.r
    outcomes = [against(cv, bars["axis_cv"]), against(transfer, bars["axis_transfer"]), _apart(alike, bars)]
    reported = [by_estimate(cv, bars["axis_cv"]), by_estimate(transfer, bars["axis_transfer"]), _apart_by(alike, bars)]
    missing = row.not_attributable is not None
    return {
        "axis": row.axis,
        "cv": None if cv is None else cv.model_dump(),
        "transfer": None if transfer is None else transfer.model_dump(),
        "nearest": None if nearest is None else next((a for a in nearest.axes if a != row.axis), row.axis),
        "r": None if alike is None else alike.model_dump(),
        "bars": {name: bars[name] for name in ("axis_cv", "axis_transfer", "cross_axis")},
        "outcomes": dict(zip(("cv", "transfer", "cross_axis"), outcomes, strict=True)),
        "outcome": "not attributable" if missing else _all(outcomes),
        "as_reported": "not attributable" if missing else _all(reported),
        "why": row.not_attributable,
    }


def _nearest(axis: str, pairs: Sequence[CrossAxis]) -> CrossAxis | None:
    """The pair of an axis with the largest correlation, of either sign."""
    own = [pair for pair in pairs if axis in pair.axes and pair.r.estimate is not None]
    return max(own, key=lambda pair: abs(pair.r.estimate or 0.0), default=None)


def _apart(r: Estimate | None, bars: Mapping[str, float]) -> Outcome:
    """Do two axes' probes stay apart; of an axis that is probed alone nobody can tell."""
    if r is None or r.low is None or r.high is None:
        return "open"
    if max(abs(r.low), abs(r.high)) < bars["cross_axis"]:
        return "pass"
    nearest_to_zero = 0.0 if r.low <= 0 <= r.high else min(abs(r.low), abs(r.high))
    return "fail" if nearest_to_zero >= bars["cross_axis"] else "open"


def _apart_by(r: Estimate | None, bars: Mapping[str, float]) -> Outcome:
    if r is None:
        return "open"
    return "pass" if abs(r.estimate or 0.0) < bars["cross_axis"] else "fail"


def _all(outcomes: Sequence[Outcome]) -> Outcome:
    """Failed if any failed, passed if all passed, else open."""
    if "fail" in outcomes:
        return "fail"
    return "pass" if all(outcome == "pass" for outcome in outcomes) else "open"
