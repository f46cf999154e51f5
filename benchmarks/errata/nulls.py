"""What noise gives the largest Cohen's d of many heads: rows 12 and 13, in the shapes of the release."""

import numpy as np

from benchmarks.errata.found import LEVEL, SEED, Counts, Found, drawn, figure
from benchmarks.errata.released import Released
from threearc.operators.attribution import entry_folds
from threearc.statistics.clusters import Interval
from threearc.statistics.cohorts import cohens_d, crossfitted_d, labellings, maximum_test
from threearc.statistics.rates import wilson

#: Sets of noise, and permutations of labels in each.
SETS, PERMUTATIONS = 20, 100
#: Columns of one head's output in most layers of Gemma.
WIDTH = 256


def _labels(first: int, second: int, draws: int, seed: int) -> np.ndarray:
    cohort = np.arange(first + second) < first
    return labellings(cohort, [f"{i}" for i in range(len(cohort))], draws, seed)


def _null(first: int, second: int, heads: int, alike: float) -> np.ndarray:
    """Cohen's d of every head under exchanged labels: (draws, heads).

    Args:
        alike: correlation of two heads' noise over answers.
    """
    rng = np.random.default_rng(SEED)
    found = []
    for draw in range(SETS):
        own, common = rng.normal(size=(first + second, heads)), rng.normal(size=(first + second, 1))
        values = np.sqrt(1 - alike) * own + np.sqrt(alike) * common
        found.append(cohens_d(values, _labels(first, second, PERMUTATIONS, draw))[1:])
    return np.concatenate(found)


def _alike(released: Released) -> float:
    """How alike Gemma's heads are: what they share moves all d at once, so that the spread of d shrinks."""
    d = [head.cohen_d for head in released.attribution.all_heads_ranked_by_cohen_d]
    cohorts = released.attribution.cohorts
    return float(max(0.0, 1 - np.var(d) / (1 / cohorts["cw"] + 1 / cohorts["cr"])))


def _gemma(released: Released) -> tuple[np.ndarray, np.ndarray]:
    """The released d of every head (1, heads), and their null."""
    d = np.array([[head.cohen_d for head in released.attribution.all_heads_ranked_by_cohen_d]])
    cohorts = released.attribution.cohorts
    return d, _null(cohorts["cw"], cohorts["cr"], d.shape[1], _alike(released))


@figure
def gemma_heads(released: Released, counts: Counts) -> Found:
    _, null = _gemma(released)
    return drawn(null.max(axis=1), f"{len(null)} draws, heads alike to {_alike(released):.2f}")


@figure
def gemma_heads_p(released: Released, counts: Counts) -> Found:
    test = maximum_test(np.vstack(_gemma(released)), free=1.0)
    n = SETS * PERMUTATIONS
    value = Interval(test.p, *wilson(round(test.p * (n + 1)) - 1, n, LEVEL), LEVEL)
    return Found(value, "simulated", f"largest d {test.observed:.3f}, 95 % of the null below {test.high:.2f}")


@figure
def qwen_heads(released: Released, counts: Counts) -> Found:
    seen = counts["cohorts"]["qwen_humble"]
    null = _null(seen["first"], seen["second"], seen["heads"], _alike(released))
    return drawn(null.max(axis=1), f"{seen['heads']} heads, as alike as Gemma's")


@figure
def adversarial_heads(released: Released, counts: Counts) -> Found:
    seen = counts["cohorts"]["gemma_adversarial_self"]
    null, alike = (_null(seen["first"], seen["second"], seen["heads"], share) for share in (0.0, _alike(released)))
    return drawn(null.max(axis=1), f"{seen['heads']} heads; as alike as for Humble: {alike.max(axis=1).mean():.2f}")


def _noise(n: int, falling: bool, seed: int) -> np.ndarray:
    """One head's outputs (n, WIDTH): of equal spread, or falling from column to column."""
    spread = 1 / np.sqrt(np.arange(1, WIDTH + 1)) if falling else np.ones(WIDTH)
    return np.random.default_rng([SEED, seed]).normal(size=(n, WIDTH)) * spread


def _along_own_direction(values: np.ndarray, first: int) -> float:
    """Cohen's d of the first rows against the others, along the direction between their means."""
    direction = values[:first].mean(axis=0) - values[first:].mean(axis=0)
    labels = (np.arange(len(values)) < first)[None].astype(float)
    return float(cohens_d((values @ direction)[:, None], labels)[0, 0])


@figure
def one_head_direction(released: Released, counts: Counts) -> Found:
    cohorts = released.attribution.cohorts
    n = cohorts["cw"] + cohorts["cr"]
    return drawn([_along_own_direction(_noise(n, True, i), cohorts["cw"]) for i in range(400)], "400 draws")


@figure
def all_heads_direction(released: Released, counts: Counts) -> Found:
    seen = counts["cohorts"]["qwen_humble"]
    n, heads = seen["first"] + seen["second"], seen["heads"]
    every = [_along_own_direction(_noise(n, False, i), seen["first"]) for i in range(40 * heads)]
    return drawn(np.reshape(every, (40, heads)).max(axis=1), f"40 draws of {heads} heads")


@figure
def crossfitted_direction(released: Released, counts: Counts) -> Found:
    cohorts = released.attribution.cohorts
    values = _noise(cohorts["cw"] + cohorts["cr"], True, 0)
    folds = entry_folds([f"{i}" for i in range(len(values))], SEED)
    labels = _labels(cohorts["cw"], cohorts["cr"], 400, SEED)
    return drawn(crossfitted_d(values, labels, folds), "401 labellings")
