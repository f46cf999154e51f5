import numpy as np
import pytest

from threearc.statistics.clusters import difference_of_rates, gradient, ratio
from threearc.statistics.swaps import ENOUGH, FIRST, reversal_test, sequential_p, sign_sums, swap_test
from threearc.statistics.trend import slope_weights


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


def test_hedging_more_everywhere_is_no_change_of_asymmetry():
    """The weak null: the arms differ, but not in what the statistic measures. Small p must be rare there too."""

    def study(rng):
        wrong = rng.random(48) < 0.25
        arms = []
        for rate in (0.65, 0.92):
            asserted = rng.binomial(2, rate, 48)
            columns = [asserted * wrong, 2 * wrong, asserted * ~wrong, 2 * ~wrong]
            arms.append(np.stack(columns, axis=1).astype(float))
        return swap_test(*arms, difference_of_rates, 400, 7)

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
    assert swap_test(arm, base, difference_of_rates, 5000, 0) < 0.001


def studentised(arm, base, statistic):
    """The plain way: each arm's clusters' linear shares by its own slopes, their squares added up."""
    value = statistic(arm.sum(0)) - statistic(base.sum(0))
    shares = arm @ gradient(statistic, arm.sum(0)) - base @ gradient(statistic, base.sum(0))
    return abs(value) / np.sqrt((shares**2).sum())


@pytest.mark.parametrize("statistic", [ratio, difference_of_rates, lambda sums: ratio(sums[..., :2])])
@pytest.mark.parametrize("clusters", [7, 30])
def test_swaps_are_counted_as_if_every_draw_were_computed_by_itself(statistic, clusters):
    """Few clusters: every way to swap them. Many: as often as plain draws reach it, within four standard errors."""
    rng = np.random.default_rng(4)
    totals = rng.integers(1, 4, (2, clusters, 2))
    arm, base = (np.stack([rng.binomial(n, 0.6), n], axis=2).reshape(clusters, 4).astype(float) for n in totals)
    chosen = np.array(list(np.ndindex(*[2] * 7))) if clusters == 7 else rng.integers(0, 2, (5000, clusters))
    null = []
    for row in chosen:
        swapped = np.where(row[:, None] == 1, [base, arm], [arm, base])
        null.append(studentised(*swapped, statistic))
    by_hand = float(np.mean(np.array(null) >= studentised(arm, base, statistic) - 1e-6))
    found = swap_test(arm, base, statistic, 20_000, 0)
    error = np.sqrt(by_hand * (1 - by_hand) / 5000 + by_hand**2 / ENOUGH)
    assert found == pytest.approx(by_hand, abs=1e-12 if clusters == 7 else 4 * error)


def test_signs_of_clusters_that_are_alike_add_up_as_single_signs_do():
    counts = np.array([1, 63, 64, 65, 200])
    halves = slice(0, 9_000), slice(9_000, 20_000)
    drawn = np.hstack([sign_sums(counts, half, 20_000, 0) for half in halves])
    assert drawn.shape == (5, 20_000) and (np.abs(drawn) <= counts[:, None]).all()
    assert ((drawn - counts[:, None]) % 2 == 0).all()
    assert (np.abs(drawn.mean(axis=1)) < 5 * np.sqrt(counts / 20_000)).all()
    assert drawn.var(axis=1) == pytest.approx(counts, rel=0.05)
    assert np.abs(np.corrcoef(drawn) - np.eye(5)).max() < 0.04


def test_a_test_that_is_left_early_is_still_exact():
    """Under the null the observed value is one draw more: p must fall below any level as rarely as the level says."""
    rng = np.random.default_rng(6)
    found = []
    for _ in range(4000):
        null = rng.standard_normal(6000)
        found.append(sequential_p(null.__getitem__, rng.standard_normal(), len(null)))
    for level in (0.01, 0.05, 0.3, 0.9):
        share = np.mean(np.array(found) <= level)
        assert abs(share - level) < 4 * np.sqrt(level * (1 - level) / 4000), (level, share)


def test_what_is_reached_often_is_left_after_as_many_draws_as_it_takes():
    asked = []

    def null(draw):
        asked.append(draw)
        return np.resize([0.0, 2.0], draw.stop - draw.start)

    assert sequential_p(null, 1.0, 20_000) == 0.5 and asked == [slice(0, FIRST)]
    asked.clear()
    assert sequential_p(null, 3.0, 20_000) == 1 / 20_001
    assert [draw.stop for draw in asked] == [500, 2000, 8000, 20_000]


@pytest.mark.parametrize("arms", [2, 3, 4])
def test_no_orbit_of_a_few_clusters_gives_small_p_more_often_than_it_says(arms):
    """Doses unevenly spaced; whichever way each of eight clusters was turned round, the p of all ways are uniform."""
    turns = slope_weights([0.0, 0.2, 0.4, 0.8][:arms])
    # Only base and the strongest dose differ, by one or by three around the same middle.
    rows = np.tile([1.0, 3.0], (arms, 8, 1))
    rows[0, :, 0], rows[-1, :, 0] = [0, 1] * 4, [3, 2] * 4
    found = []
    for way in np.ndindex(*[2] * 8):
        turned = np.array(way)[:, None] == 1
        found.append(reversal_test(list(np.where(turned, rows[::-1], rows)), turns, ratio, 1000, 0))
    for p in sorted(set(found)):
        assert np.mean(np.array(found) <= p) <= p + 1e-9


def test_arms_that_are_alike_have_no_small_p():
    arm = np.array([[1.0, 2], [0, 2], [2, 2]])
    assert swap_test(arm, arm, ratio, 100, 0) == 1
