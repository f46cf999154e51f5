"""Tests together: a family's correction, and the quantile that it asks for."""

from collections.abc import Hashable, Sequence
from statistics import NormalDist

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """p adjusted so that any false rejection in the family is as rare as stated.

    Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    # By hand: that of statsmodels 0.15 ends in a full garbage collection, a tenth of a second for every family.
    order = np.argsort(p, kind="stable")
    steps = np.asarray(p, dtype=float)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(np.minimum(steps, 1.0))
    return [float(value) for value in adjusted]


def holm_within(p: Sequence[float], families: Sequence[Hashable]) -> list[float]:
    """The same within each of several families, told apart by their names."""
    adjusted = np.empty(len(p))
    for name in set(families):
        own = [i for i, family in enumerate(families) if family == name]
        adjusted[own] = holm([p[i] for i in own])
    return [float(value) for value in adjusted]


def normal_quantile(level: float, tests: int = 1) -> float:
    """How many standard errors off a two-sided test at ``level`` begins, after Bonferroni's correction."""
    return NormalDist().inv_cdf(1 - (1 - level) / 2 / tests)
