"""Cohen's d of many labellings, in and out of sample, and the null of a maximum."""

import numpy as np
import pytest

from threearc.statistics.cohorts import cohens_d, crossfitted_d, free_share, labellings, maximum_test


def plain_d(a, b):
    pooled = ((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / (len(a) + len(b) - 2)
    return (a.mean() - b.mean()) / pooled**0.5


def in_sample_d(values, first):
    direction = values[first].mean(0) - values[~first].mean(0)
    projected = values @ (direction / np.linalg.norm(direction))
    return plain_d(projected[first], projected[~first])


def test_d_is_the_difference_in_pooled_standard_deviations():
    rng = np.random.default_rng(0)
    values, labels = rng.normal(1000, 3, (20, 4)), np.array([rng.permutation(np.arange(20) < 7) for _ in range(5)])
    found = cohens_d(values, labels.astype(float))
    expected = [[plain_d(values[row, k], values[~row, k]) for k in range(4)] for row in labels]
    assert found == pytest.approx(np.array(expected))


def test_what_does_not_vary_has_no_d():
    labels = np.array([[1.0, 1, 1, 0, 0, 0]])
    assert cohens_d(np.full((6, 2), 0.1), labels).tolist() == [[0, 0]]
    assert crossfitted_d(np.full((6, 2), 0.1), labels, np.arange(6) % 3).tolist() == [0]


def test_a_crossfitted_direction_is_that_of_the_other_folds():
    """Against the plain way: fold by fold, one labelling at a time."""
    rng = np.random.default_rng(1)
    values, folds = rng.normal(0, 1, (40, 6)), np.arange(40) % 4
    labels = np.array([rng.permutation(np.arange(40) < 15) for _ in range(3)])
    for first, found in zip(labels, crossfitted_d(values, labels.astype(float), folds), strict=True):
        projected = np.empty(40)
        for fold in range(4):
            inside, held = folds != fold, folds == fold
            one, two = (values[inside & side].mean(0) for side in (first, ~first))
            projected[held] = (values[held] - (one + two) / 2) @ (one - two) / np.linalg.norm(one - two)
        assert found == pytest.approx(plain_d(projected[first], projected[~first]))


def test_on_noise_a_direction_looks_apart_in_sample_and_not_when_crossfitted():
    """ERRATA row 13: with 64 columns and 60 answers the paper's directional d is above 1 on nothing at all."""
    rng = np.random.default_rng(2)
    first, folds = np.arange(60) < 30, np.arange(60) % 5
    draws = [rng.normal(0, 1, (60, 64)) for _ in range(20)]
    inside = [in_sample_d(values, first) for values in draws]
    held_out = [crossfitted_d(values, first[None].astype(float), folds)[0] for values in draws]
    assert min(inside) > 1.0
    assert abs(np.mean(held_out)) < 0.2 and max(held_out) < min(inside)


def test_a_planted_direction_survives_cross_fitting():
    rng = np.random.default_rng(3)
    first, folds = np.arange(60) < 30, np.arange(60) % 5
    values = rng.normal(0, 1, (60, 8))
    values[first] += 0.7
    assert crossfitted_d(values, first[None].astype(float), folds)[0] > 1.0


def test_a_fold_whose_others_lack_a_cohort_says_nothing():
    values, first = np.arange(8.0)[:, None], np.arange(8) < 2
    found = crossfitted_d(values, first[None].astype(float), np.where(first, 0, 1 + np.arange(8) % 2))
    assert np.isfinite(found).all()


def test_labels_change_places_between_entries_of_the_same_size_only():
    clusters = [*"aabbccdddee", "f"]
    first = np.array([1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1], dtype=bool)
    labels = labellings(first, clusters, 300, 0)
    assert labels[0].tolist() == first.astype(float).tolist() and (labels.sum(1) == first.sum()).all()
    twos = {tuple(sorted(map(tuple, row[[0, 1, 2, 3, 4, 5, 9, 10]].reshape(4, 2)))) for row in labels}
    assert twos == {((0, 0), (0, 1), (1, 0), (1, 1))}, "an entry's labels stay together, in their order"
    assert (labels[:, 6:9] == first[6:9]).all() and (labels[:, 11] == 1).all(), "what has no like keeps its labels"
    assert len({tuple(row) for row in labels}) == 24


def test_a_maximum_is_held_against_maxima():
    d = np.array([[0.1, 0.5], [0.9, 0.0], [0.2, 0.5], [0.3, 0.1]])
    found = maximum_test(d, 1.0)
    assert found.observed == 0.5 and found.mean == pytest.approx((0.9 + 0.5 + 0.3) / 3) and found.p == 3 / 4


def study(rng, planted=0.0):
    """24 entries of two answers, which share the entry's own level, in 6 heads."""
    clusters = [f"e{i // 2}" for i in range(48)]
    values = rng.normal(0, 1, (48, 6, 4)) + np.repeat(rng.normal(0, 1, (24, 6, 4)), 2, axis=0)
    first = np.repeat(rng.random(24) < 0.5, 2) ^ (rng.random(48) < 0.1)
    values[first, 3] += planted
    return values, first, clusters


def p_values(values, first, clusters, seed, draws=99):
    labels, folds = labellings(first, clusters, draws, seed), np.array([int(name[1:]) % 5 for name in clusters])
    norms = cohens_d(values[:, :, 0], labels)
    directional = np.stack([crossfitted_d(values[:, head], labels, folds) for head in range(6)], axis=1)
    return (
        maximum_test(norms, 1.0).p,
        maximum_test(directional, 1.0).p,
        int(norms[0].argmax()),
        int(directional[0].argmax()),
    )


def test_where_nothing_is_planted_every_p_is_as_likely_as_any_other():
    found = [p_values(*study(np.random.default_rng(seed)), seed) for seed in range(200)]
    for p in np.array(found)[:, :2].T:
        assert abs(p.mean() - 0.5) < 0.07
        assert 0.04 <= (p <= 0.1).mean() <= 0.17 and 0.4 <= (p <= 0.5).mean() <= 0.61


def test_a_planted_head_is_found_and_stands_out():
    for seed in range(5):
        norm_p, directional_p, loudest, farthest = p_values(*study(np.random.default_rng(seed), 2.5), seed)
        assert norm_p <= 0.03 and directional_p <= 0.03 and loudest == farthest == 3


def test_the_share_of_labels_that_can_be_exchanged_is_told():
    assert free_share(["a", "a", "b", "b", "c"]) == pytest.approx(0.8)
    assert free_share(["a", "b", "b"]) == 0 and free_share([]) == 0
    rows = labellings(np.array([True, True, False, False, True]), ["a", "a", "b", "b", "c"], 50, 0)
    assert (rows[:, 4] == 1).all() and len(np.unique(rows[1:, :4], axis=0)) == 2
