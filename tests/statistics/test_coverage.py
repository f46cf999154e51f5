"""How often an interval holds the truth, and how wide it is, on clusters whose truth is planted."""

import known_clusters as known
import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from threearc.statistics.auc import auc_interval
from threearc.statistics.clusters import difference_of_rates, paired_interval, rate, ratio, single_interval
from threearc.statistics.seeds import recipe_effect

#: Name: what makes the sums, its arguments, the statistic, and whether the estimate is continuous and not sparse.
CASES = {
    "rate .05": (known.rate, (0.05,), rate, False),
    "rate .2": (known.rate, (0.2,), rate, False),
    "rate .5": (known.rate, (0.5,), rate, False),
    "rates .05 and .05": (known.rates, (0.05, 0.05), rate, False),
    "rates .05 and .2": (known.rates, (0.05, 0.2), rate, False),
    "rates .5 and .5": (known.rates, (0.5, 0.5), rate, False),
    "rates .5 and .65": (known.rates, (0.5, 0.65), rate, False),
    "rate .05, 3 % turned": (known.flipped, (0.05, 0.03), rate, False),
    "rate .5, 3 % turned": (known.flipped, (0.5, 0.03), rate, False),
    "asymmetry -.05": (known.asymmetry, (0.9, 0.95), difference_of_rates, False),
    "asymmetry -.45": (known.asymmetry, (0.5, 0.95), difference_of_rates, False),
    "asymmetries, null": (known.asymmetries, ((0.9, 0.95), (0.9, 0.95)), difference_of_rates, False),
    "asymmetries, moved": (known.asymmetries, ((0.9, 0.95), (0.54, 0.95)), difference_of_rates, False),
    "asymmetries, hedging": (known.asymmetries, ((0.9, 0.95), (0.65, 0.70)), difference_of_rates, False),
    "asymmetries, all moved": (known.asymmetries, ((0.95, 0.95), (0.05, 0.95)), difference_of_rates, False),
    "asymmetries, few wrong": (
        known.asymmetries,
        ((0.9, 0.95), (0.9, 0.95), (0.1, 0.1)),
        difference_of_rates,
        False,
    ),
    "score": (known.score, (), ratio, True),
    "scores, null": (known.scores, (0.0,), ratio, True),
    "scores, moved": (known.scores, (0.3,), ratio, True),
    "scores, 4 % up and 3 % down": (known.rare_scores, (0.04, 0.03), ratio, False),
    "coverage of claims": (known.coverage, (), ratio, True),
}


def covered(name, n, seeds, studies):
    """Share of the intervals that hold the truth, and their mean width; studies without one say nothing."""
    make, arguments, statistic, _ = CASES[name]
    rng, held, widths = np.random.default_rng(20260401), [], []
    for study in range(studies):
        *sides, truth = make(rng, n, seeds, *arguments)
        interval = (single_interval if len(sides) == 1 else paired_interval)(*sides, statistic, 1000, 0.95, study % 8)
        if not np.isnan(interval.low):
            held.append(interval.low - 1e-12 <= truth <= interval.high + 1e-12)
            widths.append(interval.high - interval.low)
    return np.mean(held), np.mean(widths), len(held) / studies


@pytest.mark.parametrize(
    "name", ["rate .05", "rates .05 and .05", "rate .05, 3 % turned", "asymmetries, null", "score"]
)
def test_intervals_hold_the_truth(name):
    """A plain percentile bootstrap holds it in 80 % of the studies in which few answers turned."""
    share, _, given = covered(name, 60, 1, 300)
    assert share >= 0.915 and given == 1


@pytest.mark.soak
@pytest.mark.parametrize("name", CASES)
def test_intervals_hold_the_truth_as_often_as_they_say(name):
    for n in (60, 200):
        for seeds in (1, 3):
            share, width, given = covered(name, n, seeds, 2500)
            print(f"{name}, {n} clusters x {seeds}: coverage {share:.4f}, mean width {width:.3f}, given {given:.3f}")
            assert share >= 0.935 and (not CASES[name][-1] or share <= 0.965)


def areas(n, share, studies):
    """Coverage and mean width of AUC intervals; a study of too few positives, or negatives, gives none."""
    rng, held, widths, truth = np.random.default_rng(20260402), [], [], ndtr(1 / 2**0.5)
    names = [str(i) for i in range(n)]
    for study in range(studies):
        labels = rng.random(n) < share
        found = auc_interval(labels + rng.standard_normal(n), labels, names, 1000, 0.95, study % 8)
        if not np.isnan(found.low):
            held.append(found.low <= truth <= found.high)
            widths.append(found.high - found.low)
    return np.mean(held), np.mean(widths), len(held) / studies


def test_areas_of_few_positives_are_held_too():
    """Nine of sixty: a plain percentile bootstrap holds it in 88 % of the studies."""
    share, _, given = areas(60, 0.15, 300)
    assert share >= 0.91 and given >= 0.95


@pytest.mark.soak
@pytest.mark.parametrize(("n", "share"), [(60, 0.5), (60, 0.15), (200, 0.5), (200, 0.05)])
def test_areas_are_held_as_often_as_they_say(n, share):
    found, width, given = areas(n, share, 2500)
    print(f"AUC, {share:.0%} of {n} positive: coverage {found:.4f}, mean width {width:.3f}, given {given:.3f}")
    assert found >= 0.935


@pytest.mark.soak
@pytest.mark.parametrize(("of", "spread", "least"), [
    (0.5, 0.0, 0.935), (0.5, 0.4, 0.935), (0.05, 0.0, 0.935), (0.05, 0.2, 0.935), (0.05, 0.4, 0.9),
])  # fmt: skip
def test_recipes_are_held_as_often_as_they_say(of, spread, least):
    """Three training seeds, each of which shifts its whole arm; events of one answer in two, or in twenty.

    Where seeds take a rate of 5 % to anything between 2 % and 11 %, three of them show too little of a lopsided
    distribution: then 92 % of the intervals hold their mean.
    """
    rng = np.random.default_rng(20260403)
    truth = ndtr(ndtri(of) / (1 + spread**2) ** 0.5) - of
    for n in (60, 200):
        held, widths = [], []
        for _ in range(2500):
            clusters = known.Clusters(rng, n, 2)
            runs = [known.mean_sums(clusters.latent() < ndtri(of) + shift) for shift in rng.normal(0, spread, 3)]
            found = recipe_effect(runs, known.mean_sums(clusters.events(of)), rate, 0.95).interval
            held.append(found.low <= truth <= found.high)
            widths.append(found.high - found.low)
        print(f"recipe of {of:.0%}, seeds apart by {spread}, {n} clusters: coverage {np.mean(held):.4f}", end="")
        print(f", mean width {np.mean(widths):.3f}")
        assert np.mean(held) >= least
