import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from threearc.statistics.clusters import (
    as_json,
    cluster_sums,
    difference_of_rates,
    gradient,
    paired_interval,
    percentile_interval,
    rate,
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
    np.testing.assert_allclose(difference_of_rates(weights @ sums), by_hand, atol=1e-12)


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


@pytest.mark.parametrize("right", [60, 57, 30, 0])
def test_answers_that_are_all_alike_are_worth_one_per_prompt(right):
    """Greedy decoding gives every seed the same answer: no interval leaves [0, 1], and more seeds do not narrow it."""
    once = np.stack([np.arange(60) < right, np.ones(60)], axis=1).astype(float)
    turned = once.copy()
    turned[:12, 0] = 1 - turned[:12, 0]
    alone, paired = (
        [(found.low, found.high) for found in every]
        for every in (
            [single_interval(seeds * once, rate, 400, 0.95, 0) for seeds in (1, 4)],
            [paired_interval(seeds * turned, seeds * once, rate, 400, 0.95, 0) for seeds in (1, 4)],
        )
    )
    assert alone[1] == pytest.approx(alone[0]) and 0 <= alone[1][0] < alone[1][1] <= 1
    assert paired[1] == pytest.approx(paired[0]) and paired[1][0] < paired[1][1]


def test_a_statistic_that_is_mostly_undefined_has_no_interval():
    interval = percentile_interval(0.5, np.array([0.5, np.nan]), 0.95)
    assert as_json(interval) == {"estimate": 0.5, "low": None, "high": None}


def test_equal_arguments_give_equal_draws():
    sums = np.array([[1.0, 2], [2, 2], [0, 1]])
    assert single_interval(sums, ratio, 300, 0.95, 7) == single_interval(sums, ratio, 300, 0.95, 7)


def test_slopes_in_closed_form_are_those_of_small_steps():
    sums = np.random.default_rng(5).uniform(1, 9, (20, 4))
    for statistic in (ratio, difference_of_rates):
        k = 2 if statistic is ratio else 4
        plain = gradient(lambda at, statistic=statistic: statistic(at), sums[:, :k])
        assert gradient(statistic, sums[:, :k]) == pytest.approx(plain, abs=1e-7)
