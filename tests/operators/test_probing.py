from dataclasses import replace

import numpy as np
import pytest
from factories import prompt, response
from probes import FITTING, answers, joined, probe_of, step

from threearc.models.features import Features
from threearc.operators.probing.answers import gather
from threearc.operators.probing.crossvalidation import Folds, Probe, make_folds
from threearc.operators.probing.gate import choose_threshold, decide
from threearc.operators.probing.readers import BASELINES, H_LAST, READERS
from threearc.records.probes import ProbeReport


def fitted(signal=0.0, **fields):
    train, fresh = answers(signal=signal, **fields), answers(signal=signal, seed=1, name="f", use="fresh")
    return probe_of(train, fresh), train, fresh


def out_of_fold(train, reader="h_last"):
    folds = make_folds(train.right, train.entries, train.train, FITTING, 1)
    probe = Probe(READERS[reader], train, train.right, train.train, FITTING)
    return probe.out_of_fold(folds.grouped, folds.grouped).scores[0]


def test_a_planted_signal_is_found_and_transfers():
    probe, _train, _fresh = fitted(signal=1.5)
    for name in ("cv", "grouped cv", "fresh"):
        assert step(probe, "h_last", name)["auc"]["low"] > 0.6
    assert probe["gate"]["fresh"]["gate_asymmetry"]["high"] < 0
    assert {s["reader"] for s in probe["steps"]} == set(READERS)
    assert ProbeReport.of(probe).step("h_last", "fresh").n == 120


def test_without_a_signal_fresh_auc_is_chance():
    probe, _, _ = fitted(signal=0.0)
    fresh = step(probe, "h_last", "fresh")["auc"]
    assert fresh["low"] < 0.5 < fresh["high"]


def test_a_signal_in_the_late_mean_alone_is_found_there_alone():
    train, fresh = answers(late=1.5), answers(late=1.5, seed=1, name="f", use="fresh")
    probe = probe_of(train, fresh)
    for name in ("grouped cv", "fresh"):
        assert step(probe, "h_late", name)["auc"]["low"] > 0.6 > step(probe, "h_last", name)["auc"]["estimate"]


def test_plain_cv_reads_the_entry_and_grouped_cv_does_not():
    """States that only tell entries apart: plain CV has seen the entry's other answer."""
    probe, _, _ = fitted(entry_signal=3.0, per_entry=6, n=240)
    assert step(probe, "h_last", "cv")["auc"]["estimate"] > 0.8
    assert step(probe, "h_last", "grouped cv")["auc"]["high"] < 0.8


def test_a_gate_decides_on_answers_by_folds_that_have_not_seen_their_entry():
    probe, train, _ = fitted(entry_signal=3.0)
    assert [probe["scores"][name] for name in train.response_ids] == out_of_fold(train).tolist()


def test_the_threshold_comes_from_the_scores_it_is_given_and_keeps_right_answers():
    right = np.array([True] * 6 + [False] * 4)
    scores = np.array([0.9, 0.8, 0.7, 0.65, 0.6, 0.2, 0.5, 0.4, 0.3, 0.1])
    assert choose_threshold(scores, right, 0.7) == 0.6
    assert choose_threshold(scores, right, 1.0) == 0.2


def test_too_few_of_a_class_fit_no_probe_and_hedge_nothing():
    train, fresh = answers(n=40), answers(n=40, seed=1, name="f", use="fresh")
    train.right[:] = True
    probe = probe_of(train, fresh)
    assert "Only 0 answers" in probe["not_attributable"] and probe["steps"] == []
    assert all(probe["asserts"].values()) and ProbeReport.of(probe).control is None


@pytest.mark.parametrize("case", ["one entry", "no fresh answers", "fresh all right", "no answers"])
def test_answers_that_can_carry_no_probe_are_not_attributable_and_no_crash(case):
    train, fresh = answers(n=40), answers(n=40, seed=1, name="f", use="fresh")
    if case == "one entry":
        train.right[:] = True
        train.right[:12] = False
        train.entries[:12] = "e0"
    elif case == "no fresh answers":
        fresh = answers(n=0, name="f", use="fresh")
    elif case == "no answers":
        train = answers(n=0)
    else:
        fresh.right[:] = True
    probe = probe_of(train, fresh)
    assert probe["not_attributable"] and probe["steps"] == [] and all(probe["asserts"].values())
    assert ProbeReport.of(probe)


def test_no_answer_has_a_say_in_how_it_is_judged():
    """Its own label turned round, an answer's score and decision stay: in the threshold too it has no part."""
    data = answers(n=100, signal=0.3, per_entry=1)
    grouped = np.arange(100) % 5
    decided = {}
    for i in (None, *range(0, 100, 7)):
        right = data.right.copy()
        if i is not None:
            right[i] = not right[i]
        turned = replace(data, right=right)
        probe = Probe(READERS[H_LAST], turned, right, turned.train, FITTING)
        decided[i] = decide(turned, probe, Folds((grouped,), (grouped,)), 0.7)
    for i in range(0, 100, 7):
        own = grouped == grouped[i]
        assert (decided[i].scores[own] == decided[None].scores[own]).all()
        assert (decided[i].asserts[own] == decided[None].asserts[own]).all()
    others = [(decided[i].asserts != decided[None].asserts).any() for i in range(0, 100, 7)]
    assert any(others), "labels of other folds do decide"


def test_a_gate_without_a_signal_moves_nothing_on_eval():
    """A threshold picked on the answers that it decides on would: by about the margin of asymmetry (0.075)."""
    found = []
    for seed in range(40):
        train = answers(seed=seed, n=100)
        folds = make_folds(train.right, train.entries, train.train, FITTING, 1)
        probe = Probe(READERS["h_last"], train, train.right, train.train, FITTING)
        decided = decide(train, probe, folds, 0.7)
        found.append(decided.asserts[~train.right].mean() - decided.asserts[train.right].mean())
    assert abs(np.mean(found)) < 0.04


def test_an_answer_that_was_cut_is_scored_by_probes_that_have_not_seen_its_entry():
    train, fresh = answers(entry_signal=3.0), answers(seed=1, name="f", use="fresh")
    cut = replace(
        train.only(np.arange(2)), response_ids=np.array(["cut0", "cut1"], dtype=object), use=np.array(["", ""])
    )
    probe = probe_of(train, fresh, cut)
    for i in (0, 1):
        assert probe["scores"][f"cut{i}"] == probe["scores"][f"e{i}"]


def test_answers_to_other_splits_are_decided_on_and_teach_and_show_nothing():
    train, fresh = answers(signal=1.5), answers(signal=1.5, seed=1, name="f", use="fresh")
    other = answers(signal=1.5, seed=2, name="o", use="")
    alone, beside = probe_of(train, fresh), probe_of(train, fresh, other)
    assert [p for p in beside if p not in ("scores", "asserts") and beside[p] != alone[p]] == []
    decided = np.array([beside["asserts"][name] for name in other.response_ids])
    assert decided[other.right].mean() > decided[~other.right].mean() + 0.3


def test_a_probe_is_held_against_its_baselines_on_fresh_prompts():
    probe, _, _ = fitted(signal=1.5)
    assert {row["reader"] for row in probe["against"]} == set(BASELINES)
    assert all(row["difference"]["low"] > 0 for row in probe["against"])


def test_every_prompt_has_its_mean_score_and_its_right_answers():
    train, fresh = answers(per_entry=4), answers(seed=1, name="f", use="fresh")
    probe = probe_of(train, fresh)
    assert len(probe["prompts"]) == 30 + 60
    row = next(row for row in probe["prompts"] if row["prompt_id"] == "e3")
    own = [probe["scores"][name] for name in train.response_ids[12:16]]
    assert (row["split"], row["entry"], row["n"], row["right"]) == ("eval", "e3", 4, int(train.right[12:16].sum()))
    assert row["score"] == pytest.approx(np.mean(own), abs=1e-6)


def test_only_finished_and_judged_answers_of_eval_and_fresh_are_used():
    splits = ("eval", "eval", "eval", "fresh", "fresh", "benchmark")
    prompts = [prompt(text=f"Q{i}?", entry=f"e{i}", split=split) for i, split in enumerate(splits)]
    given = [response(asked) for asked in prompts]
    features = Features(
        response_ids=np.array([r.id for r in given]),
        finished=np.array([True, False, True, True, True, True]),
        positions=np.arange(6),
        h_last=np.arange(12).reshape(6, 2).astype(float),
        h_late=np.zeros((6, 2)),
        head_norms=np.zeros((6, 1, 1)),
        head_means=np.zeros((6, 32)),
        layers=np.array([0]),
        widths=np.array([32]),
    )
    right = {given[i].id: True for i in (0, 1, 3, 5)}
    scores = {given[0].id: {"completeness": 5}}
    found = gather(given, {p.id: p for p in prompts}, right, scores, ["completeness"], features)
    assert found.use.tolist() == ["train", "", "", "fresh", "", ""]
    assert found.response_ids.tolist() == [r.id for r in given]
    assert found.only(found.fresh).h_last.tolist() == [[6.0, 7.0]]
    assert found.axes["completeness"][0] == 5 and np.isnan(found.axes["completeness"][1:]).all()
    assert joined(found, found).axes["completeness"].shape == (12,)
