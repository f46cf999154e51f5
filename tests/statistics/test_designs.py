"""Doses, training seeds and cells: levels and coverage on planted truths, in small."""

import known_clusters as known
import numpy as np
import pytest
from scipy.special import ndtri

from threearc.statistics.clusters import difference_of_rates, paired_interval, rate, ratio
from threearc.statistics.pooling import pooled
from threearc.statistics.seeds import recipe_effect
from threearc.statistics.swaps import reversal_test, swap_test
from threearc.statistics.trend import dose_trend, slope_weights

DOSES = (0.0, 0.5, 1.0, 2.0)


def dosed(rng, slope, n=60):
    clusters = known.Clusters(rng, n, 2)
    return [known.mean_sums(clusters.events(0.4 + slope * dose)) for dose in DOSES]


def trend(sides, seed=0, doses=DOSES):
    return dose_trend(doses, sides, rate, 500, 500, 0.95, seed)


def test_a_slope_is_that_of_least_squares_whatever_the_order_of_the_arms():
    sides = dosed(np.random.default_rng(0), 0.1)
    values = [side[:, 0].sum() / side[:, 1].sum() for side in sides]
    found = trend(sides)
    assert found.slope.estimate == pytest.approx(np.polyfit(DOSES, values, 1)[0])
    turned = trend(sides[::-1], doses=DOSES[::-1])
    assert turned.slope.estimate == pytest.approx(found.slope.estimate) and turned.p == found.p


def test_with_two_arms_the_trend_is_the_swap_test():
    arm, base, _ = known.asymmetries(np.random.default_rng(1), 60, 2, (0.9, 0.95), (0.7, 0.95))
    found = reversal_test([base, arm], slope_weights([0, 1]), difference_of_rates, 999, 3)
    assert found == pytest.approx(swap_test(arm, base, difference_of_rates, 999, 3))


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
    found = [recipe_effect(*trained(rng, spread), rate, 0.95) for _ in range(300)]
    assert np.mean([one.interval.low <= 0 <= one.interval.high for one in found]) >= 0.915
    assert np.mean([one.p <= 0.05 for one in found]) <= 0.085


def test_prompts_alone_do_not_know_how_seeds_differ():
    """Were the seeds' differences left out, their mean would seem known four times too well."""
    arms, base = trained(np.random.default_rng(5), 1.0, n=400)
    found = recipe_effect(arms, base, rate, 0.95)
    assert found.between_seeds > 10 * found.between_prompts
    with pytest.raises(ValueError, match="2 training seeds"):
        recipe_effect(arms[:2], base, rate, 0.95)


def test_a_recipe_that_nothing_speaks_against_is_not_known_for_certain():
    same = np.tile([[0.0, 2], [2, 2]], (30, 1))
    found = recipe_effect([same] * 3, same, rate, 0.95)
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


def test_a_recipe_of_which_few_clusters_moved_is_no_surer_than_one_of_its_runs():
    base = np.tile([0.9, 1.0], (60, 1))
    arm = base.copy()
    arm[0, 0] = 0.0
    recipe = recipe_effect([arm] * 3, base, ratio, 0.95).interval
    run = paired_interval(arm, base, ratio, 500, 0.95, 0)
    assert recipe.low == pytest.approx(run.low, rel=0.05) and recipe.low < -0.05


@pytest.mark.parametrize(("clusters", "p"), [(2, 0.5), (5, 0.0625)])
def test_a_recipe_without_any_variance_knows_no_more_than_a_sign_test(clusters, p):
    base, arm = np.tile([1.0, 1.0], (clusters, 1)), np.tile([5.0, 1.0], (clusters, 1))
    assert recipe_effect([arm] * 3, base, ratio, 0.95).p == p
    assert recipe_effect([base] * 3, base, ratio, 0.95).p == 1


def test_the_interval_whose_level_is_one_less_p_ends_at_zero():
    arms, base = trained(np.random.default_rng(7), 0.3)
    arms = [arm + np.array([0.4, 0.0]) for arm in arms]
    p = recipe_effect(arms, base, rate, 0.95).p
    ends = recipe_effect(arms, base, rate, 1 - p).interval
    assert 1e-6 < p < 0.5 and min(abs(ends.low), abs(ends.high)) == pytest.approx(0, abs=1e-9)


def test_three_seeds_that_happen_to_be_alike_are_no_proof_that_seeds_are():
    """The part of seeds has two degrees of freedom, however little of the variance it seems to be."""
    rng = np.random.default_rng(20260404)
    found = [recipe_effect(*trained(rng, 0.4), rate, 0.95).interval for _ in range(600)]
    assert np.mean([one.low <= 0 <= one.high for one in found]) >= 0.935
