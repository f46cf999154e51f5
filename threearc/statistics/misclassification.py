"""Rates as they would be were the judge never wrong, from a validation sample with true and judged labels.

A judge with sensitivity s and specificity t gives a true rate p as p s + (1 − p)(1 − t). Solved for p: Rogan and
Gladen, American Journal of Epidemiology 107 (1978). Every arm has its own s and t, so that a judge who errs more in one
arm is corrected for; asymmetry has them for wrong answers and for right ones apart. Which answers are right is taken as
known.
"""

from collections.abc import Sequence

import numpy as np

from threearc.statistics import sparse
from threearc.statistics.clusters import (
    Interval,
    Statistic,
    difference_of_ratios,
    percentile_interval,
    ratio,
    resample,
)


def confusion(true: Sequence[bool], judged: Sequence[bool]) -> np.ndarray:
    """Counts by true label (row: no, yes) and judged label (column) of one arm's validation sample: (2, 2)."""
    counts = np.zeros((2, 2))
    np.add.at(counts, (np.asarray(true, dtype=int), np.asarray(judged, dtype=int)), 1)
    return counts


def corrected_rate(rate: np.ndarray, sensitivity: np.ndarray, specificity: np.ndarray) -> np.ndarray:
    """The true rate, within [0, 1]; nan where the judge says yes no more often to a yes than to a no."""
    told = sensitivity + specificity - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        value: np.ndarray = np.where(told > 0, np.clip((rate + specificity - 1) / told, 0, 1), np.nan)
    return value


def corrected_interval(
    sides: Sequence[np.ndarray],
    validations: Sequence[np.ndarray],
    statistic: Statistic,
    draws: int,
    level: float,
    seed: int,
) -> Interval:
    """Corrected rate or asymmetry of one arm, or of the first less the second, with both samples' errors.

    Clusters are drawn again and sensitivities and specificities are drawn from what the validation sample leaves
    possible (Jeffreys' prior); where events are rare, clusters are added as in ``sparse``.

    Args:
        sides: cluster sums (c, 2g) of judged labels, one arm's or two arms' over the same clusters.
        validations: of each side the tables (g, 2, 2) of ``confusion``, one per group that the statistic divides by.

    Raises:
        ValueError: if the statistic is not one of rates.
    """
    if statistic not in (ratio, difference_of_ratios):
        raise ValueError("only rates and their differences can be corrected")
    turns = [1.0, -1.0][: len(sides)]
    estimate = 0.0
    for side, tables, turn in zip(sides, validations, turns, strict=True):
        with np.errstate(invalid="ignore", divide="ignore"):
            known = tables.diagonal(axis1=1, axis2=2) / tables.sum(axis=2)
        estimate += turn * float(_value(side.sum(axis=0)[None], known[None, :, 1], known[None, :, 0])[0])
    one = sparse.unit(*sides)
    drawn_from = sparse.padded(one, sides, turns) if one is not None and sparse.scarce(one, sides) else list(sides)
    weights = resample(len(drawn_from[0]), draws, seed)
    rng, found = np.random.default_rng([seed, 1]), np.zeros(draws)
    for side, tables, turn in zip(drawn_from, validations, turns, strict=True):
        right, wrong = tables[:, [1, 0], [1, 0]] + 0.5, tables[:, [1, 0], [0, 1]] + 0.5
        known = rng.beta(right, wrong, size=(draws, *right.shape))
        found += turn * _value(weights @ side, known[..., 0], known[..., 1])
    interval = percentile_interval(estimate, found, level, sparse.fewest(drawn_from))
    return Interval(estimate, min(interval.low, estimate), max(interval.high, estimate), level)


def _value(sums: np.ndarray, sensitivity: np.ndarray, specificity: np.ndarray) -> np.ndarray:
    """The statistic of corrected rates: sums (d, 2g), the judge's rates (d, g)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = corrected_rate(sums[:, ::2] / sums[:, 1::2], sensitivity, specificity)
    signs = np.array([1.0, -1.0])[: rates.shape[1]]
    value: np.ndarray = rates @ signs
    return value
