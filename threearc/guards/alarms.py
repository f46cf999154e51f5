"""When a guard's own test alarms: rarely where nothing is wrong, since every arm of every cell is tested."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from threearc.effects.contrasts import aligned
from threearc.effects.frames import Frame
from threearc.effects.measures import Columns, Measure
from threearc.records.findings import Effect
from threearc.statistics.clusters import Statistic
from threearc.statistics.families import normal_quantile


@dataclass(frozen=True)
class Difference:
    """How far a statistic of one arm lies from another's, and how surprising that is if nothing is wrong."""

    estimate: float
    p: float


def difference(sides: Sequence[Frame], columns: Columns, statistic: Statistic) -> Difference | None:
    """Arm minus base on the prompts that count in both; None where it is not defined."""
    both = aligned(Measure("difference", None, "content", 0, columns, statistic), sides)
    if both is None or both.counting < 2:
        return None
    counts = (both.total[:, 1::2] > 0).any(axis=1)
    arm_sums, base_sums = (sums[counts] for sums in both.sums)
    estimate = float(statistic(arm_sums.sum(axis=0)) - statistic(base_sums.sum(axis=0)))
    left_out = [statistic(sums.sum(axis=0) - sums) for sums in (arm_sums, base_sums)]
    spread = np.sqrt((len(arm_sums) - 1) * np.var(left_out[0] - left_out[1]))
    if isnan(estimate) or isnan(spread):
        return None
    moved = int((arm_sums != base_sums).any(axis=1).sum())
    return Difference(estimate, _p(estimate, float(spread), len(arm_sums), moved))


def effect_p(effect: Effect, permutations: int) -> float | None:
    """The p of an effect's own test; where none of its draws was as large, how much smaller p is than these can tell.

    Returns None where the effect has no test or no interval.
    """
    if effect.p is None or effect.estimate is None or effect.low is None or effect.high is None:
        return None
    half = normal_quantile(effect.level)
    tail = _p(effect.estimate, (effect.high - effect.low) / 2 / half, effect.clusters, effect.moved)
    return tail if effect.p <= 1.5 / (1 + permutations) else max(tail, effect.p)


def _p(estimate: float, spread: float, clusters: int, moved: int) -> float:
    """Two-sided p by Student's t, and not below what swapping the clusters that moved could ever give.

    A permutation test of a few thousand draws cannot tell one in a thousand after correction.
    """
    from scipy.special import stdtr

    if abs(estimate) < 1e-12:
        return 1.0
    tail = 2 * float(stdtr(clusters - 1, -abs(estimate) / spread)) if spread > 0 and clusters > 1 else 0.0
    return min(1.0, max(tail, 2.0 ** (1 - moved)))
