"""Statistics of ratios of sums, with prompts resampled by cluster and the whole statistic computed again each time.

A measure adds up columns over responses and ends in a function of the sums (accuracy: right answers over answers;
asymmetry: four sums). A bootstrap draw then is one row of cluster weights times one small matrix, and a thousand draws
are one matrix product.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from threearc.statistics import sparse

#: From sums of shape (..., k) to statistics of shape (...); nan where it is not defined.
Statistic = Callable[[np.ndarray], np.ndarray]

#: The turns of an arm and of base: the difference.
PAIRED = (1.0, -1.0)
#: An interval is not given if more than this share of the draws leaves the statistic undefined.
UNDEFINED_SHARE = 0.05


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval of ``level``; ``low`` and ``high`` are nan where no interval can be had."""

    estimate: float
    low: float
    high: float
    level: float


def ratio(sums: np.ndarray) -> np.ndarray:
    """First sum over second."""
    under = sums[..., 1]
    value: np.ndarray = np.divide(sums[..., 0], under, out=np.full(under.shape, np.nan), where=under > 0)
    return value


def difference_of_ratios(sums: np.ndarray) -> np.ndarray:
    """First over second, less third over fourth."""
    difference: np.ndarray = ratio(sums[..., :2]) - ratio(sums[..., 2:])
    return difference


def rate(sums: np.ndarray) -> np.ndarray:
    """Events over answers: a ratio whose first sum counts some of what its second one counts, one by one."""
    return ratio(sums)


def difference_of_rates(sums: np.ndarray) -> np.ndarray:
    """First rate less second."""
    return difference_of_ratios(sums)


#: Statistics that are linear in their clusters, as far as these add up; those of events among them.
RATES: tuple[Statistic, ...] = (rate, difference_of_rates)
LINEAR: tuple[Statistic, ...] = (ratio, difference_of_ratios, *RATES)


def gradient(statistic: Statistic, sums: np.ndarray) -> np.ndarray:
    """Slopes of a statistic in each of its sums, (..., k): in closed form for ratios, else by central differences."""
    slopes = np.empty(sums.shape[::-1]).T
    if statistic in LINEAR:
        with np.errstate(invalid="ignore", divide="ignore"):
            for first, sign in zip(range(0, sums.shape[-1], 2), (1, -1), strict=False):
                top, under = sums[..., first], sums[..., first + 1]
                slopes[..., first] = sign / under
                slopes[..., first + 1] = -top * slopes[..., first] / under
        return slopes
    step = 1e-5
    for i, h in enumerate(step * np.eye(sums.shape[-1])):
        slopes[..., i] = (statistic(sums + h) - statistic(sums - h)) / (2 * step)
    return slopes


def cluster_sums(columns: np.ndarray, clusters: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Sums of ``columns`` (n, k) within each cluster, in the order of ``names``: (c, k)."""
    place = {name: i for i, name in enumerate(names)}
    return added(columns, np.array([place[cluster] for cluster in clusters], dtype=int), len(names))


def added(columns: np.ndarray, places: np.ndarray, clusters: int) -> np.ndarray:
    """The same from the number of each row's cluster, (n,)."""
    return np.stack([np.bincount(places, column, minlength=clusters) for column in columns.T], axis=1)


@lru_cache(maxsize=8)
def resample(clusters: int, draws: int, seed: int) -> np.ndarray:
    """Bootstrap weights (draws, clusters): how often each cluster is drawn when as many are drawn as there are.

    Equal arguments give the very same array, read-only: measures of one arm are drawn together, and once.
    """
    picks = np.random.default_rng(seed).integers(0, clusters, size=(draws, clusters))
    picks += clusters * np.arange(draws)[:, None]
    weights = np.bincount(picks.ravel(), minlength=draws * clusters).reshape(draws, clusters).astype(float)
    weights.flags.writeable = False
    return weights


def percentile_interval(estimate: float, draws: np.ndarray, level: float, clusters: int | None = None) -> Interval:
    """The middle ``level`` of the draws; none if too many of them are undefined.

    Args:
        clusters: how many were drawn. Few clusters vary less than what they came from, and their variance is known
            badly; the percentiles are moved outward by as much as Student's t and the divisor n − 1 would move those of
            a mean. Hesterberg, The American Statistician 69 (2015), section 4.4. None leaves them as they are.
    """
    defined = draws[~np.isnan(draws)]
    if np.isnan(estimate) or len(defined) < (1 - UNDEFINED_SHARE) * len(draws) or (clusters or 2) < 2:
        return Interval(estimate, float("nan"), float("nan"), level)
    tail = (1 - level) / 2 if clusters is None else _expanded(level, clusters)
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(estimate, float(low), float(high), level)


def _expanded(level: float, clusters: int) -> float:
    from scipy.special import ndtr, stdtrit

    return float(ndtr(np.sqrt(clusters / (clusters - 1)) * stdtrit(clusters - 1, (1 - level) / 2)))


def single_interval(sums: np.ndarray, statistic: Statistic, draws: int, level: float, seed: int) -> Interval:
    """Interval of one arm's statistic from its cluster sums (c, k).

    A bootstrap; where a rate has few events or a mean hardly varies, and for single rates always, ``sparse`` instead.
    """
    return combined_interval([sums], [1.0], statistic, draws, level, seed)


def paired_interval(
    arm: np.ndarray, base: np.ndarray, statistic: Statistic, draws: int, level: float, seed: int
) -> Interval:
    """Interval of statistic(arm) − statistic(base) from cluster sums (c, k) over the same clusters.

    A bootstrap; where a rate has few events or few clusters moved, ``sparse`` instead.
    """
    return combined_interval([arm, base], PAIRED, statistic, draws, level, seed)


def combined_interval(
    sides: Sequence[np.ndarray], turns: Sequence[float], statistic: Statistic, draws: int, level: float, seed: int
) -> Interval:
    """Interval of the sum of every side's statistic times its turn; see ``paired_interval``."""
    return combined_intervals([Combination(sides, turns, statistic)], draws, level, seed)[0]


class Combination(NamedTuple):
    """A sum of statistics: of every side's cluster sums (c, k), times the side's turn."""

    sides: Sequence[np.ndarray]
    turns: Sequence[float]
    statistic: Statistic

    def over(self, sums: Sequence[np.ndarray]) -> np.ndarray:
        """The sum of every side's statistic times its turn."""
        return combined(sums, self.turns, self.statistic)


def combined_intervals(combinations: Sequence[Combination], draws: int, level: float, seed: int) -> list[Interval]:
    """Intervals of several combinations, those over as many clusters drawn together: one matrix product for all."""
    found: dict[int, Interval] = {}
    left: dict[int, list[tuple[int, float, int]]] = {}
    for i, own in enumerate(combinations):
        estimate = float(own.over([side.sum(axis=0) for side in own.sides]))
        clusters = len(own.sides[0])
        if own.statistic in LINEAR and not np.isnan(estimate):
            clusters, rates = sparse.fewest(own.sides), own.statistic in RATES
            if (own.statistic is rate and len(own.sides) == 1) or sparse.scarce(rates, own.sides):
                low, high = sparse.interval(rates, level, own.sides, own.turns)
                found[i] = Interval(estimate, min(low, estimate), max(high, estimate), level)
                continue
        left.setdefault(len(own.sides[0]), []).append((i, estimate, clusters))
    for many, waiting in left.items():
        drawn = resample(many, draws, seed) @ np.hstack([side for i, *_ in waiting for side in combinations[i].sides])
        place = 0
        for i, estimate, clusters in waiting:
            sums = []
            for side in combinations[i].sides:
                sums.append(drawn[:, place : place + side.shape[1]])
                place += side.shape[1]
            found[i] = percentile_interval(estimate, combinations[i].over(sums), level, clusters)
    return [found[i] for i in range(len(combinations))]


def combined(sums: Sequence[np.ndarray], turns: Sequence[float], statistic: Statistic) -> np.ndarray:
    """The sum of every side's statistic times its turn."""
    total: np.ndarray = np.sum([turn * statistic(side) for side, turn in zip(sums, turns, strict=True)], axis=0)
    return total


def unseen_shift(clusters: int, reach: float, level: float) -> float:
    """How far a mean over clusters may have shifted though none of those drawn shows it: the rule of three.

    If a share s of all clusters changed, n of them show nothing with probability (1 − s)^n; the largest s for which
    that is more than 1 − level, times the largest change of one cluster. A bootstrap cannot see this: it draws again
    only what was drawn. Hanley and Lippman-Hand, JAMA 249 (1983).

    Args:
        clusters: n, of those that count in the statistic.
        reach: the largest change of one cluster's mean, in the measure's unit.
    """
    return reach * (1 - (1 - level) ** (1 / clusters)) if clusters else reach


def as_json(interval: Interval) -> dict[str, float | None]:
    """An interval as JSON types; what is not defined is null."""
    values = {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
    return {name: None if np.isnan(value) else round(value, 6) for name, value in values.items()}
