"""A recipe's effect: several training seeds crossed with the same prompts.

Another run of the recipe would have another seed, and be asked other prompts. What varies with each adds to the
variance; what varies with both (a seed that is better on some prompts) is in either and is taken off once, as in
two-way clustered errors: Cameron, Gelbach and Miller, Journal of Business & Economic Statistics 29 (2011). What prompts
show is known from many of them, what seeds show from three or so: each part has the half width that its own degrees
of freedom give it, and the whole is the root of their squares. Zou and Donner, Statistics in Medicine 27 (2008). One
number of degrees of freedom for the sum is as large as the prompts' wherever three seeds happen to be alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from threearc.statistics import sparse
from threearc.statistics.clusters import LINEAR, RATES, Interval, Statistic, gradient

#: Fewer training seeds do not speak for a recipe.
LEAST_SEEDS = 3


@dataclass(frozen=True)
class RecipeEffect:
    """Mean over seeds of the arm's statistic less base's.

    Attributes:
        p: of no effect; the interval of level 1 − p ends at zero.
        between_prompts, between_seeds: their parts of the variance of the mean.
    """

    interval: Interval
    p: float
    between_prompts: float
    between_seeds: float


def recipe_effect(arms: Sequence[np.ndarray], base: np.ndarray, statistic: Statistic, level: float) -> RecipeEffect:
    """Effect of a recipe from one arm per training seed.

    Where events are rare, or few clusters moved, made-up clusters are added as in ``sparse``.

    Args:
        arms: cluster sums (c, k) of every seed's arm, over the clusters of ``base``.

    Raises:
        ValueError: with fewer than three seeds.
    """
    from scipy.special import stdtrit

    if len(arms) < LEAST_SEEDS:
        raise ValueError(f"{len(arms)} training seeds do not speak for a recipe: {LEAST_SEEDS} are needed")
    effects = _effects(arms, base, statistic)
    estimate, nothing = float(effects.mean()), float("nan")
    sides, turns = [*arms, base], [1 / len(arms)] * len(arms) + [-1.0]
    clusters = sparse.fewest(sides) if statistic in LINEAR else len(base)
    if np.isnan(estimate) or clusters < 2:
        return RecipeEffect(Interval(estimate, nothing, nothing, level), nothing, nothing, nothing)
    moved = sparse.differing(sides)
    if statistic in RATES and sparse.scarce(True, sides):
        *arms, base = sparse.padded(sides, turns)
        effects = _effects(arms, base, statistic)
    shares = np.stack([_shares(arm, statistic) for arm in arms]) - _shares(base, statistic)
    mean, seeds = shares.mean(axis=0), len(arms)
    prompts = float((mean**2).sum()) * clusters / (clusters - 1)
    if statistic in LINEAR and statistic not in RATES and 0 < moved < sparse.FEWEST_EVENTS:
        prompts *= sparse.widening(moved)
    runs = float(effects.var(ddof=1)) / seeds
    both = float(((shares - mean) ** 2).sum()) / (seeds * (seeds - 1))
    own = max(runs - both, 0.0)
    if prompts + own < 1e-24:
        # All clusters that moved did so one way, and by as much: a sign test knows no more.
        p = 1.0 if abs(estimate) < 1e-12 else 2.0 ** (1 - moved)
        return RecipeEffect(Interval(estimate, estimate, estimate, level), p, 0.0, 0.0)
    centre = float(effects.mean())

    def half(tail: float) -> float:
        return float(np.hypot(stdtrit(clusters - 1, tail) * prompts**0.5, stdtrit(seeds - 1, tail) * own**0.5))

    wide = half((1 - level) / 2)
    interval = Interval(estimate, min(centre - wide, estimate), max(centre + wide, estimate), level)
    return RecipeEffect(interval, _where(lambda tail: half(tail) - abs(centre)), prompts, own)


def _where(beyond: Callable[[float], float]) -> float:
    """p at whose tails a half width is no more than the estimate: where a falling function is zero."""
    from scipy.optimize import brentq

    # No p is told below the smallest; at tails of one half nothing is left of a half width.
    least = 1e-15
    return 2 * least if beyond(least) <= 0 else 2 * float(brentq(beyond, least, 0.5, xtol=1e-18, rtol=1e-12))


def _effects(arms: Sequence[np.ndarray], base: np.ndarray, statistic: Statistic) -> np.ndarray:
    effects: np.ndarray = np.array([statistic(arm.sum(axis=0)) for arm in arms]) - statistic(base.sum(axis=0))
    return effects


def _shares(sums: np.ndarray, statistic: Statistic) -> np.ndarray:
    """What every cluster adds to the statistic's distance from its expectation, linearised."""
    shares: np.ndarray = sums @ gradient(statistic, sums.sum(axis=0))
    return shares
