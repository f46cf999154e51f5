"""Intervals of rates, and of means that hardly vary, where a bootstrap is blind: it draws again only what was drawn.

Two ways, both linear in the clusters. One rate has Wilson's score interval at the number of independent answers that
its clusters are worth. Differences of rates are widened by made-up clusters, half of them for the difference and half
against it, before the linearised standard error is taken: Agresti and Caffo, The American Statistician 54 (2000), for
two samples; Bonett and Price, Journal of Educational and Behavioral Statistics 37 (2012), for pairs. Columns come in
pairs (sum of a group, its size); a second group is taken off the first.
"""

from collections.abc import Sequence

import numpy as np

from threearc.statistics.rates import score_bounds

#: Fewer clusters with an event than this, or without one, and an interval is not left to the bootstrap.
FEWEST_EVENTS = 10


def scarce(rates: bool, sides: Sequence[np.ndarray]) -> bool:
    """Is there too little to draw from?

    Args:
        rates: True if first sums count events: then every group's events and non-events count; of other means only how
            many clusters are unlike the most of them.
    """
    if (not rates or len(sides) > 1) and differing(sides) < FEWEST_EVENTS:
        return True
    if not rates:
        return False
    groups = [(side[:, i], side[:, i + 1]) for side in sides for i in range(0, side.shape[1], 2)]
    return bool(min(min((x > 0).sum(), (n > x).sum()) for x, n in groups) < FEWEST_EVENTS)


def fewest(sides: Sequence[np.ndarray]) -> int:
    """Clusters in the smallest group that a statistic divides by."""
    return int(min((side[:, 1::2] > 0).sum(axis=0).min() for side in sides))


def interval(rates: bool, level: float, sides: Sequence[np.ndarray], turns: Sequence[float]) -> tuple[float, float]:
    """Interval of the sides' statistics, weighted by ``turns``; nan with fewer than two clusters in a group."""
    from scipy.special import stdtrit

    clusters = fewest(sides)
    if clusters < 2:
        return float("nan"), float("nan")
    quantile = float(stdtrit(clusters - 1, (1 + level) / 2))
    if rates and len(sides) == 1 and sides[0].shape[1] == 2:
        return _of_rate(sides[0], quantile)
    if not rates:
        estimate, error = _combination(sides, turns)
        error *= widening(differing(sides)) ** 0.5
        return estimate - quantile * error, estimate + quantile * error
    estimate, error = _combination(padded(sides, turns), turns)
    # No combination of rates goes further.
    reach = sum(map(abs, turns)) * sides[0].shape[1] / 4
    low, high = (float(np.clip(estimate + way * quantile * error, -reach, reach)) for way in (-1, 1))
    return low, high


def _of_rate(sums: np.ndarray, quantile: float) -> tuple[float, float]:
    answers = sums[:, 1].sum()
    return score_bounds(sums[:, 0].sum() / answers, answers / _design_effect(sums), quantile)


def widening(differ: int) -> float:
    """By how much a variance grows if two more clusters are taken to differ, by as much as those that do."""
    return (differ + 2) / differ if differ else 0.0


def differing(sides: Sequence[np.ndarray]) -> int:
    """Clusters that differ between the sides; on one side, those that are unlike the most of them."""
    if len(sides) > 1:
        return int(np.any([(side != sides[0]).any(axis=1) for side in sides[1:]], axis=0).sum())
    _, counts = np.unique(sides[0], axis=0, return_counts=True)
    return len(sides[0]) - int(counts.max())


def padded(sides: Sequence[np.ndarray], turns: Sequence[float]) -> list[np.ndarray]:
    """The sides with two more clusters in every group: all events on the sides that count for it, and its mirror.

    Over all groups they weigh as much as one independent answer each.
    """
    groups = sides[0].shape[1] // 2
    rows: list[list[np.ndarray]] = [[] for _ in sides]
    for i in range(0, 2 * groups, 2):
        size = np.mean([_design_effect(side[:, i : i + 2]) for side in sides]) / groups
        event, none = np.zeros(2 * groups), np.zeros(2 * groups)
        event[i : i + 2], none[i + 1] = size, size
        for own, turn in zip(rows, turns, strict=True):
            own += [event, none] if turn > 0 else [none, event]
    return [np.vstack([side, own]) for side, own in zip(sides, rows, strict=True)]


def _design_effect(counts: np.ndarray) -> float:
    """How many answers of one group are worth one independent answer: from 1 to the size of a cluster.

    Two clusters that agree in themselves are added, one all events and one none: without any event nothing else is
    known of how alike a cluster's answers are.
    """
    held = counts[counts[:, 1] > 0]
    size = held[:, 1].mean()
    more = np.vstack([held, [[size, size], [0, size]]])
    share = more[:, 0].sum() / more[:, 1].sum()
    variance = ((more[:, 0] - share * more[:, 1]) ** 2).sum()
    return float(np.clip(variance / (share * (1 - share) * more[:, 1].sum()), 1, max(1.0, held[:, 1].max())))


def _combination(sides: Sequence[np.ndarray], turns: Sequence[float]) -> tuple[float, float]:
    """The weighted statistic, and its standard error over clusters, linearised."""
    total, shares = 0.0, np.zeros(len(sides[0]))
    for side, turn in zip(sides, turns, strict=True):
        for i in range(0, side.shape[1], 2):
            weight, size = turn * (1 - i), side[:, i + 1].sum()
            rate = side[:, i].sum() / size
            total += weight * rate
            shares += weight * (side[:, i] - rate * side[:, i + 1]) / size
    return float(total), float(np.sqrt((shares**2).sum()))
