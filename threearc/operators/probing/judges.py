"""The judge–probe gap: what a judge who reads an answer knows of its correctness, less what the probe knows.

A judge's confidence in an answer is what it says of the delivery: 1 where the answer stands by itself, 0 where it
hedges. A judge that made the labels cannot be held against them; a program that ran the answer's code made them as
nobody's opinion.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from threearc.judging.correctness import deliveries
from threearc.operators.probing.answers import Answers, too_few
from threearc.operators.probing.crossvalidation import Fitting
from threearc.records.judgements import Judgement
from threearc.statistics.auc import auc_difference, auc_interval, delong_difference
from threearc.statistics.clusters import as_json

#: The question whose answers are labels, where a judge answers it.
LABELLING = "coverage"


class Reading(NamedTuple):
    """One judge's reading of answers.

    Attributes:
        asserts: by response id.
        labels: True if the judge made labels of correctness.
    """

    judge: str
    asserts: Mapping[str, bool]
    labels: bool


def readings(judgements: Iterable[Judgement]) -> list[Reading]:
    """What every judge read of whole responses, by the judge's name."""
    by_judge: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        by_judge.setdefault(judgement.judge, []).append(judgement)
    found = (
        Reading(judge, deliveries(own), any(one.question == LABELLING for one in own))
        for judge, own in sorted(by_judge.items())
    )
    return [reading for reading in found if reading.asserts]


def judge_gaps(
    every: Sequence[Reading], answers: Answers, scores: Mapping[str, np.ndarray], fitting: Fitting, least_class: int
) -> list[dict[str, Any]]:
    """Every judge held against the probe, on the answers that both know.

    Args:
        scores: the probe's (repeats, n) by split, of eval answers by entry and out of fold, of fresh ones.
    """
    parts = {"eval": answers.train, "fresh": answers.fresh}
    return [
        {"judge": reading.judge, "split": split, **_gap(reading, answers.only(parts[split]), own, fitting, least_class)}
        for reading in every
        for split, own in scores.items()
    ]


def _gap(reading: Reading, answers: Answers, scores: np.ndarray, fitting: Fitting, least_class: int) -> dict[str, Any]:
    rows = np.array([name in reading.asserts for name in answers.response_ids], dtype=bool)
    right, entries = answers.right[rows], answers.entries[rows].tolist()
    found: dict[str, Any] = {"n": len(right), "right": int(right.sum()), "judge_auc": None, "probe_auc": None}
    found |= {"gap": None, "p": None}
    if reading.labels:
        return found | {"not_assessable": "The judge made the labels that it would be held against."}
    why = too_few(right, answers.entries[rows], fitting.folds, least_class)
    if why is not None:
        return found | {"not_assessable": why}
    said = np.array([reading.asserts[name] for name in answers.response_ids[rows]], dtype=float)
    own, plan = scores[:, rows], (fitting.draws, fitting.level, fitting.seed)
    _, p = delong_difference(said, own, right, entries, fitting.level)
    return found | {
        "not_assessable": None,
        "judge_auc": as_json(auc_interval(said, right, entries, *plan)),
        "probe_auc": as_json(auc_interval(own, right, entries, *plan)),
        "gap": as_json(auc_difference(said, own, right, entries, *plan)),
        "p": None if np.isnan(p) else round(p, 6),
    }
