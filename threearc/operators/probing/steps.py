"""AUC of all readers: cross-validated on eval answers, plainly and by entry, and on fresh prompts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from threearc.operators.probing.answers import Answers
from threearc.operators.probing.crossvalidation import Fitting, Folds, Probe, counted, make_folds, spread
from threearc.operators.probing.readers import BASELINES, H_LAST, READERS
from threearc.provenance.hashing import seed_from
from threearc.statistics.auc import auc, auc_difference, auc_draws, auc_interval
from threearc.statistics.clusters import Interval, as_json, percentile_interval


@dataclass(frozen=True)
class Step:
    """One step of one reader: cv, grouped cv or fresh.

    Attributes:
        spread: the lowest and highest AUC of a single repeat.
        chosen: how often each C was chosen.
    """

    reader: str
    step: str
    auc: Interval
    spread: Mapping[str, float | None]
    chosen: Counter[float]
    n: int
    right: int

    def row(self) -> dict[str, Any]:
        """The step as JSON types."""
        own = {"reader": self.reader, "step": self.step, "auc": as_json(self.auc), "n": self.n, "right": self.right}
        return own | dict(self.spread) | {"regularisations": counted(self.chosen)}


def measured(
    reader: str, step: str, scores: np.ndarray, labels: np.ndarray, entries: Any, chosen: Counter[float], plan: Fitting
) -> Step:
    """The step that these scores (repeats, n) show."""
    interval = auc_interval(scores, labels, entries, plan.draws, plan.level, plan.seed)
    return Step(reader, step, interval, spread(scores, labels), chosen, len(labels), int(labels.sum()))


def assess(
    answers: Answers, probes: Mapping[str, Probe], folds: Folds, fitting: Fitting
) -> tuple[list[Step], dict[str, Interval], dict[str, np.ndarray]]:
    """All steps of all readers, the probe's fresh AUC less each baseline's, and the probe's scores (repeats, n).

    The scores are by split: of eval answers out of folds that split no entry, and of fresh ones.
    """
    train, fresh = answers.train, answers.fresh
    steps, on_eval, on_fresh = [], {}, {}
    kinds = (("cv", folds.plain, folds.coarse), ("grouped cv", folds.grouped, folds.grouped))
    for reader, probe in probes.items():
        for step, outer, inner in kinds:
            own = probe.out_of_fold(outer, inner)
            right, entries = answers.right[train], answers.entries[train]
            on_eval[reader, step] = own.at(train)
            steps.append(measured(reader, step, on_eval[reader, step], right, entries, own.chosen, fitting))
        taught = probe.taught(folds.grouped[0])
        on_fresh[reader] = taught.at(fresh)
        right, entries = answers.right[fresh], answers.entries[fresh]
        steps.append(measured(reader, "fresh", on_fresh[reader], right, entries, taught.chosen, fitting))
    against = {
        reader: auc_difference(
            on_fresh[H_LAST], on_fresh[reader], right, entries, fitting.draws, fitting.level, fitting.seed
        )
        for reader in BASELINES
    }
    return steps, against, {"eval": on_eval[H_LAST, "grouped cv"], "fresh": on_fresh[H_LAST]}


def control(answers: Answers, own: Step, probe: Probe, folds: Folds, fitting: Fitting) -> dict[str, Any]:
    """Plain-CV AUC under labels drawn at random per entry, and what the true labels give beyond that.

    A probe that learns such labels as well has learnt which entry an answer is to: Hewitt and Liang, EMNLP 2019. The
    intervals hold the draws of labels as well as those of clusters: they are of one draw of labels, not of their mean.

    Args:
        own: the probe's plain cross-validation under the true labels, with ``folds``.
    """
    train = answers.train
    entries = answers.entries[train]
    true = auc_draws(
        probe.out_of_fold(folds.plain, folds.coarse).at(train), answers.right[train], entries, fitting.draws,
        fitting.seed,
    )  # fmt: skip
    found, draws = [], []
    for draw in range(fitting.control_draws):
        labels = control_labels(answers, seed_from(fitting.seed, "control", draw))
        places = make_folds(labels, answers.entries, train, fitting, repeats=1)
        scores = Probe(READERS[H_LAST], answers, labels, train, fitting).out_of_fold(places.plain, places.coarse)
        found.append(auc(scores.at(train), labels[train]))
        draws.append(auc_draws(scores.at(train), labels[train], entries, fitting.draws, fitting.seed))
    mean = float(np.mean(found))
    return {
        "draws": fitting.control_draws,
        "auc": as_json(percentile_interval(mean, np.concatenate(draws), fitting.level)),
        "selectivity": as_json(
            percentile_interval(own.auc.estimate - mean, np.concatenate([true - row for row in draws]), fitting.level)
        ),
    }


def control_labels(answers: Answers, seed: int) -> np.ndarray:
    """Labels (n,) bool that an entry's answers share, as many entries of each kind as the base rate of right asks."""
    names = sorted(set(answers.entries[answers.train]))
    share = answers.right[answers.train].mean()
    # As many, not each with that chance: few entries might else all draw the same.
    positive = min(max(round(share * len(names)), 1), len(names) - 1)
    drawn = set(np.random.default_rng(seed).permutation(len(names))[:positive].tolist())
    chosen = {name for i, name in enumerate(names) if i in drawn}
    return np.array([entry in chosen for entry in answers.entries], dtype=bool)
