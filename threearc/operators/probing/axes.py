"""The sidecar's third step: can the same states tell high scores from low ones, on each axis of the rubric?"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from threearc.domains.protocol import HIGH, SATURATED
from threearc.operators.probing.answers import Answers, too_few
from threearc.operators.probing.crossvalidation import Fitting, Probe, make_folds
from threearc.operators.probing.readers import H_LAST, READERS
from threearc.operators.probing.steps import measured
from threearc.statistics.clusters import as_json, cluster_sums, single_interval


def assess_axes(answers: Answers, fitting: Fitting, least_class: int) -> tuple[list[dict[str, Any]], list[Any]]:
    """Per axis the grouped-CV and transfer AUC of a probe on ``h_last``, and how alike two axes' probes score."""
    rows, scores = [], {}
    for axis, found in answers.axes.items():
        row, own = _assess(axis, found, answers, fitting, least_class)
        rows.append(row)
        if own is not None:
            scores[axis] = own
    pairs = [_alike(a, b, scores, answers, fitting) for a, b in combinations(scores, 2)]
    return rows, pairs


def _assess(
    axis: str, found: np.ndarray, answers: Answers, fitting: Fitting, least_class: int
) -> tuple[dict[str, Any], np.ndarray | None]:
    """One axis, and the out-of-fold scores of its probe (n,), nan elsewhere."""
    high, known = found >= HIGH, ~np.isnan(found)
    train, fresh = answers.train & known, answers.fresh & known
    why = _nothing_to_tell(high[train], answers.entries[train], fitting, least_class)
    row: dict[str, Any] = {
        "axis": axis, "not_attributable": why, "n": int(train.sum()), "high": int(high[train].sum()),
        "fresh_n": int(fresh.sum()), "fresh_high": int(high[fresh].sum()), "cv": None, "transfer": None,
    }  # fmt: skip
    if why is not None:
        return row, None
    folds = make_folds(high, answers.entries, train, fitting, fitting.repeats)
    probe = Probe(READERS[H_LAST], answers, high, train, fitting)
    own, taught = probe.out_of_fold(folds.grouped, folds.grouped), probe.taught(folds.grouped[0])
    cv = measured(H_LAST, "grouped cv", own.at(train), high[train], answers.entries[train], own.chosen, fitting)
    row["cv"] = cv.row()
    if fresh.any():
        entries = answers.entries[fresh]
        row["transfer"] = measured(
            H_LAST, "fresh", taught.at(fresh), high[fresh], entries, taught.chosen, fitting
        ).row()
    return row, own.scores.mean(axis=0)


def _nothing_to_tell(high: np.ndarray, entries: np.ndarray, fitting: Fitting, least_class: int) -> str | None:
    if not len(high):
        return "No eval answer has a score on this axis."
    share = float(high.mean())
    if max(share, 1 - share) >= SATURATED:
        side = "at least" if share > 0.5 else "less than"
        return f"The axis is saturated: {100 * max(share, 1 - share):.0f} % of base's answers score {side} {HIGH}."
    return too_few(high, entries, fitting.folds, least_class)


def _alike(a: str, b: str, scores: Mapping[str, np.ndarray], answers: Answers, fitting: Fitting) -> dict[str, Any]:
    """Pearson's r of two axes' out-of-fold scores, entries drawn again."""
    both = ~np.isnan(scores[a]) & ~np.isnan(scores[b])
    x, y, entries = scores[a][both], scores[b][both], answers.entries[both]
    columns = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)
    sums = cluster_sums(columns, entries, sorted(set(entries)))
    return {"axes": [a, b], "r": as_json(single_interval(sums, _pearson, fitting.draws, fitting.level, fitting.seed))}


def _pearson(sums: np.ndarray) -> np.ndarray:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        r: np.ndarray = (xy - x * y / n) / np.sqrt((xx - x * x / n) * (yy - y * y / n))
    return np.where(np.isfinite(r), r, np.nan)
