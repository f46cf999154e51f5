"""What a plan says of n, held against studies that are drawn as it assumes and judged by the engine itself."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from drawn_studies import MARGINS, drawn, word
from scipy.stats import norm, t

from threearc.planning.assumptions import Assumptions, Sample
from threearc.planning.detectable import (
    Kept,
    Setting,
    claim_power,
    clean_power,
    detectable,
    equivalence_power,
    gain_power,
    kept_power,
)
from threearc.planning.errors import groups, standard_error
from threearc.planning.words import interest, reaches
from threearc.validation.run import unswept

#: MEASURES: accuracy .55, 91 % asserting; one answer in five turns right or wrong by itself.
PAPER = Assumptions(0.55, 0.91, 0.6, 0.3, 0.2, 1.0, 0.2)
#: So few turn that content can be kept by a hundred entries.
STEADY = replace(PAPER, discordance=0.02)
OTHER = Assumptions(0.75, 0.8, 0.4, 0.1, 0.1, 1.0, 0.3)
#: An arm that agrees with base less than base's own seeds do.
DRIFTING = replace(PAPER, discordance=0.35)


def both(sample):
    return {"eval": sample, "fresh": sample}


def moved(kind, right, asserts, again, scores):
    """The statistic of an arm less base's."""
    if kind == "asymmetry":
        one, two = (a[~r].mean() - a[r].mean() for r, a in zip(right, asserts, strict=True))
        return one - two
    if kind == "content":
        return right[1].mean() - right[0].mean()
    if kind == "recovery":
        failed = ~right[0] & ~right[1]
        return again[1][failed].mean() - again[0][failed].mean()
    return (scores[1] - scores[0]).mean()


@pytest.mark.parametrize("assumed", [PAPER, OTHER, DRIFTING], ids=["paper", "other", "drifting"])
@pytest.mark.parametrize("sample", [Sample(100), Sample(100, 1, 3), Sample(80, 3, 3)], ids=str)
@pytest.mark.parametrize(
    ("kind", "shift", "derived"),
    [
        ("asymmetry", 0.0, False),
        ("asymmetry", 0.2, False),
        ("asymmetry", 0.2, True),
        ("content", 0.0, False),
        ("recovery", 0.2, False),
        ("axis", 0.0, False),
    ],
)
def test_standard_errors_are_those_of_drawn_studies(assumed, sample, kind, shift, derived):
    rng = np.random.default_rng(0)
    found = [moved(kind, *drawn(sample, assumed, kind, shift, derived, rng)) for _ in range(500)]
    said = standard_error(kind, sample, assumed, shift=shift, derived=derived)
    assert np.std(found) == pytest.approx(said, rel=0.14)


def test_what_an_arm_shares_with_base_drops_out_of_the_difference():
    """Three seeds tell as much as three times the entries where answers are draws of one kind, not where arms drift."""

    def worth(kind, assumed, prompts, seeds):
        one, more = (standard_error(kind, own, assumed) for own in (Sample(100), Sample(100, prompts, seeds)))
        return (one / more) ** 2

    for kind in ("asymmetry", "axis", "content", "recovery"):
        for assumed in (OTHER, replace(PAPER, discordance=0.495 * 0.4)):
            assert [worth(kind, assumed, 1, 3), worth(kind, assumed, 3, 1)] == pytest.approx([3, 3])
        assert worth(kind, DRIFTING, 1, 3) < 2.3
    # Of .29 and .6: (.6 − .29) / (1 − .29) is what differences of two seeds have in common.
    assert worth("content", DRIFTING, 1, 3) == pytest.approx(3 / (1 + 2 * 0.434), rel=0.01)


@pytest.mark.parametrize("assumed", [replace(PAPER, discordance=0.1), DRIFTING], ids=["close", "drifting"])
@pytest.mark.parametrize("seeds", [2, 3])
@pytest.mark.parametrize("family", [1, 40])
def test_a_claim_stands_out_without_any_one_seed_as_often_as_in_drawn_studies(assumed, seeds, family):
    sample, fewer, rng = Sample(200, 1, seeds), Sample(200, 1, seeds - 1), np.random.default_rng(seeds)
    setting = Setting("asymmetry", {"eval": sample}, assumed, MARGINS, family=family, claims=family)
    shift = 0.16
    error, left = (standard_error("asymmetry", own, assumed, shift=shift) for own in (sample, fewer))
    bar, again = (
        max(norm.isf(0.025 / family) * error, setting.margin),
        max(norm.isf(0.025 / family), t.isf(0.025, 199)) * left,
    )
    found = []
    for _ in range(400):
        arms = drawn(sample, assumed, "asymmetry", shift, False, rng)
        without = [[tuple(np.delete(x, k, axis=2) for x in pair) for pair in arms] for k in range(seeds)]
        found.append([moved("asymmetry", *own) for own in (arms, *without)])
    whole, *parts = np.transpose(found)
    alone, joint = whole > bar, (whole > bar) & (np.min(parts, axis=0) > again)
    assert gain_power(setting, shift) == pytest.approx(alone.mean(), abs=0.07)
    assert claim_power(setting, shift) == pytest.approx(joint.mean(), abs=0.07)


def test_a_claim_takes_the_decode_seeds_that_replication_asks_for():
    one, two = (Setting("asymmetry", both(Sample(2000, 1, seeds)), PAPER, MARGINS, least_seeds=2) for seeds in (1, 2))
    barred, free = (reaches(setting, None, 1e-4, 10)[0] for setting in (one, two))
    assert not barred.reachable and barred.entries is None and "2 decode seeds" in barred.why
    assert free.reachable


def powers(kind, sample, assumed, derived, times, studies):
    """Shares of words among studies with the detectable effect, times something."""
    shift = times * detectable(kind, both(sample), assumed, MARGINS, derived=derived)
    word(kind, both(sample), assumed, shift, 0, derived)
    with unswept():
        words = Counter(word(kind, both(sample), assumed, shift, seed, derived) for seed in range(studies))
    return {name: count / studies for name, count in words.items()}


@pytest.mark.parametrize(
    ("kind", "sample", "assumed", "derived"),
    [
        ("asymmetry", Sample(300, 1, 2), replace(PAPER, discordance=0.08), False),
        ("asymmetry", Sample(100, 1, 2), PAPER, True),
        ("recovery", Sample(100, 1, 2), STEADY, False),
    ],
    ids=["asymmetry", "sidecar", "recovery"],
)
def test_the_detectable_effect_is_found_four_times_in_five(kind, sample, assumed, derived):
    assert powers(kind, sample, assumed, derived, 1, 150)["moves cleanly"] == pytest.approx(0.8, abs=0.08)


@pytest.mark.soak
@pytest.mark.parametrize("sample", [Sample(400), Sample(300, 1, 2)], ids=str)
@pytest.mark.parametrize(
    ("kind", "assumed"),
    [
        ("asymmetry", replace(PAPER, discordance=0.05)),
        ("asymmetry", replace(OTHER, discordance=0.03)),
        ("axis", replace(PAPER, discordance=0.05, axis_sd=3.0)),
        ("recovery", replace(PAPER, discordance=0.05)),
    ],
)
def test_a_grid_of_detectable_effects_is_found_four_times_in_five(kind, sample, assumed):
    assert powers(kind, sample, assumed, False, 1, 300)["moves cleanly"] == pytest.approx(0.8, abs=0.08)


@pytest.mark.soak
@pytest.mark.parametrize("sample", [Sample(60, 2, 3), Sample(100, 1, 2), Sample(200)], ids=str)
@pytest.mark.parametrize("assumed", [PAPER, OTHER], ids=["paper", "other"])
def test_a_grid_of_sidecars_is_found_four_times_in_five(sample, assumed):
    assert powers("asymmetry", sample, assumed, True, 1, 300)["moves cleanly"] == pytest.approx(0.8, abs=0.08)


def test_reference_points_of_one_test():
    """MEASURES: delta asymmetry .26 at 60, .19 at 100, .09 at 500; content power .3 at 100, .8 at 500.

    One answer per entry, one test, one side of 5 %. Asymmetry: arms that have nothing in common, spread as without a
    movement. Content: one answer in five turns.
    """
    strangers = replace(PAPER, discordance=2 * 0.55 * 0.45)
    errors = 1.645 + 0.842
    for entries, said in ((60, 0.26), (100, 0.19), (500, 0.09)):
        assert errors * standard_error("asymmetry", Sample(entries), strangers) == pytest.approx(said, abs=0.013)
    for entries, said in ((100, 0.3), (500, 0.8)):
        kept = Setting("asymmetry", {"eval": Sample(entries)}, PAPER, MARGINS, level=0.9)
        assert kept_power(kept) == pytest.approx(said, abs=0.02)


def test_more_entries_find_less_and_a_larger_family_asks_for_more():
    found = [detectable("asymmetry", both(Sample(n, 2, 3)), PAPER, MARGINS) for n in (600, 1200, 5000)]
    assert found == sorted(found, reverse=True) and found[0] > found[-1] >= MARGINS["asymmetry"]
    for derived in (False, True):
        sizes = [
            detectable("asymmetry", both(Sample(60, 2, 3)), PAPER, MARGINS, family=k, derived=derived, kept=())
            for k in (1, 40, 790)
        ]
        assert sizes[0] < sizes[1] < sizes[2] < PAPER.assertion_rate


def test_nothing_is_clean_where_content_cannot_be_shown_to_be_kept():
    small = both(Sample(54, 2, 3))
    assert detectable("asymmetry", small, PAPER, MARGINS) == math.inf
    assert detectable("asymmetry", small, PAPER, MARGINS, kept=()) < 0.4
    assert detectable("asymmetry", small, PAPER, MARGINS, derived=True) < 0.2
    assert detectable("asymmetry", {"eval": Sample(2000)}, PAPER, MARGINS) == math.inf, "nothing fresh"


def test_the_rule_of_three_keeps_words_from_small_samples():
    """58 entries may hide a shift of 5 points, however narrow the interval; 38 one of 7.5 points."""
    still = replace(PAPER, discordance=0.0)
    for entries, power in ((58, 0.0), (59, 1.0)):
        assert kept_power(Setting("asymmetry", both(Sample(entries)), still, MARGINS)) == power
    # The rarer class, wrong answers, comes from 45 % of the entries.
    assert groups(Sample(84), still, 0.45) == 37 and groups(Sample(87), still, 0.45) == 39
    for entries, power in ((84, 0.0), (87, 1.0)):
        assert equivalence_power(Setting("asymmetry", both(Sample(entries)), still, MARGINS)) == power


def test_the_entries_that_a_word_takes_are_the_first_that_reach_it():
    setting = Setting("asymmetry", both(Sample(54, 2, 3)), PAPER, MARGINS, family=40)
    found = {reach.word: reach for reach in reaches(setting, None, 1e-4, 10)}
    clean, none = found["moves cleanly"], found["no effect"]
    assert not clean.reachable and not none.reachable and "content" in clean.why

    def at(entries):
        return replace(setting, samples=both(Sample(entries, 2, 3)))

    assert {r.word: r for r in reaches(at(clean.entries), None, 1e-4, 10)}["moves cleanly"].reachable
    assert not {r.word: r for r in reaches(at(clean.entries * 9 // 10 - 10), None, 1e-4, 10)}["moves cleanly"].reachable
    assert equivalence_power(at(none.entries)) >= 0.8 > equivalence_power(at(int(none.entries * 0.95)))
    assert clean_power(at(interest(setting)), 0.15) >= 0.8


def test_a_benchmark_that_is_too_small_bars_a_clean_movement_for_good():
    samples = both(Sample(500, 1, 3))
    kept = [Kept("content", samples={**samples, "benchmark": Sample(164, 1, 3)})]
    setting = Setting("axis", samples, replace(PAPER, entry_correlation=0.6), MARGINS, kept=kept)
    clean = reaches(setting, None, 1e-4, 10)[0]
    assert not clean.reachable and clean.entries is None and "on benchmark" in clean.why


def test_a_test_that_cannot_reject_and_a_class_that_is_too_rare_are_told():
    setting = Setting("asymmetry", both(Sample(5000, 1, 3)), PAPER, MARGINS, family=790)
    assert reaches(setting, None, 1 / 20001, 10)[0].reachable
    barred = reaches(setting, None, 1 / 1001, 10)[0]
    assert not barred.reachable and barred.entries is None and "raise permutations" in barred.why
    rare = Setting("asymmetry", both(Sample(54)), replace(PAPER, accuracy=0.95, discordance=0.0), MARGINS)
    assert all(not reach.reachable and "rarer class" in reach.why for reach in reaches(rare, None, 1e-4, 10))


def test_damage_is_found_by_its_own_family():
    damage = Setting("content", both(Sample(100, 1, 2)), PAPER, MARGINS, family=20)
    found = {r.word: r for r in reaches(replace(damage, kind="asymmetry"), damage, 1e-4, 10)}["content damage"]
    assert found.reachable and gain_power(damage, found.smallest) == pytest.approx(0.8, abs=0.01)
