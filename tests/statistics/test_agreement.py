import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score, confusion_matrix
from statsmodels.stats.inter_rater import cohens_kappa as statsmodels_kappa

from threearc.statistics.agreement import agreement, cohens_kappa, rank_correlation, weighted_kappa

LABELS = ("assert", "hedge", "neither")
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60)


def judged(pairs, **settings):
    first, second = (list(side) for side in zip(*pairs, strict=True))
    return agreement(first, second, LABELS, [str(i) for i in range(len(pairs))], **({"draws": 20} | settings))


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@given(PAIRS)
def test_counts_and_kappa_equal_scikit_learn_and_statsmodels(pairs):
    found = judged(pairs)
    first, second = zip(*pairs, strict=True)
    assert np.array_equal(found.counts, confusion_matrix(first, second, labels=LABELS))
    if len(set(first) | set(second)) == 1:
        assert np.isnan(found.kappa.estimate)
    else:
        assert found.kappa.estimate == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
        assert found.kappa.estimate == pytest.approx(statsmodels_kappa(np.array(found.counts)).kappa, abs=1e-12)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@settings(max_examples=1000, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=60))
def test_kappa_of_scores_is_scikit_learns_with_quadratic_weights(pairs):
    first, second = (list(side) for side in zip(*pairs, strict=True))
    table = confusion_matrix(first, second, labels=range(1, 6)).reshape(-1)
    known = cohen_kappa_score(first, second, labels=range(1, 6), weights="quadratic")
    assert weighted_kappa(table) == pytest.approx(known, abs=1e-9, nan_ok=True)


@given(PAIRS)
def test_pabak_and_agreement_on_a_label_follow_from_the_counts(pairs):
    found = judged(pairs)
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    assert found.pabak.estimate == pytest.approx((3 * agreed - 1) / 2, abs=1e-12)
    for label in LABELS:
        given_by = sum((one == label) + (other == label) for one, other in pairs)
        both = sum(one == other == label for one, other in pairs)
        assert found.on[label] == pytest.approx(2 * both / given_by if given_by else np.nan, nan_ok=True)


def test_the_interval_is_about_as_wide_as_the_large_sample_one():
    rng = np.random.default_rng(0)
    first = rng.choice(LABELS[:2], 400)
    second = np.where(rng.random(400) < 0.75, first, rng.choice(LABELS[:2], 400))
    found = agreement(list(first), list(second), LABELS[:2], [str(i) for i in range(400)])
    known = statsmodels_kappa(np.array(found.counts))
    assert found.kappa.low == pytest.approx(known.kappa_low, abs=0.02)
    assert found.kappa.high == pytest.approx(known.kappa_upp, abs=0.02)


def test_texts_of_one_prompt_are_drawn_together():
    rng = np.random.default_rng(1)
    pairs = [tuple(rng.choice(LABELS[:2], 2)) for _ in range(50)]
    single = judged(pairs, draws=1000)
    names = [str(i % 50) for i in range(200)]
    fourfold = agreement(*zip(*(pairs * 4), strict=True), LABELS, names, draws=1000)
    assert (fourfold.kappa.low, fourfold.kappa.high) == pytest.approx((single.kappa.low, single.kappa.high))


def test_a_judge_with_one_label_for_all_gets_no_interval():
    found = judged([("assert", "assert")] * 30 + [("assert", "hedge")] * 3)
    assert found.kappa.estimate == 0 and np.isnan(found.kappa.low) and found.pabak.low > 0


def test_rare_hedges_make_kappa_small_where_the_judges_mostly_agree():
    found = judged([("assert", "assert")] * 45 + [("assert", "hedge"), ("hedge", "assert")] * 2, draws=500)
    assert found.kappa.estimate < 0 < 0.8 < found.pabak.estimate and found.on["assert"] > 0.9


def test_labels_outside_the_set_and_unpaired_ones_are_errors():
    with pytest.raises(ValueError, match="maybe"):
        agreement(["maybe"], ["hedge"], LABELS, ["0"])
    with pytest.raises(ValueError, match="1 and 2"):
        agreement(["hedge"], ["hedge", "hedge"], LABELS, ["0"])
    with pytest.raises(ValueError, match="1 and 2"):
        rank_correlation([1], [1, 2])


def test_kappa_of_many_tables_at_once_is_kappa_of_each():
    tables = np.random.default_rng(2).integers(0, 9, (20, 9)).astype(float)
    assert cohens_kappa(tables) == pytest.approx([statsmodels_kappa(t.reshape(3, 3)).kappa for t in tables])


def test_rank_correlation_equals_scipys_and_is_undefined_for_constant_scores():
    rng = np.random.default_rng(3)
    first = rng.integers(1, 6, 60)
    second = np.clip(first + rng.integers(-2, 3, 60), 1, 5)
    found = rank_correlation(first, second, draws=300)
    assert found.estimate == pytest.approx(spearmanr(first, second).statistic)
    assert found.low < found.estimate < found.high
    assert np.isnan(rank_correlation([3, 3, 3], [1, 2, 3], draws=10).estimate)
