"""How far two judges of the same texts agree, on labels of a closed set or on scores.

Kappa takes off the agreement that chance would give. Where nearly all texts carry one label, little is left to agree
on, and kappa is small and its interval wide however often the judges agree; PABAK and the agreement on each label are
told beside it. Byrt, Bishop and Carlin, Journal of Clinical Epidemiology 46 (1993); Cicchetti and Feinstein, 43 (1990).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from threearc.statistics.clusters import Interval, cluster_sums, percentile_interval, resample, single_interval


@dataclass(frozen=True)
class Agreement:
    """Agreement of two judges on one set of labels.

    Attributes:
        labels: the closed set, in the order of ``counts``.
        counts: texts by the first judge's label (row) and the second's (column).
        kappa: Cohen's, of scores the weighted one; no interval where a judge gave one label only, since kappa then is 0
            whatever the texts say.
        pabak: kappa were all labels equally common: (k · agreement − 1) / (k − 1).
        on: by label, agreements on it over the mean number of times that a judge gave it; nan if neither did.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    kappa: Interval
    pabak: Interval
    on: dict[str, float]


def agreement(
    first: Sequence[str],
    second: Sequence[str],
    labels: Sequence[str],
    clusters: Sequence[str],
    draws: int = 4000,
    level: float = 0.95,
    seed: int = 0,
    *,
    ordered: bool = False,
) -> Agreement:
    """Agreement with bootstrap intervals.

    Args:
        first: the first judge's labels, one per text.
        second: the second judge's, in the same order.
        labels: the closed set, two labels or more.
        clusters: what is drawn again as a whole, one name per text: its prompt.
        ordered: the labels are scores, in order.

    Raises:
        ValueError: if the sequences differ in length, or a label is not of the set.
    """
    pairs = _pairs(first, second, labels)
    counts = pairs.sum(axis=0).reshape(len(labels), len(labels)).astype(int)
    given = [counts.sum(axis=1), counts.sum(axis=0)]
    sums = cluster_sums(pairs, clusters, sorted(set(clusters)))
    kappa = single_interval(sums, weighted_kappa if ordered else cohens_kappa, draws, level, seed)
    if min(int((times > 0).sum()) for times in given) < 2:
        kappa = Interval(kappa.estimate, float("nan"), float("nan"), level)
    both = counts.diagonal()
    mean = (given[0] + given[1]) / 2
    return Agreement(
        labels=tuple(labels),
        counts=tuple(tuple(map(int, row)) for row in counts),
        kappa=kappa,
        pabak=single_interval(sums, partial(_chance_corrected, chance=1 / len(labels)), draws, level, seed),
        on={label: float(both[i] / mean[i]) if mean[i] else float("nan") for i, label in enumerate(labels)},
    )


def weighted_kappa(sums: np.ndarray) -> np.ndarray:
    """Kappa of flat tables (..., k²) whose labels are scores in order; a disagreement counts by its square.

    Nan where both judges gave one and the same score only. Cohen, Psychological Bulletin 70 (1968).
    """
    k = round(sums.shape[-1] ** 0.5)
    table = sums.reshape(*sums.shape[:-1], k, k)
    far = (np.arange(k)[:, None] - np.arange(k)) ** 2
    chance = table.sum(axis=-1)[..., :, None] * table.sum(axis=-2)[..., None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (far * table).sum(axis=(-2, -1)) * sums.sum(axis=-1) / (far * chance).sum(axis=(-2, -1))
    value: np.ndarray = 1 - found
    return value


def cohens_kappa(sums: np.ndarray) -> np.ndarray:
    """Cohen's kappa of flat tables of counts (..., k²); nan where both judges gave one and the same label only."""
    k = round(sums.shape[-1] ** 0.5)
    table = sums.reshape(*sums.shape[:-1], k, k)
    chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / np.maximum(sums.sum(axis=-1), 1) ** 2
    return _chance_corrected(sums, chance)


def rank_correlation(
    first: Sequence[float], second: Sequence[float], draws: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Spearman's correlation of two judges' scores, ties at their mean rank; one row per prompt is drawn again.

    Raises:
        ValueError: if the sequences differ in length.
    """
    from scipy.stats import rankdata

    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} scores cannot be paired")

    def spearman(rows: np.ndarray) -> float:
        one, other = (rankdata(np.asarray(scores, dtype=float)[rows]) for scores in (first, second))
        if np.ptp(one) == 0 or np.ptp(other) == 0:
            return float("nan")
        return float(np.corrcoef(one, other)[0, 1])

    rows = np.arange(len(first))
    if not rows.size:
        return Interval(float("nan"), float("nan"), float("nan"), level)
    drawn = [spearman(np.repeat(rows, weights.astype(int))) for weights in resample(len(rows), draws, seed)]
    return percentile_interval(spearman(rows), np.array(drawn), level)


def _pairs(first: Sequence[str], second: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """(n, k²): 1 at the cell of each text."""
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} labels cannot be paired")
    if unknown := {*first, *second} - set(labels):
        raise ValueError(f"labels outside the set: {', '.join(sorted(unknown))}")
    place = {label: i for i, label in enumerate(labels)}
    cells = [place[one] * len(labels) + place[other] for one, other in zip(first, second, strict=True)]
    return np.eye(len(labels) ** 2)[cells]


def _chance_corrected(sums: np.ndarray, chance: np.ndarray | float) -> np.ndarray:
    """(agreement − chance) / (1 − chance) of flat tables (..., k²)."""
    k = round(sums.shape[-1] ** 0.5)
    with np.errstate(invalid="ignore", divide="ignore"):
        agreed = sums[..., :: k + 1].sum(axis=-1) / sums.sum(axis=-1)
        room = 1 - np.asarray(chance)
        value: np.ndarray = np.where(room > 1e-12, (agreed - chance) / room, np.nan)
    return value
