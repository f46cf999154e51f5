"""Tests together, and tests of equivalence."""

from collections.abc import Sequence

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


def tost_p(estimate: float, error: float, low: float, high: float, df: float) -> float:
    """p of an effect outside (low, high): the larger of two one-sided t tests.

    Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987).

    Args:
        error: the estimate's standard error, of ``df`` degrees of freedom. Without any, the estimate decides alone.
    """
    from scipy.special import stdtr

    if error == 0:
        return 0.0 if low < estimate < high else 1.0
    return float(max(stdtr(df, (low - estimate) / error), stdtr(df, (estimate - high) / error)))
