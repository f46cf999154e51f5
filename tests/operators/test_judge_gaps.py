"""The judge–probe gap: the same answers and labels for both, and nobody held against labels of their own."""

import numpy as np
import pytest
from probes import FITTING, answers, joined
from sklearn.metrics import roc_auc_score

from threearc.operators.probing.judges import Reading, judge_gaps, readings
from threearc.operators.probing.report import fit_probe
from threearc.records.judgements import CoverageVerdict, DeliveryVerdict, Judgement, OracleVerdict, ResponseSubject
from threearc.records.probes import ProbeReport

EVAL, FRESH = answers(n=120, signal=0.6), answers(n=120, signal=0.6, seed=1, use="fresh", name="f")
BOTH = joined(EVAL, FRESH)


def reading(knows, labels=False, seed=5):
    """A judge who finds that right answers stand by themselves so much more often than wrong ones."""
    rng = np.random.default_rng(seed)
    said = rng.random(len(BOTH.right)) < 0.5 + knows * (BOTH.right - 0.5)
    return Reading("judge", dict(zip(BOTH.response_ids, said.tolist(), strict=True)), labels)


def gaps(*every, scores=None, least=10):
    return judge_gaps(every, BOTH, by_split(BOTH, BOTH.h_last[:, 0] if scores is None else scores), FITTING, least)


def by_split(made, scores):
    return {"eval": scores[None, made.train], "fresh": scores[None, made.fresh]}


def test_a_gap_is_the_judges_auc_less_the_probes_on_the_same_answers():
    judge = reading(0.9)
    for row, use in zip(gaps(judge), (BOTH.train, BOTH.fresh), strict=True):
        right = BOTH.right[use]
        said = [float(judge.asserts[name]) for name in BOTH.response_ids[use]]
        own, probe = roc_auc_score(right, said), roc_auc_score(right, BOTH.h_last[use, 0])
        assert row["judge_auc"]["estimate"] == pytest.approx(own, abs=1e-6)
        assert row["probe_auc"]["estimate"] == pytest.approx(probe, abs=1e-6)
        assert row["gap"]["estimate"] == pytest.approx(own - probe, abs=2e-6)
        assert row["gap"]["low"] < row["gap"]["estimate"] < row["gap"]["high"] and 0 <= row["p"] <= 1


def test_who_knows_more_has_a_gap_and_who_guesses_has_one_below_zero():
    ahead, behind = (gaps(reading(knows), scores=scores)[1] for knows, scores in ((0.9, np.zeros(240)), (0.0, None)))
    assert ahead["gap"]["low"] > 0.2 and ahead["p"] < 0.001
    assert behind["gap"]["high"] < 0 and behind["p"] < 0.001


def test_only_answers_that_the_judge_read_count():
    whole = reading(0.9)
    some = whole._replace(asserts=dict(list(whole.asserts.items())[:200]))
    assert [row["n"] for row in gaps(some)] == [120, 80]


def test_a_judge_that_made_the_labels_is_not_held_against_them_nor_one_with_too_few_answers():
    for row in gaps(reading(0.9, labels=True)):
        assert row["gap"] is None and "made the labels" in row["not_assessable"]
    (*_, row) = gaps(reading(0.9), least=1000)
    assert row["gap"] is None and "1000 are needed" in row["not_assessable"]


def test_labels_of_a_few_entries_tell_nothing():
    """DeLong's p rejects twice as often as it says with five entries of a class."""
    few = FRESH.right & np.isin(FRESH.entries, sorted(set(FRESH.entries[FRESH.right]))[:9])
    rows = np.concatenate([np.ones(120, dtype=bool), few | ~FRESH.right])
    made = BOTH.only(rows)
    eval_, fresh = judge_gaps([reading(0.9)], made, by_split(made, made.h_last[:, 0]), FITTING, 10)
    assert eval_["gap"] is not None and "9 entries; 10 are needed" in fresh["not_assessable"]


def judged(id, verdict, judge):
    subject = ResponseSubject(response_id=id)
    return Judgement(subject=subject, question=verdict.question, judge=judge, judge_hash="1", verdict=verdict)


def test_checklists_are_somebodys_labels_and_what_a_program_did_is_nobodys():
    said = [judged(id, DeliveryVerdict(delivery=way), "a") for id, way in (("1", "assert"), ("2", "hedge"))]
    oracle = judged("1", OracleVerdict(outcome="passed"), "a")
    assert readings([*said, oracle]) == [Reading("a", {"1": True, "2": False}, labels=False)]
    covered = judged("1", CoverageVerdict(claims={"c": True}), "a")
    other = judged("1", DeliveryVerdict(delivery="hedge"), "b")
    assert [(own.judge, own.labels) for own in readings([*said, covered, other])] == [("a", True), ("b", False)]


def test_the_report_holds_the_gaps_and_has_none_where_no_probe_was_fitted():
    found = ProbeReport.of(fit_probe(BOTH, FITTING, 0.7, 10, [reading(0.9)]))
    assert [(row.judge, row.split) for row in found.judge_gaps] == [("judge", "eval"), ("judge", "fresh")]
    assert ProbeReport.of(fit_probe(BOTH, FITTING, 0.7, 1000, [reading(0.9)])).judge_gaps == ()
