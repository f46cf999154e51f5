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
    signs,
    single_interval,
    swap_test,
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


def test_under_the_null_small_p_values_are_as_rare_as_they_say():
    rng = np.random.default_rng(2)
    p = []
    for study in range(300):
        base, arm = (np.hstack([rng.random((40, 1)) < 0.5, np.ones((40, 1))]).astype(float) for _ in range(2))
        p.append(swap_test(arm, base, ratio, 400, study))
    assert np.mean(np.array(p) <= 0.05) <= 0.09
    assert min(p) > 0 and max(p) <= 1


def test_a_real_difference_gets_the_smallest_p():
    base, arm = np.tile([0.0, 1], (40, 1)), np.tile([1.0, 1], (40, 1))
    assert swap_test(arm, base, ratio, 999, 0) == pytest.approx(1 / 1000)


def test_a_statistic_that_is_mostly_undefined_has_no_interval():
    interval = percentile_interval(0.5, np.array([0.5, np.nan]), 0.95)
    assert as_json(interval) == {"estimate": 0.5, "low": None, "high": None}


def test_equal_arguments_give_equal_draws():
    sums = np.array([[1.0, 2], [2, 2], [0, 1]])
    assert single_interval(sums, ratio, 300, 0.95, 7) == single_interval(sums, ratio, 300, 0.95, 7)


def test_hedging_more_everywhere_is_no_change_of_asymmetry():
    """The weak null: the arms differ, but not in what the statistic measures. Small p must be rare there too."""

    def study(rng):
        wrong = rng.random(48) < 0.25
        arms = []
        for rate in (0.65, 0.92):
            asserted = rng.binomial(2, rate, 48)
            columns = [asserted * wrong, 2 * wrong, asserted * ~wrong, 2 * ~wrong]
            arms.append(np.stack(columns, axis=1).astype(float))
        return swap_test(*arms, difference_of_ratios, 400, 7)

    rng = np.random.default_rng(3)
    p_values = np.array([study(rng) for _ in range(400)])
    assert 0.02 <= np.mean(p_values <= 0.05) <= 0.08


def test_hedging_some_right_answers_too_does_not_hide_that_all_wrong_ones_are_hedged():
    """A test of the plain difference gives p = .05 here: the hedged right answers widen its null."""
    wrong = np.arange(48) < 12
    base, arm = np.zeros((48, 4)), np.zeros((48, 4))
    for side, when_wrong, when_right in ((base, 2, 2), (arm, 0, 1)):
        side[wrong, :2] = when_wrong, 2
        side[~wrong, 2:] = when_right, 2
    arm[12:18, 2] = 2
    assert swap_test(arm, base, difference_of_ratios, 5000, 0) < 0.001


def studentised(arm, base, statistic):
    """The plain way: each arm's clusters' linear shares by its own slopes, their squares added up."""
    value = statistic(arm.sum(0)) - statistic(base.sum(0))
    shares = arm @ gradient(statistic, arm.sum(0)) - base @ gradient(statistic, base.sum(0))
    return abs(value) / np.sqrt((shares**2).sum())


@pytest.mark.parametrize("statistic", [ratio, difference_of_ratios, lambda sums: ratio(sums[..., :2])])
def test_swaps_are_counted_as_if_every_draw_were_computed_by_itself(statistic):
    rng = np.random.default_rng(4)
    for clusters, draws in ((30, 200), (7, 200)):
        totals = rng.integers(1, 4, (2, clusters, 2))
        arm, base = (np.stack([rng.binomial(n, 0.6), n], axis=2).reshape(clusters, 4).astype(float) for n in totals)
        chosen = signs(clusters, draws, 0).T
        if clusters == 7:
            chosen = 1 - 2.0 * np.array(list(np.ndindex(*[2] * 7)))
        null = []
        for row in chosen:
            swapped = np.where(row[:, None] < 0, [base, arm], [arm, base])
            null.append(studentised(*swapped, statistic))
        reached = np.array(null) >= studentised(arm, base, statistic) - 1e-6
        by_hand = reached.mean() if clusters == 7 else (1 + reached.sum()) / (1 + draws)
        assert swap_test(arm, base, statistic, draws, 0) == pytest.approx(by_hand, abs=1e-12)


def test_slopes_in_closed_form_are_those_of_small_steps():
    sums = np.random.default_rng(5).uniform(1, 9, (20, 4))
    for statistic in (ratio, difference_of_ratios):
        k = 2 if statistic is ratio else 4
        plain = gradient(lambda at, statistic=statistic: statistic(at), sums[:, :k])
        assert gradient(statistic, sums[:, :k]) == pytest.approx(plain, abs=1e-7)


def test_arms_that_are_alike_have_no_small_p():
    arm = np.array([[1.0, 2], [0, 2], [2, 2]])
    assert swap_test(arm, arm, ratio, 100, 0) == 1
