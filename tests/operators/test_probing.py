import numpy as np
import pytest
from factories import prompt, response

from threearc.models.features import Features
from threearc.operators.probing import (
    READERS,
    Fitting,
    Labelled,
    choose_threshold,
    fit_probe,
    folds,
    labelled,
    out_of_fold,
)

FITTING = Fitting(regularisation=0.1, folds=5, seed=0, draws=300, level=0.95)


def data(n=120, signal=0.0, per_entry=2, seed=0, entry_signal=0.0, name="e"):
    """Responses in entries of ``per_entry``; states may carry the label (signal) or the entry (entry_signal)."""
    rng = np.random.default_rng(seed)
    entries = np.repeat(np.arange(n // per_entry), per_entry)
    right = (rng.random(n // per_entry) < 0.5)[entries]
    states = rng.normal(size=(n, 40))
    states[:, 0] += signal * (2 * right - 1)
    states += entry_signal * rng.normal(size=(n // per_entry, 40))[entries]
    return Labelled(
        response_ids=[f"{name}{i}" for i in range(n)],
        entries=[f"{name}{entry}" for entry in entries],
        prompts=[f"prompt about {name}{entry}" for entry in entries],
        categories=[str(entry % 3) for entry in entries],
        states=states,
        lengths=rng.integers(5, 50, n),
        right=right,
    )


def probe_of(train, fresh, *more):
    """probe.json of a study with these eval and fresh answers, and others that only the gate decides on."""
    parts = (train, fresh, *more)
    every = {name: [row for part in parts for row in getattr(part, name)] for name in Labelled.__dataclass_fields__}
    every |= {name: np.array(every[name]) for name in ("states", "lengths", "right")}
    return fit_probe({"train": train, "fresh": fresh, "all": Labelled(**every)}, FITTING, 0.7, 10)


def fitted(signal=0.0, **fields):
    train, fresh = data(signal=signal, **fields), data(signal=signal, seed=1, name="f")
    return probe_of(train, fresh), train, fresh


def step(probe, reader, name):
    return next(s for s in probe["steps"] if (s["reader"], s["step"]) == (reader, name))["auc"]


def test_a_planted_signal_is_found_and_transfers():
    probe, _train, _fresh = fitted(signal=1.5)
    for name in ("cv", "grouped cv", "fresh"):
        assert step(probe, "h_last", name)["low"] > 0.6
    assert probe["gate"]["fresh"]["gate_asymmetry"]["high"] < 0
    assert {s["reader"] for s in probe["steps"]} == set(READERS)


def test_without_a_signal_fresh_auc_is_chance():
    probe, _, _ = fitted(signal=0.0)
    assert step(probe, "h_last", "fresh")["low"] < 0.5 < step(probe, "h_last", "fresh")["high"]


def test_plain_cv_reads_the_entry_and_grouped_cv_does_not():
    """States that only tell entries apart: plain CV has seen the entry's other answer."""
    probe, _, _ = fitted(entry_signal=3.0, per_entry=6, n=240)
    assert step(probe, "h_last", "cv")["estimate"] > 0.8
    assert step(probe, "h_last", "grouped cv")["high"] < 0.75


def test_a_gate_decides_on_answers_by_folds_that_have_not_seen_their_entry():
    probe, train, _ = fitted(entry_signal=3.0)
    own = out_of_fold("h_last", train.states, train.right, train.entries, FITTING)
    assert len(set(folds(train.right, train.entries, FITTING))) == 5
    assert [probe["scores"][name] for name in train.response_ids] == pytest.approx(own.tolist(), abs=1e-6)


def test_the_threshold_comes_from_the_scores_it_is_given_and_keeps_right_answers():
    right = np.array([True] * 6 + [False] * 4)
    scores = np.array([0.9, 0.8, 0.7, 0.65, 0.6, 0.2, 0.5, 0.4, 0.3, 0.1])
    assert choose_threshold(scores, right, 0.7) == 0.6
    assert choose_threshold(scores, right, 1.0) == 0.2


def test_too_few_of_a_class_fit_no_probe_and_hedge_nothing():
    train, fresh = data(n=40), data(n=40, seed=1, name="f")
    train.right[:] = True
    probe = fit_probe({"train": train, "fresh": fresh, "all": train}, FITTING, 0.7, 10)
    assert "Only 0 eval answers" in probe["not_attributable"] and probe["steps"] == []
    assert all(probe["asserts"].values())


@pytest.mark.parametrize("case", ["one entry", "no fresh answers", "fresh all right"])
def test_answers_that_can_carry_no_probe_are_not_attributable_and_no_crash(case):
    train, fresh = data(n=40), data(n=40, seed=1, name="f")
    if case == "one entry":
        train.right[:] = True
        train.right[:12] = False
        train.entries[:12] = ["e0"] * 12
    elif case == "no fresh answers":
        fresh = data(n=0, name="f")
    else:
        fresh.right[:] = True
    probe = probe_of(train, fresh)
    assert probe["not_attributable"] and probe["steps"] == [] and all(probe["asserts"].values())


def test_a_gate_without_a_signal_moves_nothing_on_eval():
    """A threshold picked on the answers that it decides on would: by about the margin of asymmetry (0.075)."""
    found = []
    for seed in range(40):
        train, fresh = data(seed=seed, n=100), data(seed=1000 + seed, name="f", n=100)
        probe = probe_of(train, fresh)
        found.append(probe["gate"]["eval"]["gate_asymmetry"]["estimate"])
    assert abs(np.mean(found)) < 0.04


def test_an_answer_that_was_cut_is_scored_by_probes_that_have_not_seen_its_entry():
    train, fresh = data(entry_signal=3.0), data(seed=1, name="f")
    cut = {name: getattr(train, name)[:2] for name in Labelled.__dataclass_fields__} | {
        "response_ids": ["cut0", "cut1"]
    }
    probe = probe_of(train, fresh, Labelled(**cut))
    for i in (0, 1):
        assert probe["scores"][f"cut{i}"] == pytest.approx(probe["scores"][f"e{i}"], abs=1e-6)


def test_a_probe_is_held_against_its_baselines_on_fresh_prompts():
    probe, _, _ = fitted(signal=1.5)
    assert {row["reader"] for row in probe["against"]} == set(READERS) - {"h_last"}
    assert all(row["difference"]["low"] > 0 for row in probe["against"])


def test_only_finished_and_judged_answers_teach_a_probe_and_none_to_a_benchmark():
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
    parts = labelled(given, {p.id: p for p in prompts}, right, features)
    assert parts["train"].response_ids == [given[0].id] and parts["fresh"].response_ids == [given[3].id]
    assert parts["all"].response_ids == [r.id for r in given]
    assert parts["fresh"].states.tolist() == [[6.0, 7.0]]
