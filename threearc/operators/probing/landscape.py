"""How eval and fresh answers lie to each other: do their states differ at all, and where is right and wrong?"""

from typing import Any

import numpy as np

from threearc.operators.probing.answers import Answers, rarest
from threearc.operators.probing.crossvalidation import Fitting, Probe, make_folds
from threearc.operators.probing.readers import H_LAST, READERS
from threearc.operators.probing.steps import measured
from threearc.statistics.clusters import as_json, cluster_sums, difference_of_rates, rate, single_interval


def distribution_shift(answers: Answers, fitting: Fitting) -> dict[str, Any] | None:
    """A classifier two-sample test: grouped-CV AUC of telling fresh answers from eval ones by ``h_last`` (row 8).

    Near 0.5 both are drawn alike, near 1 a probe's failure on fresh prompts may be no more than a change of prompts.
    None where either has too few entries.
    """
    both = answers.train | answers.fresh
    if rarest(answers.fresh[both], answers.entries[both])[1] < 2 * fitting.folds:
        return None
    folds = make_folds(answers.fresh, answers.entries, both, fitting, fitting.repeats)
    own = Probe(READERS[H_LAST], answers, answers.fresh, both, fitting).out_of_fold(folds.grouped, folds.grouped)
    step = measured(H_LAST, "grouped cv", own.at(both), answers.fresh[both], answers.entries[both], own.chosen, fitting)
    row = step.row()
    return {"fresh": row.pop("right"), **row}


def base_rates(answers: Answers, fitting: Fitting) -> dict[str, Any]:
    """Share right on eval and on fresh, the difference between them, and the entries that right answers come from."""
    train, right = answers.train.astype(float), answers.right.astype(float)
    fresh = answers.fresh.astype(float)
    rates = {
        "eval": ([train * right, train], rate),
        "fresh": ([fresh * right, fresh], rate),
        "difference": ([fresh * right, fresh, train * right, train], difference_of_rates),
    }
    used = answers.train | answers.fresh
    entries = answers.entries[used]
    found: dict[str, Any] = dict.fromkeys(rates)
    if len(entries):
        for name, (columns, statistic) in rates.items():
            sums = cluster_sums(np.stack(columns, axis=1)[used], entries, sorted(set(entries)))
            found[name] = as_json(single_interval(sums, statistic, fitting.draws, fitting.level, fitting.seed))
    for side, labels in (("right", answers.right), ("wrong", ~answers.right)):
        found[f"fresh_entries_{side}"] = len(set(answers.entries[answers.fresh & labels]))
    return found


def picture(answers: Answers) -> dict[str, Any] | None:
    """The two main directions of eval answers' ``h_last``, and where eval and fresh answers lie along them."""
    from sklearn.decomposition import PCA

    train = answers.train
    if train.sum() < 3 or answers.h_last.shape[1] < 2:
        return None
    pca = PCA(n_components=2, svd_solver="full").fit(answers.h_last[train])
    # A direction has no sign of its own: its largest entry shall be positive.
    signs = np.sign(pca.components_[np.arange(2), np.abs(pca.components_).argmax(axis=1)])
    places = pca.transform(answers.h_last) * signs
    return {
        "explained": [round(float(share), 6) for share in pca.explained_variance_ratio_],
        "points": [
            {
                "split": "eval" if answers.train[i] else "fresh",
                "right": bool(answers.right[i]),
                "x": round(float(places[i, 0]), 4),
                "y": round(float(places[i, 1]), 4),
            }
            for i in np.flatnonzero(answers.train | answers.fresh)
        ],
    }
