import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from threearc.statistics.clusters import (
    as_json,
    cluster_sums,
    difference_of_ratios,
    gradient,
    paired_interval,
    percentile_interval,
    ratio,
    resample,
    single_interval,
)


def test_cluster_sums_add_up_rows_by_name():
    sums = cluster_sums(np.array([[1.0, 1], [2, 1], [4, 1]]), ["b", "a", "b"], ["a", "b", "c"])
    assert sums.tolist() == [[2, 1], [5, 2], [0, 0]]


@given(st.integers(2, 30), st.integers(0, 2**32))
def test_weights_draw_as_many_clusters_as_there_are(clusters, seed):
    weights = resample(clusters, 20, seed)
    assert weights.shape == (20, clusters) and (weights.sum(axis=1) == clusters).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(3, 12), st.integers(0, 10**6))
def test_the_bootstrap_computes_the_whole_statistic_on_every_draw(clusters, seed):
    """Against drawing clusters one by one and adding up their rows by hand."""
    rng = np.random.default_rng(seed)
    sums = rng.integers(0, 5, (clusters, 4)).astype(float)
    weights = resample(clusters, 50, seed)
    by_hand = []
    for draw in weights:
        rows = np.repeat(sums, draw.astype(int), axis=0).sum(axis=0)
        defined = rows[1] > 0 and rows[3] > 0
        by_hand.append(rows[0] / rows[1] - rows[2] / rows[3] if defined else np.nan)
    np.testing.assert_allclose(difference_of_ratios(weights @ sums), by_hand, atol=1e-12)


def test_intervals_of_a_mean_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    truth, hits, studies = 0.6, 0, 400
    for study in range(studies):
        values = rng.random((60, 1)) < truth
        interval = single_interval(np.hstack([values, np.ones((60, 1))]).astype(float), ratio, 400, 0.95, study)
        hits += interval.low <= truth <= interval.high
    assert 0.91 <= hits / studies <= 0.98


def test_paired_intervals_use_the_pairing():
    rng = np.random.default_rng(1)
    base = np.hstack([rng.normal(0, 5, (80, 1)), np.ones((80, 1))])
    arm = np.add(base, [0.5, 0])
    paired = paired_interval(arm, base, ratio, 500, 0.95, 0)
    assert paired.estimate == pytest.approx(0.5)
    assert paired.high - paired.low < 1e-9


def test_a_statistic_that_is_mostly_undefined_has_no_interval():
    interval = percentile_interval(0.5, np.array([0.5, np.nan]), 0.95)
    assert as_json(interval) == {"estimate": 0.5, "low": None, "high": None}


def test_equal_arguments_give_equal_draws():
    sums = np.array([[1.0, 2], [2, 2], [0, 1]])
    assert single_interval(sums, ratio, 300, 0.95, 7) == single_interval(sums, ratio, 300, 0.95, 7)


def test_slopes_in_closed_form_are_those_of_small_steps():
    sums = np.random.default_rng(5).uniform(1, 9, (20, 4))
    for statistic in (ratio, difference_of_ratios):
        k = 2 if statistic is ratio else 4
        plain = gradient(lambda at, statistic=statistic: statistic(at), sums[:, :k])
        assert gradient(statistic, sums[:, :k]) == pytest.approx(plain, abs=1e-7)
