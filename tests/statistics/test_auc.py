import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from threearc.statistics.auc import auc, auc_interval


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40))
def test_auc_equals_scikit_learn_ties_included(rows):
    scores, labels = np.array([s for s, _ in rows], dtype=float), np.array([x for _, x in rows])
    if labels.all() or not labels.any():
        assert np.isnan(auc(scores, labels))
    else:
        assert auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_the_interval_draws_whole_clusters():
    """Every row four times: clusters of four say no more than one row each."""
    rng = np.random.default_rng(0)
    labels = rng.random(60) < 0.5
    scores = labels + rng.normal(0, 1.5, 60)
    names = [str(i) for i in range(60)]
    single = auc_interval(scores, labels, names, 2000, 0.95, 0)
    repeated = auc_interval(np.tile(scores, 4), np.tile(labels, 4), names * 4, 2000, 0.95, 0)
    as_if_new = auc_interval(np.tile(scores, 4), np.tile(labels, 4), [str(i) for i in range(240)], 2000, 0.95, 0)
    assert repeated.high - repeated.low == pytest.approx(single.high - single.low, rel=0.05)
    assert as_if_new.high - as_if_new.low < 0.7 * (single.high - single.low)
    assert single.low < single.estimate < single.high


def test_one_class_has_no_auc():
    interval = auc_interval(np.array([0.1, 0.2]), np.array([True, True]), ["a", "b"], 200, 0.95, 0)
    assert np.isnan(interval.estimate) and np.isnan(interval.low)


def test_scores_that_tell_few_answers_apart_without_an_error_prove_little():
    labels = np.repeat([True, False], 4)
    found = auc_interval(labels.astype(float), labels, [str(i) for i in range(8)], 500, 0.95, 0)
    assert (found.estimate, found.high) == (1, 1) and found.low == pytest.approx(0.05 ** (1 / 4))
    turned = auc_interval(-labels.astype(float), labels, [str(i) for i in range(8)], 500, 0.95, 0)
    assert (turned.low, turned.high) == (0, pytest.approx(1 - 0.05 ** (1 / 4)))
