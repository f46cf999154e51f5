"""Area under the ROC curve, with intervals from clusters drawn again.

Scores may come from several repeats of a cross-validation, (repeats, n): the statistic is the mean of the repeats'
AUCs, and every draw of clusters computes all of them again.
"""

from collections.abc import Sequence

import numpy as np

from threearc.statistics.clusters import Interval, percentile_interval, resample


def auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """P(score of a positive > score of a negative), ties half; nan with one class only.

    Args:
        scores: (n,) or (repeats, n) floats.
        labels: (n,) bools.
    """
    wins = _wins(scores, labels)
    return float(wins.mean()) if wins.size else float("nan")


def auc_interval(
    scores: np.ndarray, labels: np.ndarray, clusters: Sequence[str], draws: int, level: float, seed: int
) -> Interval:
    """AUC with a cluster bootstrap: all pairs within and across clusters are weighted by how often both were drawn."""
    return percentile_interval(auc(scores, labels), auc_draws(scores, labels, clusters, draws, seed), level)


def auc_difference(
    scores: np.ndarray,
    others: np.ndarray,
    labels: np.ndarray,
    clusters: Sequence[str],
    draws: int,
    level: float,
    seed: int,
) -> Interval:
    """AUC of ``scores`` less AUC of ``others`` on the same labels, both computed on the same draws of clusters."""
    own, other = (auc_draws(given, labels, clusters, draws, seed) for given in (scores, others))
    return percentile_interval(auc(scores, labels) - auc(others, labels), own - other, level)


def auc_draws(scores: np.ndarray, labels: np.ndarray, clusters: Sequence[str], draws: int, seed: int) -> np.ndarray:
    """The AUC of every draw: (draws,)."""
    names = sorted(set(clusters))
    place = {name: i for i, name in enumerate(names)}
    member = np.zeros((len(labels), len(names)))
    member[np.arange(len(labels)), [place[cluster] for cluster in clusters]] = 1
    positive, negative = member[labels], member[~labels]
    wins = positive.T @ _wins(scores, labels) @ negative
    pairs = np.outer(positive.sum(axis=0), negative.sum(axis=0))
    weights = resample(len(names), draws, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        values: np.ndarray = ((weights @ wins) * weights).sum(axis=1) / ((weights @ pairs) * weights).sum(axis=1)
    return values


def _wins(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(positives, negatives): 1 where the positive scores higher, 0.5 on ties; the mean over repeats."""
    wins = np.zeros((int(labels.sum()), int((~labels).sum())))
    repeats = np.atleast_2d(scores)
    for row in repeats:
        wins += (np.sign(row[labels][:, None] - row[~labels][None, :]) + 1) / 2
    return wins / len(repeats)
