"""What keeps a probe honest: nested choices, repeats, control labels, axes, shift; and that its fits are optima."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from probes import FITTING, answers, joined, probe_of, step

from threearc.operators.probing.axes import assess_axes
from threearc.operators.probing.crossvalidation import Probe, make_folds
from threearc.operators.probing.landscape import base_rates, distribution_shift, picture
from threearc.operators.probing.readers import FEW_COLUMNS, READERS, optimum, turned
from threearc.operators.probing.steps import control_labels, measured
from threearc.statistics.auc import auc, auc_interval

NESTED = replace(FITTING, regularisations=(0.001, 0.1, 10.0), repeats=3)


def probe(data, reader="h_last", labels=None, fitting=NESTED):
    labels = data.right if labels is None else labels
    folds = make_folds(labels, data.entries, data.train, fitting, fitting.repeats)
    return Probe(READERS[reader], data, labels, data.train, fitting), folds


@pytest.mark.parametrize(("n", "columns"), [(120, 30), (60, 200), (40, FEW_COLUMNS + 50), (FEW_COLUMNS + 40, 600)])
def test_fits_are_optima_whatever_the_shape(n, columns):
    """Turned into few columns or not, by either solver: what lbfgs finds when it is let run."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, columns))
    labels = x[:, 0] + rng.normal(size=n) > 0.3
    signs, c = 2.0 * labels - 1, 0.1

    def loss(at):
        margins = signs * (x @ at[:-1] + at[-1])
        slope = -signs / (1 + np.exp(margins))
        gradient = np.append(x.T @ slope * c + at[:-1], slope.sum() * c)
        return c * np.logaddexp(0, -margins).sum() + at[:-1] @ at[:-1] / 2, gradient

    expected = minimize(
        loss, np.zeros(columns + 1), jac=True, method="L-BFGS-B", options={"gtol": 1e-10, "ftol": 0, "maxiter": 5000}
    ).x
    few = turned(x, np.ones(n, dtype=bool))
    weights, intercept = optimum(few, labels, c)
    assert few @ weights + intercept == pytest.approx(x @ expected[:-1] + expected[-1], abs=1e-6)
    assert few.shape[1] == (n if n < columns and n <= FEW_COLUMNS else columns)


def test_fits_are_scikit_learns_own():
    """Words weighted by training rows alone, and the regression after them, as a plain pipeline of theirs does it."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    data = joined(answers(), answers(n=40, seed=1, name="f", use="fresh"))
    part = data.train.copy()
    part[::3] = False
    theirs = make_pipeline(TfidfVectorizer(), LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000))
    theirs.fit(data.prompts[part], data.right[part])
    own, _ = probe(data, "prompt words")
    assert own.scores(part, 1.0) == pytest.approx(theirs.predict_proba(data.prompts)[:, 1], abs=1e-5)


def test_c_is_chosen_inside_the_training_part_and_without_the_rows_held_out():
    """Flipping the labels of the held-out fold changes neither its scores nor the C that they come from."""
    data = answers(signal=0.8, n=200)
    first, folds = probe(data)
    grouped = folds.grouped[0]
    part = grouped != 0
    c = first.choose(part, grouped)
    flipped = data.right ^ ~part
    second = Probe(READERS["h_last"], data, flipped, data.train, NESTED)
    assert second.choose(part, grouped) == c and (second.scores(part, c) == first.scores(part, c)).all()
    options = []
    for option in NESTED.regularisations:
        scores = np.empty(200)
        for place in (1, 2, 3, 4):
            scores[grouped == place] = first.scores(part & (grouped != place), option)[grouped == place]
        options.append(auc(scores[part], data.right[part]))
    assert c == NESTED.regularisations[int(np.argmax(options))] and len(set(options)) == 3


def test_inner_folds_split_no_entry_even_in_plain_cross_validation():
    """By plain inner folds, states that only tell entries apart would ask for as little regularisation as there is."""
    data = answers(entry_signal=3.0, per_entry=6, n=240)
    own, folds = probe(data)
    for part in (folds.plain[0] != place for place in range(5)):
        assert set(folds.coarse[0][part]) == {0, 1, 2}
        for place in np.unique(folds.coarse[0][part]):
            inside, outside = part & (folds.coarse[0] == place), part & (folds.coarse[0] != place)
            assert not set(data.entries[inside]) & set(data.entries[outside])
    assert own.out_of_fold(folds.plain, folds.coarse).chosen.total() == 15


def test_one_value_of_c_is_no_choice_and_several_are_reported():
    train, fresh = answers(signal=1.0), answers(signal=1.0, seed=1, name="f", use="fresh")
    assert step(probe_of(train, fresh), "h_last", "cv")["regularisations"] == {"0.1": 5}
    many = step(probe_of(train, fresh, fitting=replace(NESTED, repeats=2)), "h_last", "cv")["regularisations"]
    assert sum(many.values()) == 10 and set(many) <= {"0.001", "0.1", "10"}


def test_repeats_are_averaged_and_their_extremes_told():
    data = answers(signal=0.5)
    own, folds = probe(data)
    scores = own.out_of_fold(folds.grouped, folds.grouped).scores
    each = [auc(row, data.right) for row in scores]
    found = measured("h_last", "grouped cv", scores, data.right, data.entries, Counter(), NESTED).row()
    assert found["auc"]["estimate"] == pytest.approx(np.mean(each), abs=1e-6)
    assert [found["lowest"], found["highest"]] == pytest.approx([min(each), max(each)], abs=1e-6)
    assert min(each) < max(each)


def test_every_draw_computes_all_repeats_again():
    rng = np.random.default_rng(0)
    labels, clusters = rng.random(60) < 0.5, [str(i // 2) for i in range(60)]
    scores = rng.normal(size=(3, 60)) + labels
    one = [auc_interval(row, labels, clusters, 300, 0.95, 0) for row in scores]
    same = auc_interval(np.stack([scores[0]] * 3), labels, clusters, 300, 0.95, 0)
    assert (same.low, same.high) == pytest.approx((one[0].low, one[0].high))
    mean = auc_interval(scores, labels, clusters, 300, 0.95, 0)
    # Noise of three independent scorings averages out; that of the entries does not.
    assert mean.high - mean.low < np.mean([i.high - i.low for i in one])
    assert mean.estimate == pytest.approx(np.mean([i.estimate for i in one]))


def test_control_labels_belong_to_entries_at_the_base_rate():
    data = joined(answers(n=300, per_entry=3, share=0.3), answers(name="f", use="fresh"))
    labels = control_labels(data, 1)
    by_entry = {entry: set(labels[data.entries == entry]) for entry in set(data.entries)}
    assert all(len(found) == 1 for found in by_entry.values())
    assert labels[data.train].mean() == pytest.approx(data.right[data.train].mean(), abs=0.02)
    assert (labels != control_labels(data, 2)).any()


@pytest.mark.parametrize(
    ("planted", "selective"), [({"entry_signal": 3.0, "per_entry": 6}, False), ({"signal": 1.5}, True)]
)
def test_selectivity_tells_a_probe_of_entries_from_one_of_correctness(planted, selective):
    train, fresh = answers(n=240, **planted), answers(seed=1, name="f", use="fresh")
    found = probe_of(train, fresh, fitting=replace(FITTING, control_draws=3))["control"]
    plain = step(probe_of(train, fresh), "h_last", "cv")["auc"]["estimate"]
    assert found["selectivity"]["estimate"] == pytest.approx(plain - found["auc"]["estimate"], abs=2e-6)
    assert (found["selectivity"]["low"] > 0) == selective
    assert (found["auc"]["low"] > 0.6) == (not selective)


def test_axes_are_probed_apart_and_those_that_say_nothing_are_told():
    axes = (("a", 1), ("copy", 1), ("noise", None))
    train, fresh = answers(n=200, axes=axes), answers(seed=1, name="f", use="fresh", axes=axes)
    data = joined(train, fresh)
    data.axes["saturated"] = np.full(320, 5.0)
    data.axes["rare"] = np.where(np.arange(320) % 15 == 0, 5.0, 1.0)
    data.axes["not asked"] = np.full(320, np.nan)
    rows, pairs = assess_axes(data, FITTING, least_class=20)
    found = {row["axis"]: row for row in rows}
    assert found["a"]["cv"]["auc"]["low"] > 0.65 and found["a"]["transfer"]["auc"]["low"] > 0.6
    assert found["noise"]["cv"]["auc"]["low"] < 0.5 < found["noise"]["transfer"]["auc"]["high"]
    assert "saturated" in found["saturated"]["not_attributable"]
    assert "rarer class" in found["rare"]["not_attributable"]
    assert "No eval answer" in found["not asked"]["not_attributable"]
    r = {tuple(pair["axes"]): pair["r"] for pair in pairs}
    assert set(r) == {("a", "copy"), ("a", "noise"), ("copy", "noise")}
    assert r["a", "copy"]["low"] > 0.8 and abs(r["a", "noise"]["estimate"]) < 0.5


def test_an_answer_without_a_score_has_no_say_on_an_axis():
    data = joined(answers(n=200, axes=(("a", 1),)), answers(seed=1, name="f", use="fresh", axes=(("a", 1),)))
    data.axes["a"][::4] = np.nan
    (row,), _ = assess_axes(data, FITTING, least_class=10)
    assert (row["n"], row["fresh_n"]) == (150, 90) and row["cv"]["n"] == 150 and row["transfer"]["n"] == 90


def test_a_shift_between_eval_and_fresh_is_seen_and_none_is_not():
    train, fresh = answers(), answers(seed=1, name="f", use="fresh")
    assert distribution_shift(joined(train, fresh), FITTING)["auc"]["low"] < 0.5
    fresh.h_last[:, 3] += 3
    found = distribution_shift(joined(train, fresh), FITTING)
    assert found["auc"]["low"] > 0.8 and (found["n"], found["fresh"]) == (240, 120)
    assert distribution_shift(train, FITTING) is None


def test_base_rates_say_by_how_much_fresh_answers_are_worse():
    data = joined(answers(n=400, share=0.6), answers(n=400, share=0.1, seed=1, name="f", use="fresh"))
    found = base_rates(data, FITTING)
    assert found["difference"]["high"] < -0.3
    assert found["fresh"]["estimate"] == pytest.approx(data.right[400:].mean(), abs=1e-6)
    assert found["fresh_entries_right"] == len(set(data.entries[data.fresh & data.right]))


def test_the_picture_has_one_orientation_and_is_fitted_on_eval_alone():
    train, fresh = answers(entry_signal=2.0), answers(seed=1, name="f", use="fresh")
    found = picture(joined(train, fresh))
    assert len(found["points"]) == 240 and found["explained"][0] >= found["explained"][1] > 0
    fresh.h_last[:] *= 50
    again = picture(joined(train, fresh))
    assert again["explained"] == found["explained"] and again["points"][:120] == found["points"][:120]
    train.h_last[:] *= -1
    turned = picture(train)["points"]
    assert [p["x"] for p in turned] == pytest.approx([-p["x"] for p in found["points"][:120]], abs=1e-3)
