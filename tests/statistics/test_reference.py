"""The same numbers as reference implementations give, to 1e-9, on a thousand random inputs each.

Where no reference is installed, the definition is computed as it is written, slowly.
"""

import numpy as np
import pytest
from scipy.stats import binom, mannwhitneyu, norm, spearmanr
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa as kappa
from statsmodels.stats.meta_analysis import combine_effects, effectsize_smd
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from threearc.statistics.agreement import cohens_kappa, rank_correlation
from threearc.statistics.auc import auc, delong_difference
from threearc.statistics.cohorts import cohens_d
from threearc.statistics.families import holm, holm_within, normal_quantile
from threearc.statistics.mcnemar import exact_mcnemar
from threearc.statistics.pooling import pooled
from threearc.statistics.rates import clopper_pearson, miettinen_nurminen, wilson

INPUTS = 1000
CLOSE = {"rel": 0, "abs": 1e-9}


@pytest.fixture
def rng():
    return np.random.default_rng(20260402)


@pytest.mark.parametrize(("own", "method"), [(wilson, "wilson"), (clopper_pearson, "beta")])
def test_intervals_of_a_rate(rng, own, method):
    sizes = rng.integers(1, 400, INPUTS)
    for n, events, level in zip(sizes, rng.integers(0, sizes + 1), rng.uniform(0.8, 0.99, INPUTS), strict=True):
        reference = proportion_confint(events, n, alpha=1 - level, method=method)
        assert own(int(events), int(n), level) == pytest.approx(np.clip(reference, 0, 1), **CLOSE)


def test_score_interval_of_two_rates_inverts_the_test_at_the_likeliest_pair(rng):
    """Both bounds against the cubic as Miettinen and Nurminen print it, solved by numpy: z there is the quantile."""
    for _ in range(INPUTS):
        n, m = (int(size) for size in rng.integers(2, 200, 2))
        x, y = int(rng.integers(0, n + 1)), int(rng.integers(0, m + 1))
        for bound, way in zip(miettinen_nurminen(x, n, y, m, 0.95), (1, -1), strict=True):
            total, events = n + m, x + y
            cubic = [
                total,
                (n + 2 * m) * bound - total - events,
                (m * bound - total - 2 * y) * bound + events,
                y * bound * (1 - bound),
            ]
            roots = np.roots(cubic)
            real = roots[np.abs(roots.imag) < 1e-4].real
            likely = real[(real >= max(0, -bound) - 1e-6) & (real <= min(1, 1 - bound) + 1e-6)]
            other = np.clip(likely, max(0, -bound), min(1, 1 - bound))
            variance = (other + bound) * (1 - other - bound) / n + other * (1 - other) / m
            z = (x / n - y / m - bound) / np.sqrt(np.maximum(variance * total / (total - 1), 1e-300))
            assert abs(bound) == 1 or np.abs(z - way * 1.959963984540054).min() < 1e-6


def test_the_score_interval_of_two_rates_is_the_published_one():
    """Newcombe, Statistics in Medicine 17 (1998): 56/70 and 48/80, method 6."""
    assert miettinen_nurminen(56, 70, 48, 80, 0.95) == pytest.approx((0.0528, 0.3382), abs=5e-5)


def test_mcnemar(rng):
    for _ in range(INPUTS):
        arm, base = (np.stack([rng.integers(0, 2, 30), np.ones(30)], axis=1) for _ in range(2))
        table = np.zeros((2, 2))
        np.add.at(table, (arm[:, 0].astype(int), base[:, 0].astype(int)), 1)
        assert exact_mcnemar(arm, base) == pytest.approx(mcnemar(table, exact=True).pvalue, **CLOSE)


def scored(rng):
    labels = np.zeros(int(rng.integers(6, 30)), dtype=bool)
    labels[: int(rng.integers(2, len(labels) - 1))] = True
    return labels, *(np.round(rng.normal(size=len(labels)) + labels, 1) for _ in range(2))


def test_auc(rng):
    for _ in range(INPUTS):
        labels, scores, _ = scored(rng)
        assert auc(scores, labels) == pytest.approx(
            mannwhitneyu(scores[labels], scores[~labels]).statistic / (labels.sum() * (~labels).sum()), **CLOSE
        )


def components(scores, labels):
    """Every response's share of wins, by the definition."""
    wins = [[1.0 if p > n else 0.5 if p == n else 0.0 for n in scores[~labels]] for p in scores[labels]]
    return np.mean(wins, axis=1), np.mean(wins, axis=0)


def test_delong(rng):
    for _ in range(INPUTS):
        labels, scores, others = scored(rng)
        (one, none), (other, other_none) = components(scores, labels), components(others, labels)
        names = [str(i) for i in range(len(labels))]
        matrix = np.cov(one, other) / len(one) + np.cov(none, other_none) / len(none)
        found, p = delong_difference(scores, others, labels, names, 0.95)
        half = 1.959963984540054 * np.sqrt(max(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1], 0))
        assert found.estimate == pytest.approx(one.mean() - other.mean(), **CLOSE)
        assert found.high - found.estimate == pytest.approx(half, rel=0, abs=1e-7)
        assert np.isnan(p) or (p < 0.05) == (abs(found.estimate) > half)


def test_holm(rng):
    for _ in range(INPUTS):
        p = rng.random(int(rng.integers(1, 12))) ** 3
        by_hand = [max(min(1, other * (p >= other).sum()) for other in p if other <= one) for one in p]
        assert holm(list(p)) == pytest.approx(by_hand, **CLOSE)


def test_families_are_corrected_apart(rng):
    p, odd = rng.random(40) ** 3, np.arange(40) % 2 == 1
    found = np.array(holm_within(list(p), list(odd)))
    for side in (True, False):
        assert found[odd == side] == pytest.approx(holm(list(p[odd == side])), **CLOSE)


def test_corrected_quantiles(rng):
    for level, tests in zip(rng.uniform(0.5, 0.999, INPUTS), rng.integers(1, 5000, INPUTS), strict=True):
        assert normal_quantile(level, int(tests)) == pytest.approx(norm.isf((1 - level) / 2 / tests), **CLOSE)


def test_holm_of_whole_families(rng):
    for size in (1, 10, 100, 1000):
        p = rng.random(size) ** 3
        assert holm(list(p)) == pytest.approx(multipletests(p, method="holm")[1], **CLOSE)


def test_kappa_and_rank_correlation(rng):
    for _ in range(INPUTS):
        first, second = rng.integers(0, 4, (2, 25))
        table = np.zeros(16)
        np.add.at(table, 4 * first + second, 1)
        assert cohens_kappa(table) == pytest.approx(kappa(table.reshape(4, 4), return_results=False), **CLOSE)
        found = rank_correlation(first, second, draws=1).estimate
        assert found == pytest.approx(spearmanr(first, second).statistic, **CLOSE)


def test_cohens_d(rng):
    for _ in range(INPUTS):
        labels = np.arange(24) < rng.integers(2, 23)
        values = rng.normal(3, 2, (24, 1))
        one, two = values[labels, 0], values[~labels, 0]
        sizes = len(one), len(two)
        smd, _ = effectsize_smd(one.mean(), one.std(ddof=1), sizes[0], two.mean(), two.std(ddof=1), sizes[1])
        unbiased = 1 - 3 / (4 * 24 - 9)
        assert cohens_d(values, labels[None].astype(float))[0, 0] == pytest.approx(smd / unbiased, **CLOSE)


def test_random_effects(rng):
    for _ in range(INPUTS):
        cells = int(rng.integers(3, 20))
        effects, variances = rng.normal(0, 0.3, cells), rng.uniform(0.01, 0.2, cells)
        weights = 1 / variances
        q = (weights * (effects - weights @ effects / weights.sum()) ** 2).sum()
        tau2 = max(0, (q - cells + 1) / (weights.sum() - (weights**2).sum() / weights.sum()))
        total = 1 / (variances + tau2)
        found = pooled(effects, variances, 0.95, between="dl")
        with np.errstate(invalid="ignore"):
            reference = combine_effects(effects, variances, method_re="dl")
        assert found.tau2 == pytest.approx(max(reference.tau2, 0), **CLOSE)
        assert tau2 == 0 or found.mean.estimate == pytest.approx(reference.mean_effect_re, **CLOSE)
        assert found.tau2 == pytest.approx(tau2, **CLOSE)
        assert found.mean.estimate == pytest.approx(total @ effects / total.sum(), **CLOSE)
        iterated = pooled(effects, variances, 0.95)
        at = ((effects - iterated.mean.estimate) ** 2 / (variances + iterated.tau2)).sum()
        assert at == pytest.approx(cells - 1, abs=1e-6) or (iterated.tau2 == 0 and at < cells - 1)


def test_exact_intervals_leave_out_no_more_than_they_say():
    for n in (5, 40):
        for rate in (0.02, 0.3, 0.5):
            held = [low <= rate <= high for low, high in (clopper_pearson(x, n, 0.95) for x in range(n + 1))]
            assert binom.pmf(np.arange(n + 1), n, rate)[np.array(held)].sum() >= 0.95
