"""Trend over doses: base, dose 0, and the arms of a dose curve on the same clusters.

The trend is the least-squares slope of a statistic on the dose, a weighted sum of the arms' statistics.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from threearc.statistics.clusters import Interval, Statistic, combined_interval
from threearc.statistics.swaps import reversal_test


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
    slope = combined_interval(arms, turns, statistic, draws, level, seed)
    return Trend(slope, reversal_test(arms, turns, statistic, permutations, seed))


def slope_weights(doses: Sequence[float]) -> list[float]:
    """What every dose's value adds to the least-squares slope."""
    distances = np.asarray(doses, dtype=float) - np.mean(doses)
    return [float(distance) for distance in distances / (distances**2).sum()]
