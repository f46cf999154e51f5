"""Doses, training seeds, cells and judges that err: levels and coverage on planted truths, in small."""

import known_clusters as known
import numpy as np
import pytest
from scipy.special import ndtri

from threearc.statistics.clusters import difference_of_ratios, ratio
from threearc.statistics.families import tost_p
from threearc.statistics.misclassification import confusion, corrected_interval, corrected_rate
from threearc.statistics.pooling import pooled
from threearc.statistics.seeds import recipe_effect
from threearc.statistics.swaps import reversal_test, swap_test
from threearc.statistics.trend import dose_trend, slope_weights

DOSES = (0.0, 0.5, 1.0, 2.0)


def dosed(rng, slope, n=60):
    clusters = known.Clusters(rng, n, 2)
    return [known.mean_sums(clusters.events(0.4 + slope * dose)) for dose in DOSES]


def trend(sides, seed=0, doses=DOSES):
    return dose_trend(doses, sides, ratio, 500, 500, 0.95, seed)


def test_a_slope_is_that_of_least_squares_whatever_the_order_of_the_arms():
    sides = dosed(np.random.default_rng(0), 0.1)
    values = [side[:, 0].sum() / side[:, 1].sum() for side in sides]
    found = trend(sides)
    assert found.slope.estimate == pytest.approx(np.polyfit(DOSES, values, 1)[0])
    turned = trend(sides[::-1], doses=DOSES[::-1])
    assert turned.slope.estimate == pytest.approx(found.slope.estimate) and turned.p == found.p


def test_with_two_arms_the_trend_is_the_swap_test():
    arm, base, _ = known.asymmetries(np.random.default_rng(1), 60, 2, (0.9, 0.95), (0.7, 0.95))
    found = reversal_test([base, arm], slope_weights([0, 1]), difference_of_ratios, 999, 3)
    assert found == pytest.approx(swap_test(arm, base, difference_of_ratios, 999, 3))


def test_trends_are_found_where_they_are_and_as_rarely_as_stated_where_not():
    rng = np.random.default_rng(2)
    null, real = ([trend(dosed(rng, slope), seed) for seed in range(150)] for slope in (0.0, 0.1))
    assert np.mean([found.p <= 0.05 for found in null]) <= 0.1
    assert np.mean([found.p <= 0.05 for found in real]) >= 0.9
    for slope, studies in ((0.0, null), (0.1, real)):
        assert np.mean([found.slope.low <= slope <= found.slope.high for found in studies]) >= 0.9


def test_doses_that_do_not_differ_have_no_slope():
    with pytest.raises(ValueError, match="no slope"):
        trend(dosed(np.random.default_rng(3), 0.0), doses=[1.0] * 4)


def trained(rng, spread, seeds=3, n=60):
    """Base, and one arm per training seed; a seed shifts the latent mean of its whole arm."""
    clusters = known.Clusters(rng, n, 2)
    shifts = rng.normal(0, spread, seeds)
    return [known.mean_sums(clusters.latent() < ndtri(0.5) + shift) for shift in shifts], known.mean_sums(
        clusters.events(0.5)
    )


@pytest.mark.parametrize("spread", [0.0, 0.4])
def test_a_recipe_s_interval_holds_the_mean_over_seeds_to_come(spread):
    rng = np.random.default_rng(4)
    found = [recipe_effect(*trained(rng, spread), ratio, 0.95) for _ in range(300)]
    assert np.mean([one.interval.low <= 0 <= one.interval.high for one in found]) >= 0.915
    assert np.mean([one.p <= 0.05 for one in found]) <= 0.085


def test_prompts_alone_do_not_know_how_seeds_differ():
    """Were the seeds' differences left out, their mean would seem known four times too well."""
    arms, base = trained(np.random.default_rng(5), 1.0, n=400)
    found = recipe_effect(arms, base, ratio, 0.95)
    assert found.between_seeds > 10 * found.between_prompts and found.df < 3
    with pytest.raises(ValueError, match="2 training seeds"):
        recipe_effect(arms[:2], base, ratio, 0.95)


def test_a_recipe_that_nothing_speaks_against_is_not_known_for_certain():
    same = np.tile([[0.0, 2], [2, 2]], (30, 1))
    found = recipe_effect([same] * 3, same, ratio, 0.95)
    assert found.interval.low < found.interval.estimate == 0 < found.interval.high


def test_cells_that_differ_widen_the_mean_and_its_prediction():
    rng, held, predicted = np.random.default_rng(6), [], []
    for _ in range(300):
        true = rng.normal(0.1, 0.1, 21)
        variances = rng.uniform(0.002, 0.01, 20)
        found = pooled(rng.normal(true[:20], variances**0.5), variances, 0.95)
        held.append(found.mean.low <= 0.1 <= found.mean.high)
        predicted.append(found.low <= true[20] <= found.high)
    assert np.mean(held) >= 0.92 and np.mean(predicted) >= 0.9
    assert np.isnan(pooled([0.1], [0.01], 0.95).p)
    with pytest.raises(ValueError, match="above 0"):
        pooled([0.1, 0.2], [0.01, 0], 0.95)


def test_equivalence_needs_more_than_an_estimate_near_zero():
    assert tost_p(0.0, 0.02, -0.05, 0.05, 59) < 0.01 < 0.05 < tost_p(0.0, 0.05, -0.05, 0.05, 59)
    assert tost_p(0.0, 0.0, -0.05, 0.05, 59) == 0 and tost_p(0.05, 0.0, -0.05, 0.05, 59) == 1


def judged(rng, events, sensitivity, specificity):
    return np.where(events, rng.random(events.shape) < sensitivity, rng.random(events.shape) > specificity)


def test_a_corrected_rate_is_rogan_and_gladens():
    table = confusion([True] * 10 + [False] * 10, [True] * 9 + [False] + [True] * 2 + [False] * 8)
    assert table.tolist() == [[8, 2], [1, 9]]
    assert corrected_rate(np.array(0.3 * 0.9 + 0.7 * 0.2), 0.9, 0.8) == pytest.approx(0.3)
    assert np.isnan(corrected_rate(np.array(0.5), 0.4, 0.6))
    assert np.isnan(corrected_interval([np.ones((9, 2))], [np.full((1, 2, 2), 5.0)], ratio, 200, 0.95, 0).low)


def test_a_judge_who_errs_more_in_one_arm_makes_no_effect():
    """ERRATA row 15: the naive difference excludes 0 in most studies, the corrected one in few."""
    rng, held, naive = np.random.default_rng(7), [], []
    for study in range(150):
        clusters, sides, tables = known.Clusters(rng, 100, 3), [], []
        for sensitivity in (0.75, 0.95):
            sides.append(known.mean_sums(judged(rng, clusters.events(0.5), sensitivity, 0.95)))
            true = rng.random(100) < 0.5
            tables.append(confusion(true, judged(rng, true, sensitivity, 0.95))[None])
        found = corrected_interval(sides, tables, ratio, 500, 0.95, study % 4)
        held.append(found.low <= 0 <= found.high)
        naive.append(abs(np.subtract(*[side[:, 0].sum() / side[:, 1].sum() for side in sides])) > 0.07)
    assert np.mean(held) >= 0.91 and np.mean(naive) > 0.7


def test_asymmetry_is_corrected_among_wrong_answers_and_among_right_ones():
    rng, held = np.random.default_rng(8), []
    for study in range(150):
        difficulty, delivery = known.Clusters(rng, 150, 2), known.Clusters(rng, 150, 2)
        wrong = difficulty.events(0.5)
        asserts = np.where(wrong, delivery.events(0.5), delivery.events(0.8))
        tables = []
        for rate in (0.5, 0.8):
            true = rng.random(80) < rate
            tables.append(confusion(true, judged(rng, true, 0.9, 0.8)))
        sums = known.asymmetry_sums(judged(rng, asserts, 0.9, 0.8), wrong)
        found = corrected_interval([sums], [np.stack(tables)], difference_of_ratios, 500, 0.95, study % 4)
        held.append(found.low <= -0.3 <= found.high)
    assert np.mean(held) >= 0.91
