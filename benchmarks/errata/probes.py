"""Probes: rows 6 to 8, 10, 11 and 27."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from benchmarks.errata.found import DRAWS, LEVEL, SEED, Counts, Found, auc_of, figure, mean, share
from benchmarks.errata.released import Released
from threearc.operators.probing.answers import Answers
from threearc.operators.probing.crossvalidation import Fitting, OutOfFold, Probe, make_folds, spread
from threearc.operators.probing.gate import choose_threshold, decide, gate_result
from threearc.operators.probing.landscape import distribution_shift
from threearc.operators.probing.readers import H_LAST, READERS
from threearc.statistics.clusters import Interval

FITTING = Fitting((0.1,), folds=5, repeats=1, control_draws=1, seed=SEED, draws=DRAWS, level=LEVEL)
#: Share of right answers that the paper's gate had to let stand.
KEPT = 0.7


@cache
def _probed(answers: Callable[[], Answers], reader: str, cs: tuple[float, ...], repeats: int) -> tuple[Any, ...]:
    """Answers, probe and folds."""
    given = answers()
    fitting = Fitting(cs, FITTING.folds, repeats, 1, SEED, DRAWS, LEVEL)
    probe = Probe(READERS[reader], given, given.right, given.train, fitting)
    return given, probe, make_folds(given.right, given.entries, given.train, fitting, repeats)


@figure
def fold_seeds(released: Released, counts: Counts) -> Found:
    answers, probe, folds = _probed(released.smollm_answers, H_LAST, (0.1,), 30)
    scores = probe.out_of_fold(folds.plain, folds.grouped).at(answers.train)
    found, ends = auc_of(scores, answers.right[answers.train], ""), spread(scores, answers.right[answers.train])
    low, high = (float(ends[name] or np.nan) for name in ("lowest", "highest"))
    method = f"lowest to highest; bootstrap of the mean: {found.value.low:.2f} to {found.value.high:.2f}"
    return Found(Interval(found.value.estimate, low, high, LEVEL), "per item", method)


def published_auc(estimate: float, right: int, wrong: int) -> Found:
    """Interval of an AUC of which nothing but the two counts is known: of normal scores that have it."""
    from scipy.stats import norm

    scores = np.concatenate([norm.ppf((np.arange(n) + 0.5) / n) for n in (right, wrong)])
    labels = np.arange(right + wrong) < right
    scores[labels] += np.sqrt(2) * norm.ppf(estimate)
    found = auc_of(scores, labels, "").value
    value = Interval(estimate, found.low, found.high, LEVEL)
    return Found(value, "from counts", f"{right} right, {wrong} wrong, normal scores, bootstrap")


@figure
def gemma_cv(released: Released, counts: Counts) -> Found:
    right = sum(row.correct for row in released.gemma)
    return published_auc(counts["gemma_cv"]["auc"], right, len(released.gemma) - right)


def _fresh_auc(released: Released, counts: Counts, *where: str) -> Found:
    fresh = counts["gemma_fresh"]
    return published_auc(released.gate(*where).auc, fresh["right"], fresh["n"] - fresh["right"])


@figure
def gemma_fresh(released: Released, counts: Counts) -> Found:
    return _fresh_auc(released, counts, "v1_full_v2.json", "evaluation", "configs", "C=0.1")


@figure
def gemma_multilayer(released: Released, counts: Counts) -> Found:
    return _fresh_auc(released, counts, "probe_multilayer.json", "configs", "C=0.1", "fresh")


def _taught(released: Released, c: float) -> tuple[Answers, OutOfFold]:
    answers, probe, folds = _probed(released.smollm_answers, H_LAST, (c,), 1)
    return answers, probe.taught(folds.grouped[0])


@figure
def smollm_fresh_auc(released: Released, counts: Counts) -> Found:
    answers, taught = _taught(released, 1.0)
    return auc_of(taught.at(answers.fresh), answers.right[answers.fresh], "193 answers, bootstrap")


@figure
def shift(released: Released, counts: Counts) -> Found:
    found = distribution_shift(released.smollm_answers(), FITTING)
    assert found is not None
    return Found(Interval(**found["auc"], level=LEVEL), "per item", f"{found['n']} answers, grouped CV, bootstrap")


@figure
def prompt_length(released: Released, counts: Counts) -> Found:
    return mean([len(row.prompt) for row in released.gemma], "bootstrap")


@figure
def rows_fit(released: Released, counts: Counts) -> Found:
    pairs = zip(released.smollm, released.smollm_coverage, strict=True)
    fit = [abs(row.coverage - beside) < 1e-3 for row, beside in pairs]
    return share(sum(fit), len(fit))


@figure
def in_sample(released: Released, counts: Counts) -> Found:
    answers, taught = _taught(released, 0.1)
    return auc_of(taught.at(answers.train), answers.right[answers.train], "100 answers, bootstrap")


@figure
def oracle_gate(released: Released, counts: Counts) -> Found:
    answers, taught = _taught(released, 0.1)
    scores, fresh = taught.scores[0], answers.fresh
    threshold = choose_threshold(scores[fresh], answers.right[fresh], KEPT)
    return _gated(scores >= threshold, answers)


@figure
def honest_gate(released: Released, counts: Counts) -> Found:
    answers, probe, folds = _probed(released.smollm_answers, H_LAST, (0.1,), 1)
    return _gated(decide(answers, probe, folds, KEPT).asserts, answers)


def _gated(asserts: np.ndarray, answers: Answers) -> Found:
    found = gate_result(asserts, answers, answers.fresh, FITTING)
    value = {name: np.nan if end is None else end for name, end in found["gate_asymmetry"].items()}
    kept = f"lets {found['asserts_when_right']:.2f} of the right ones stand"
    return Found(Interval(**value, level=LEVEL), "per item", f"bootstrap; {kept}")


@figure
def prompt_words(released: Released, counts: Counts) -> Found:
    answers, probe, folds = _probed(released.gemma_answers, "prompt words", (0.1, 1.0), 10)
    scores = probe.out_of_fold(folds.plain, folds.coarse).at(answers.train)
    return auc_of(scores, answers.right[answers.train], "10 assignments of folds, bootstrap")
