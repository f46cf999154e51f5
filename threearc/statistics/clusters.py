"""Statistics of ratios of sums, with prompts resampled by cluster and the whole statistic computed again each time.

A measure adds up columns over responses and ends in a function of the sums (accuracy: right answers over answers;
asymmetry: four sums). A bootstrap draw then is one row of cluster weights times one small matrix, and a thousand draws
are one matrix product.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from threearc.statistics import sparse

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


def gradient(statistic: Statistic, sums: np.ndarray) -> np.ndarray:
    """Slopes of a statistic in each of its sums, (..., k): in closed form for ratios, else by central differences."""
    slopes = np.empty(sums.shape[::-1]).T
    if statistic in (ratio, difference_of_ratios):
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
    sums = np.zeros((len(names), columns.shape[1]))
    np.add.at(sums, [place[cluster] for cluster in clusters], columns)
    return sums


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
    return combined_interval([arm, base], [1.0, -1.0], statistic, draws, level, seed)


def combined_interval(
    sides: Sequence[np.ndarray], turns: Sequence[float], statistic: Statistic, draws: int, level: float, seed: int
) -> Interval:
    """Interval of the sum of every side's statistic times its turn; see ``paired_interval``."""
    estimate = float(combined([side.sum(axis=0) for side in sides], turns, statistic))
    clusters = len(sides[0])
    if statistic in (ratio, difference_of_ratios) and not np.isnan(estimate):
        clusters, one = sparse.fewest(sides), sparse.unit(*sides)
        single = one is not None and statistic is ratio and len(sides) == 1
        if single or sparse.scarce(one, sides):
            low, high = sparse.interval(one, level, sides, turns)
            return Interval(estimate, min(low, estimate), max(high, estimate), level)
    weights = resample(len(sides[0]), draws, seed)
    return percentile_interval(
        estimate, combined([weights @ side for side in sides], turns, statistic), level, clusters
    )


def combined(sums: Sequence[np.ndarray], turns: Sequence[float], statistic: Statistic) -> np.ndarray:
    """The sum of every side's statistic times its turn."""
    total: np.ndarray = np.sum([turn * statistic(side) for side, turn in zip(sums, turns, strict=True)], axis=0)
    return total


@lru_cache(maxsize=4)
def signs(clusters: int, draws: int, seed: int) -> np.ndarray:
    """Which clusters change sides in each draw: (clusters, draws), −1 for those that do and 1 for others, read-only."""
    bits = np.random.default_rng(seed).integers(0, 256, size=(clusters, -(-draws // 8)), dtype=np.uint8)
    chosen = 1.0 - 2.0 * np.unpackbits(bits, axis=1, count=draws)
    chosen.flags.writeable = False
    return chosen


@lru_cache(maxsize=16)
def every_sign(clusters: int) -> np.ndarray:
    """All the ways to swap few clusters but for those that also turn both sides round: (clusters, 2^(clusters − 1))."""
    ways = np.arange(2 ** (clusters - 1))
    chosen = 1.0 - 2.0 * ((ways[None, :] >> np.arange(clusters)[:, None]) & 1)
    chosen.flags.writeable = False
    return chosen


def swap_test(arm: np.ndarray, base: np.ndarray, statistic: Statistic, draws: int, seed: int) -> float:
    """Two-sided p of no difference: were the arms alike, swapping them within any cluster would change nothing.

    Each draw swaps a random half of the clusters and computes the whole statistic again, over its standard error in
    that draw. Studentised so, the test stays right where the arms differ in something else than what the statistic
    measures (an arm that hedges more, right or wrong, has moved no asymmetry); see Chung and Romano, Annals of
    Statistics 41 (2013). The observed value counts as one draw, so p is never 0. Clusters that are alike in both arms
    change nothing, swapped or not; if the others can be swapped in no more than ``draws`` ways, every way comes once.
    """
    moved = np.flatnonzero((arm != base).any(axis=1))
    exact = 0 < len(moved) <= draws.bit_length()
    flips = every_sign(len(moved)) if exact else signs(len(arm), draws, seed)[moved]
    middle, gap = (arm + base) / 2, (arm - base) / 2
    observed = abs(float(_studentised(middle, gap, np.ones((len(moved), 1)), moved, statistic)[0]))
    if np.isnan(observed) or not len(moved):
        return float("nan") if np.isnan(observed) else 1.0
    null = np.abs(_studentised(middle, gap, flips, moved, statistic))
    # Draws in which the statistic is undefined count against the effect.
    extreme = np.isnan(null) | (null >= observed * (1 - 1e-9))
    return float(extreme.mean()) if exact else float((1 + extreme.sum()) / (1 + draws))


def _studentised(
    middle: np.ndarray, gap: np.ndarray, flips: np.ndarray, moved: np.ndarray, statistic: Statistic
) -> np.ndarray:
    """Difference of two arms over its linearised standard error, (draws,), for every draw of ``flips`` at once.

    An arm's cluster is middle + sign · gap and base's middle − sign · gap. A statistic of ratios has a gradient
    orthogonal to its sums, so that the clusters' linear shares, (g − h) · middle + sign (g + h) · gap with the
    gradients g and h of the two arms, add up to 0 and their squares to the variance. Signs square to 1, so that what
    they change of it is one matrix of products.

    Args:
        middle: half of the sum of both arms' cluster sums, (c, k); ``gap``: half of their difference.
        flips: signs of the moved clusters, (m, draws).
    """
    k = middle.shape[1]
    crossed = (middle[moved, :, None] * gap[moved, None, :]).reshape(len(moved), k * k)
    changed = np.hstack([gap[moved], crossed]).T @ flips
    shift, cross = changed[:k].T, changed[k:].reshape(k, k, -1)
    arm, base = middle.sum(axis=0) + shift, middle.sum(axis=0) - shift
    value = statistic(arm) - statistic(base)
    slope, other = gradient(statistic, arm), gradient(statistic, base)
    apart, along = (slope - other).T, (slope + other).T
    variance = np.einsum("id,id->d", (middle.T @ middle) @ apart, apart)
    variance += np.einsum("id,id->d", (gap.T @ gap) @ along, along)
    variance += 2 * np.einsum("id,ijd,jd->d", apart, cross, along)
    # No variance: nothing moved, or every cluster moved by the same.
    value = np.where(np.abs(value) < 1e-12, 0.0, value)
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised = np.where(value == 0, 0.0, value / np.sqrt(np.maximum(variance, 0.0)))
    studentised = np.where(variance < 1e-12, np.where(value == 0, 0.0, np.inf), studentised)
    return np.where(np.isnan(value), np.nan, studentised)


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
