"""The gate: which answers a probe lets stand.

Thresholds come from out-of-fold scores of eval answers only (ERRATA row 11). The one that decides on an eval answer
comes from the scores of the other folds, by probes that have not seen its fold either (row 6): no answer has a say in
how it is judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from threearc.operators.probing.answers import Answers
from threearc.operators.probing.crossvalidation import Fitting, Folds, Probe, rounded
from threearc.statistics.clusters import as_json, cluster_sums, difference_of_rates, single_interval


@dataclass(frozen=True)
class Decisions:
    """Score and decision for each of n answers, and the threshold on new prompts."""

    scores: np.ndarray
    asserts: np.ndarray
    threshold: float


def decide(answers: Answers, probe: Probe, folds: Folds, keep_right: float) -> Decisions:
    """Scores and decisions for all answers, by the first assignment of folds.

    An eval answer is scored by the probe of the other folds, which has not seen its entry, and held against a threshold
    chosen within these; any other is scored by the probe of all eval answers, against a threshold chosen within them.
    """
    train, grouped = answers.train, folds.grouped[0]
    taught = probe.taught(grouped).scores[0]

    def threshold(part: np.ndarray) -> float:
        within = probe.out_of_fold((grouped,), (grouped,), part).scores[0]
        return choose_threshold(within[part], answers.right[part], keep_right)

    fold_of = dict(zip(answers.entries[train], grouped[train], strict=True))
    # By entry, not by answer: an answer that was cut teaches no probe, but its entry's other answers may have.
    places = np.array([fold_of.get(entry, -1) for entry in answers.entries])
    scores, asserts = taught.copy(), np.empty(len(taught), dtype=bool)
    for place in np.unique(places):
        rows, part = places == place, train & (grouped != place)
        if place >= 0:
            scores[rows] = rounded(probe.scores(part, probe.choose(part, grouped)))[rows]
        asserts[rows] = scores[rows] >= threshold(part)
    return Decisions(scores, asserts, threshold(train))


def choose_threshold(scores: np.ndarray, right: np.ndarray, keep_right: float) -> float:
    """The threshold of least gate asymmetry that still asserts at least ``keep_right`` of the right answers.

    Args:
        scores: (n,) out-of-fold P(right); an answer asserts at or above the threshold.
    """
    options = []
    for threshold in np.unique(scores):
        asserts = scores >= threshold
        kept = float(asserts[right].mean())
        if kept >= keep_right:
            options.append((float(asserts[~right].mean()) - kept, float(threshold)))
    return min(options)[1]


def gate_result(decided: np.ndarray, answers: Answers, rows: np.ndarray, fitting: Fitting) -> Mapping[str, Any]:
    """gate_asymmetry and P(assert | right) of decisions (n,) on some of the answers."""
    asserts, right, entries = decided[rows].astype(float), answers.right[rows].astype(float), answers.entries[rows]
    columns = np.stack([asserts * (1 - right), 1 - right, asserts * right, right], axis=1)
    sums = cluster_sums(columns, entries, sorted(set(entries)))
    interval = single_interval(sums, difference_of_rates, fitting.draws, fitting.level, fitting.seed)
    kept = round(float(asserts[right == 1].mean()), 6) if right.any() else None
    return {"gate_asymmetry": as_json(interval), "asserts_when_right": kept}
