"""What a figure of the errata is when it is computed again, and the shapes that most of them have.

A figure is *per item* where single answers were released, *from counts* where only their number is known, *simulated*
where a null is drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from benchmarks.errata.released import Released
from threearc.statistics.auc import auc_interval
from threearc.statistics.clusters import Interval, Statistic, paired_interval, rate, ratio, single_interval
from threearc.statistics.rates import miettinen_nurminen, wilson

LEVEL, DRAWS, SEED = 0.95, 2000, 0

Basis = Literal["per item", "from counts", "simulated"]
#: What the paper's text alone gives (errata.yaml).
Counts = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """A figure computed again; ``method`` says what its interval is."""

    value: Interval
    basis: Basis
    method: str


#: By its name in errata.yaml.
FIGURES: dict[str, Callable[[Released, Counts], Found]] = {}


def figure(function: Callable[[Released, Counts], Found]) -> Callable[[Released, Counts], Found]:
    """Enter a figure under its function's name."""
    FIGURES[function.__name__] = function
    return function


def share(hits: int, n: int, basis: Basis = "per item") -> Found:
    return Found(Interval(hits / n, *wilson(hits, n, LEVEL), LEVEL), basis, f"{hits} of {n}, Wilson")


def apart(arm: int, n: int, base: int, n_base: int, basis: Basis = "from counts") -> Found:
    """Difference of two shares of different answers, or of equal ones whose pairs are not known."""
    value = Interval(arm / n - base / n_base, *miettinen_nurminen(arm, n, base, n_base, LEVEL), LEVEL)
    return Found(value, basis, f"{base} of {n_base} to {arm} of {n}, unpaired, score interval")


def kind(*values: Any) -> Statistic:
    """A rate where all values say yes or no, else a mean."""
    return rate if np.isin(np.concatenate(values), (0, 1)).all() else ratio


def mean(values: Any, method: str) -> Found:
    columns = np.stack([np.asarray(values, dtype=float), np.ones(len(values))], axis=1)
    return Found(single_interval(columns, kind(values), DRAWS, LEVEL, SEED), "per item", method)


def paired(arm: Any, base: Any) -> Found:
    columns = [np.stack([np.asarray(v, dtype=float), np.ones(len(v))], axis=1) for v in (arm, base)]
    value = paired_interval(*columns, kind(arm, base), DRAWS, LEVEL, SEED)
    return Found(value, "per item", f"{len(columns[0])} pairs, bootstrap")


def auc_of(scores: np.ndarray, right: np.ndarray, method: str) -> Found:
    value = auc_interval(scores, right, [f"{i}" for i in range(len(right))], DRAWS, LEVEL, SEED)
    return Found(value, "per item", method)


def drawn(values: Any, method: str) -> Found:
    """Mean and middle of the draws of a null."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Found(Interval(float(np.mean(values)), float(low), float(high), LEVEL), "simulated", method)
