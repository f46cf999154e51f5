"""Statistics of ratios of sums, with prompts resampled by cluster and the whole statistic computed again each time.

A measure adds up columns over responses and ends in a function of the sums (accuracy: right answers over answers;
asymmetry: four sums). A bootstrap draw then is one row of cluster weights times one small matrix, and a thousand draws
are one matrix product.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

#: From sums of shape (..., k) to statistics of shape (...); nan where it is not defined.
Statistic = Callable[[np.ndarray], np.ndarray]

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
    with np.errstate(invalid="ignore", divide="ignore"):
        value: np.ndarray = np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)
    return value


def difference_of_ratios(sums: np.ndarray) -> np.ndarray:
    """First over second, less third over fourth."""
    difference: np.ndarray = ratio(sums[..., :2]) - ratio(sums[..., 2:])
    return difference


def cluster_sums(columns: np.ndarray, clusters: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Sums of ``columns`` (n, k) within each cluster, in the order of ``names``: (c, k)."""
    place = {name: i for i, name in enumerate(names)}
    sums = np.zeros((len(names), columns.shape[1]))
    np.add.at(sums, [place[cluster] for cluster in clusters], columns)
    return sums


@lru_cache(maxsize=8)
def resample(clusters: int, draws: int, seed: int) -> np.ndarray:
    """Bootstrap weights (draws, clusters): how often each cluster is drawn when as many are drawn as there are.

    Equal arguments give the very same array, read-only: measures of one arm are drawn together, and once.
    """
    picks = np.random.default_rng(seed).integers(0, clusters, size=(draws, clusters))
    weights = np.zeros((draws, clusters))
    np.add.at(weights, (np.arange(draws)[:, None], picks), 1.0)
    weights.flags.writeable = False
    return weights


def percentile_interval(estimate: float, draws: np.ndarray, level: float) -> Interval:
    """The middle ``level`` of the draws; none if too many of them are undefined."""
    defined = draws[~np.isnan(draws)]
    if np.isnan(estimate) or len(defined) < (1 - UNDEFINED_SHARE) * len(draws):
        return Interval(estimate, float("nan"), float("nan"), level)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high), level)


def single_interval(sums: np.ndarray, statistic: Statistic, draws: int, level: float, seed: int) -> Interval:
    """Interval of one arm's statistic from its cluster sums (c, k)."""
    weights = resample(len(sums), draws, seed)
    return percentile_interval(float(statistic(sums.sum(axis=0))), statistic(weights @ sums), level)


def paired_interval(
    arm: np.ndarray, base: np.ndarray, statistic: Statistic, draws: int, level: float, seed: int
) -> Interval:
    """Interval of statistic(arm) − statistic(base) from cluster sums (c, k) over the same clusters."""
    weights = resample(len(arm), draws, seed)
    estimate = float(statistic(arm.sum(axis=0)) - statistic(base.sum(axis=0)))
    return percentile_interval(estimate, statistic(weights @ arm) - statistic(weights @ base), level)


@lru_cache(maxsize=8)
def swaps(clusters: int, draws: int, seed: int) -> np.ndarray:
    """Which clusters change sides in each draw: (draws, clusters) of 0 and 1, read-only."""
    chosen = np.random.default_rng(seed).integers(0, 2, size=(draws, clusters)).astype(float)
    chosen.flags.writeable = False
    return chosen


def swap_test(arm: np.ndarray, base: np.ndarray, statistic: Statistic, draws: int, seed: int) -> float:
    """Two-sided p of no difference: were the arms alike, swapping them within any cluster would change nothing.

    Each draw swaps a random half of the clusters and computes the whole statistic again, over its standard error in
    that draw. Studentised so, the test stays right where the arms differ in something else than what the statistic
    measures (an arm that hedges more, right or wrong, has moved no asymmetry); see Chung and Romano, Annals of
    Statistics 41 (2013). The observed value counts as one draw, so p is never 0.
    """
    sides, swapped = np.hstack([arm, base]), np.hstack([base, arm])
    chosen = swaps(len(arm), draws, seed)
    observed = abs(float(_studentised(sides.sum(axis=0), _products(sides).sum(axis=0), statistic)))
    if np.isnan(observed):
        return float("nan")
    sums = sides.sum(axis=0) + chosen @ (swapped - sides)
    products = _products(sides).sum(axis=0) + chosen @ (_products(swapped) - _products(sides))
    null = np.abs(_studentised(sums, products, statistic))
    # Draws in which the statistic is undefined count against the effect.
    extreme = np.isnan(null) | (null >= observed * (1 - 1e-9))
    return float((1 + extreme.sum()) / (1 + draws))


def _products(rows: np.ndarray) -> np.ndarray:
    """Products of every two columns, flat: (c, m) to (c, m * m)."""
    flat: np.ndarray = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)
    return flat


def _studentised(sums: np.ndarray, products: np.ndarray, statistic: Statistic) -> np.ndarray:
    """Difference of two arms over its linearised standard error.

    A statistic of ratios has a gradient orthogonal to its sums, so that the clusters' linear shares add up to 0 and
    their squares to the variance.

    Args:
        sums: both arms' sums side by side, (..., 2k).
        products: sums over clusters of the products of every two columns, (..., 4k²).
    """
    k = sums.shape[-1] // 2

    def difference(at: np.ndarray) -> np.ndarray:
        return np.asarray(statistic(at[..., :k]) - statistic(at[..., k:]))

    step = 1e-5
    slopes = [(difference(sums + h) - difference(sums - h)) / (2 * step) for h in step * np.eye(2 * k)]
    gradient = np.stack(slopes, axis=-1)
    matrix = products.reshape(*sums.shape[:-1], 2 * k, 2 * k)
    variance = np.einsum("...i,...ij,...j->...", gradient, matrix, gradient)
    value = difference(sums)
    # No variance: nothing moved, or every cluster moved by the same.
    value = np.where(np.abs(value) < 1e-12, 0.0, value)
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised: np.ndarray = np.where(value == 0, 0.0, value / np.sqrt(np.maximum(variance, 0.0)))
    return np.where(np.isnan(value), np.nan, np.where(variance < 1e-12, np.where(value == 0, 0.0, np.inf), studentised))


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
