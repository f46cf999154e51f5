"""Two cohorts held apart, in standard deviations, for many labellings of the same responses at once.

A labelling is a row of ones (first cohort) and zeros (second). Row 0 is the observed one, the others are draws of a
permutation null; every row goes through the whole statistic, so that a direction is fitted to permuted labels as it
was to the observed ones, and a maximum is held against maxima.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MaximumTest:
    """A maximum over many columns against the maxima of the null.

    Attributes:
        mean, high: mean and 95 % quantile of the null; ``p``: its share at or above ``observed``.
        free: share of the responses whose labels could be exchanged; the others kept theirs in every draw.
    """

    observed: float
    mean: float
    high: float
    p: float
    free: float


def labellings(first: np.ndarray, clusters: Sequence[str], draws: int, seed: int) -> np.ndarray:
    """The observed labels and, below them, labels exchanged between clusters: (1 + draws, n).

    What belongs to one cluster is not torn: clusters exchange their whole rows of labels, and only with clusters of as
    many members. A cluster without its like keeps its labels.

    Args:
        first: (n,) bool, True for the first cohort.
        clusters: of each of the n.
    """
    members: dict[str, list[int]] = {}
    for i, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(i)
    alike: dict[int, list[list[int]]] = {}
    for rows in members.values():
        alike.setdefault(len(rows), []).append(rows)
    labels = np.repeat(first[None].astype(float), 1 + draws, axis=0)
    rng = np.random.default_rng(seed)
    for _, group in sorted(alike.items()):
        places = np.array(group)
        order = rng.permuted(np.tile(np.arange(len(group)), (draws, 1)), axis=1)
        labels[1:, places] = labels[0, places][order]
    return labels


def cohens_d(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Difference of means, first cohort less second, over the pooled standard deviation; 0 where nothing varies.

    Args:
        values: (n, k).
        labels: (r, n), at least two of each cohort in every row.

    Returns:
        (r, k).
    """
    centred = values.astype(float) - values.mean(axis=0, dtype=float)
    squares = centred**2
    sizes = labels.sum(axis=1)[:, None]
    return _d(labels @ centred, labels @ squares, sizes, centred.sum(axis=0), squares.sum(axis=0), len(values))


def crossfitted_d(values: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Cohen's d along the direction from the second cohort's mean to the first's, fitted on the other folds.

    Each fold is projected on the unit direction of the others and counted from the midpoint of their two means, so that
    folds with different directions can be pooled. A fold whose others lack a cohort has no direction and says 0.

    Args:
        values: (n, w).
        labels: (r, n), as for ``cohens_d``.
        folds: (n,) ints.

    Returns:
        (r,).
    """
    centred = values.astype(float) - values.mean(axis=0, dtype=float)
    places = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    sums = [labels[:, held] @ centred[held] for held in places]
    sizes = [labels[:, held].sum(axis=1)[:, None] for held in places]
    every, every_size = np.sum(sums, axis=0), np.sum(sizes, axis=0)
    projected = np.empty_like(labels)
    for held, own, own_size in zip(places, sums, sizes, strict=True):
        one, n_one = every - own, every_size - own_size
        two, n_two = -centred[held].sum(axis=0) - one, len(values) - len(held) - n_one
        mean_one, mean_two = one / np.maximum(n_one, 1), two / np.maximum(n_two, 1)
        direction = np.where((n_one > 0) & (n_two > 0), mean_one - mean_two, 0.0)
        length = np.linalg.norm(direction, axis=1, keepdims=True)
        direction = np.divide(direction, length, out=np.zeros_like(direction), where=length > 0)
        midpoint = ((mean_one + mean_two) / 2 * direction).sum(axis=1, keepdims=True)
        projected[:, held] = direction @ centred[held].T - midpoint
    projected -= projected.mean(axis=1, keepdims=True)
    chosen = projected * labels
    squares = (projected**2).sum(axis=1)
    return _d(
        chosen.sum(axis=1), (chosen**2).sum(axis=1), every_size[:, 0], projected.sum(axis=1), squares, len(values)
    )


def _d(
    one: np.ndarray, one_squares: np.ndarray, n_one: np.ndarray, every: np.ndarray, every_squares: np.ndarray, n: int
) -> np.ndarray:
    """Cohen's d from sums and sums of squares of the first cohort and of all n."""
    n_two = n - n_one
    two = every - one
    within = every_squares - one**2 / n_one - two**2 / n_two
    difference = one / n_one - two / n_two
    # What differs by rounding only has no spread.
    varies = within > 1e-12 * every_squares
    d: np.ndarray = np.divide(
        difference, np.sqrt(np.maximum(within, 0) / (n - 2)), out=np.zeros_like(difference), where=varies
    )
    return d


def free_share(clusters: Sequence[str]) -> float:
    """Share of the members of clusters that have another one of their size to exchange labels with."""
    sizes = Counter(clusters)
    alike = Counter(sizes.values())
    return sum(size for size in sizes.values() if alike[size] > 1) / len(clusters) if clusters else 0.0


def maximum_test(d: np.ndarray, free: float) -> MaximumTest:
    """The observed maximum, row 0's, against those of the other rows; it counts as one draw, so p is never 0.

    Args:
        d: (1 + draws, k).
        free: as ``free_share`` has it.
    """
    observed, null = float(d[0].max()), d[1:].max(axis=1)
    p = (1 + int((null >= observed - 1e-9).sum())) / (1 + len(null))
    return MaximumTest(observed, float(null.mean()), float(np.quantile(null, 0.95)), p, free)
