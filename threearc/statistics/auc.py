"""Area under the ROC curve, with intervals from clusters drawn again.

Scores may come from several repeats of a cross-validation, (repeats, n): the statistic is the mean of the repeats'
AUCs, and every draw of clusters computes all of them again.
"""

from collections.abc import Sequence

import numpy as np

from threearc.statistics.clusters import Interval, percentile_interval, resample, unseen_shift
from threearc.statistics.families import normal_quantile


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
    """AUC with a cluster bootstrap: all pairs within and across clusters are weighted by how often both were drawn.

    Where no pair, or every one, is ordered wrongly, all draws say the same: then the share of clusters that are not
    like those drawn may still be as large as the rule of three has it.
    """
    few = _fewest(labels, clusters)
    drawn = auc_draws(scores, labels, clusters, draws, seed)
    found = percentile_interval(auc(scores, labels), drawn, level, few)
    if found.low != found.high:
        return found
    room = unseen_shift(few, 1.0, level)
    return Interval(found.estimate, max(0.0, found.low - room), min(1.0, found.high + room), level)


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
    few = _fewest(labels, clusters)
    return percentile_interval(auc(scores, labels) - auc(others, labels), own - other, level, few)


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


def _fewest(labels: np.ndarray, clusters: Sequence[str]) -> int:
    """Clusters with a positive, or with a negative, whichever are fewer."""
    return min(len({c for c, own in zip(clusters, labels, strict=True) if own == side}) for side in (True, False))


def _wins(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(positives, negatives): 1 where the positive scores higher, 0.5 on ties; the mean over repeats."""
    wins = np.zeros((int(labels.sum()), int((~labels).sum())))
    repeats = np.atleast_2d(scores)
    for row in repeats:
        wins += (np.sign(row[labels][:, None] - row[~labels][None, :]) + 1) / 2
    return wins / len(repeats)


def delong_difference(
    scores: np.ndarray, others: np.ndarray, labels: np.ndarray, clusters: Sequence[str], level: float
) -> tuple[Interval, float]:
    """AUC of ``scores`` less AUC of ``others`` on the same labels, and DeLong's p of no difference.

    As the AUC is linear in its wins, so are the components of a difference.
    """
    from scipy.special import ndtr

    wins = _wins(scores, labels) - _wins(others, labels)
    if not wins.size:
        return Interval(float("nan"), float("nan"), float("nan"), level), float("nan")
    estimate, error = float(wins.mean()), _covariance(wins, labels, clusters) ** 0.5
    half = normal_quantile(level) * error
    p = float(2 * ndtr(-abs(estimate) / error)) if error > 0 else float("nan") if estimate else 1.0
    return Interval(estimate, estimate - half, estimate + half, level), p


def _covariance(wins: np.ndarray, labels: np.ndarray, clusters: Sequence[str]) -> float:
    """Variance of the mean of ``wins`` (positives, negatives) over clusters of responses."""
    names = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    place = np.array([names[cluster] for cluster in clusters])
    totals, held = [], []
    for side, label in ((1, labels), (0, ~labels)):
        own = place[label]
        totals.append(np.bincount(own, wins.mean(axis=side) - wins.mean(), len(names)) / len(own))
        held.append(len(set(own)))
    if min(held) < 2:
        return float("nan")
    (one, other), (n_one, n_other), n = totals, held, len(names)
    variance = n_one / (n_one - 1) * (one @ one) + n_other / (n_other - 1) * (other @ other)
    return float(variance + 2 * n / (n - 1) * (one @ other))
