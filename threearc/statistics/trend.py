"""Trend over doses: base, dose 0, and the arms of a dose curve on the same clusters.

The trend is the least-squares slope of a statistic on the dose, a weighted sum of the arms' statistics.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from threearc.statistics.clusters import Interval, Statistic, combined, combined_interval, gradient, signs

#: Draws computed at once: their linear shares, one row of clusters each, are held in memory.
BLOCK = 2000


@dataclass(frozen=True)
class Trend:
    """The slope per unit of dose with its interval, and p of no trend."""

    slope: Interval
    p: float


def dose_trend(
    doses: Sequence[float],
    sides: Sequence[np.ndarray],
    statistic: Statistic,
    draws: int,
    permutations: int,
    level: float,
    seed: int,
) -> Trend:
    """Slope, interval and test.

    Args:
        doses: of the sides, base's 0 among them; not all equal.
        sides: cluster sums (c, k) of each, over the same clusters.

    Raises:
        ValueError: if sides and doses differ in number, or the doses do not differ.
    """
    if len(doses) != len(sides) or np.ptp(doses) == 0:
        raise ValueError(f"no slope over {len(sides)} arms at the doses {list(doses)}")
    order = np.argsort(doses, kind="stable")
    arms = [sides[i] for i in order]
    turns = slope_weights([doses[i] for i in order])
    slope = combined_interval(arms, list(turns), statistic, draws, level, seed)
    return Trend(slope, reversal_test(arms, turns, statistic, permutations, seed))


def slope_weights(doses: Sequence[float]) -> np.ndarray:
    """What every dose's value adds to the least-squares slope."""
    distances = np.asarray(doses, dtype=float) - np.mean(doses)
    weights: np.ndarray = distances / (distances**2).sum()
    return weights


def reversal_test(arms: Sequence[np.ndarray], turns: np.ndarray, statistic: Statistic, draws: int, seed: int) -> float:
    """Two-sided p of no trend: were the doses alike, turning their order round in any cluster would change nothing.

    With two arms this is ``clusters.swap_test``; as there, every draw computes the whole slope over its own linearised
    standard error, so that arms may differ in what the statistic does not measure. The observed value counts as a draw.

    Args:
        arms: cluster sums (c, k) in order of dose.
        turns: weights of the arms' statistics.
    """
    rows = np.stack(arms).astype(float)
    middle, gap = (rows + rows[::-1]) / 2, (rows - rows[::-1]) / 2
    flips = signs(len(arms[0]), draws, seed)
    observed = _studentised(middle, gap, np.ones((len(arms[0]), 1)), turns, statistic)[0]
    if np.isnan(observed):
        return float("nan")
    blocks = [flips[:, start : start + BLOCK] for start in range(0, draws, BLOCK)]
    null = np.concatenate([_studentised(middle, gap, block, turns, statistic) for block in blocks])
    extreme = np.isnan(null) | (null >= observed * (1 - 1e-9))
    return float((1 + extreme.sum()) / (1 + draws))


def _studentised(
    middle: np.ndarray, gap: np.ndarray, flips: np.ndarray, turns: np.ndarray, statistic: Statistic
) -> np.ndarray:
    """|slope| over its linearised standard error, (draws,); middle and gap (arms, c, k), flips (c, draws)."""
    sums = [half.sum(axis=0) + (flips.T @ turned) for half, turned in zip(middle, gap, strict=True)]
    value = combined(sums, list(turns), statistic)
    shares: np.ndarray = np.zeros(flips.shape)
    for half, turned, turn, at in zip(middle, gap, turns, sums, strict=True):
        slopes = turn * gradient(statistic, at).T
        shares += half @ slopes + flips * (turned @ slopes)
    error = np.sqrt((shares**2).sum(axis=0))
    value = np.where(np.abs(value) < 1e-12, 0.0, np.abs(value))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(value == 0, 0.0, np.where(error < 1e-6 * value, np.inf, value / error))
    return np.where(np.isnan(value), np.nan, ratios)
