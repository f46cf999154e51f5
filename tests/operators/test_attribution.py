"""Heads ranked both ways, the cohorts they are ranked by, and what is said when a ranking means nothing."""

import dataclasses

import numpy as np
import pytest

from threearc.domains.protocol import PRIMARY_AXES
from threearc.effects.measures import AXES
from threearc.models.features import Features
from threearc.operators.attribution import Asked, attribute, rank_heads, select_heads
from threearc.operators.cohorts import Cohorts, all_cohorts, axis_cohorts, humble_cohorts
from threearc.operators.reports import unattributable
from threearc.provenance.errors import StudyError
from threearc.records.reports import HeadsReport

LAYERS, WIDTHS = np.array([0, 4]), np.array([3, 5])
ASKED = Asked(("humble",), "magnitude", 2, ("random", "bottom"), 10, 199, 0)


def features(n=80, louder=0.0, turned=0.0, apart=0.0):
    """Two answers per entry, the first half in the first cohort; what is planted is planted in head 2 of layer 4."""
    rng = np.random.default_rng(0)
    norms, means = rng.normal(5, 1, (n, 2, 3)), rng.normal(0, 1, (n, 24)) + apart
    norms[: n // 2, 1, 2] += louder
    means[: n // 2, 19:24] += turned
    ids = [f"r{i}" for i in range(n)]
    blank = np.zeros(n)
    made = Features(
        response_ids=np.array(ids),
        finished=np.ones(n, dtype=bool),
        positions=blank,
        h_last=np.zeros((n, 2)),
        h_late=np.zeros((n, 2)),
        head_norms=norms.astype(np.float32),
        head_means=means.astype(np.float16),
        layers=LAYERS,
        widths=WIDTHS,
    )
    cohorts = Cohorts("humble", tuple(ids[: n // 2]), tuple(ids[n // 2 :]))
    return made, cohorts, {f"r{i}": f"e{i // 2}" for i in range(n)}


def report(asked=ASKED, cohorts=None, **planted):
    made, own, entries = features(**planted)
    return HeadsReport.of(attribute(made, [own] if cohorts is None else cohorts, entries, asked)).rankings


@pytest.mark.parametrize(("way", "planted"), [("magnitude", {"louder": 2.0}), ("directional", {"turned": 1.0})])
def test_a_planted_head_ranks_first_in_its_own_way_alone_under_its_layers_own_number(way, planted):
    by_way = {ranking.way: ranking for ranking in report(**planted)}
    assert by_way.keys() == {"magnitude", "directional"}
    for name, ranking in by_way.items():
        assert [head.d for head in ranking.ranking] == sorted((head.d for head in ranking.ranking), reverse=True)
        assert len(ranking.ranking) == 6 and ranking.cohort_sizes == (40, 40)
        assert ranking.maximum.observed == ranking.ranking[0].d
        top = (ranking.ranking[0].layer, ranking.ranking[0].head)
        assert (top == (4, 2) and ranking.maximum.p <= 0.01) == (name == way)


def test_the_same_seed_gives_the_same_ranking_whatever_the_order_of_the_cohorts():
    made, cohorts, entries = features(louder=0.5)
    turned = dataclasses.replace(cohorts, first=cohorts.first[::-1])
    first, again = (rank_heads(made, c, entries, 199, 0) for c in (cohorts, turned))
    assert first == again != rank_heads(made, cohorts, entries, 199, 1)


def test_swapped_cohorts_turn_the_sign_of_what_is_louder():
    made, cohorts, entries = features(louder=2.0)
    swapped = Cohorts("humble", cohorts.second, cohorts.first)
    loud, quiet = (rank_heads(made, c, entries, 100, 0)["magnitude"] for c in (cohorts, swapped))
    assert loud.heads == quiet.heads[::-1] and loud.d == pytest.approx([-d for d in quiet.d[::-1]])


def test_nearly_parallel_means_are_said_to_be_so():
    """The paper's case (ERRATA row 13): heads whose outputs all point one way, whatever the cohort."""
    apart = {ranking.way: ranking for ranking in report(apart=20.0)}
    assert all(head.cosine > 0.99 for head in apart["directional"].ranking)
    assert "2 of the 2 top heads are nearly parallel" in apart["directional"].collinear
    assert apart["magnitude"].collinear is None
    opposed = {ranking.way: ranking for ranking in report(turned=3.0)}["directional"]
    assert opposed.ranking[0].cosine < 0.5


def test_controls_are_other_heads_as_many_and_the_seeds_choice():
    made, cohorts, entries = features(louder=1.0)
    ranking = rank_heads(made, cohorts, entries, 100, 0)["magnitude"]
    chosen = select_heads(ranking, 2, ["random", "bottom"], 0)
    assert {name: len(heads) for name, heads in chosen.items()} == {"top": 2, "random": 2, "bottom": 2}
    assert not set(chosen["top"]) & {*chosen["random"], *chosen["bottom"]}
    assert chosen["bottom"] == list(ranking.heads[-2:])
    assert chosen == select_heads(ranking, 2, ["random", "bottom"], 0)


def test_more_heads_than_half_of_the_model_are_told():
    with pytest.raises(StudyError, match="6 heads") as caught:
        report(dataclasses.replace(ASKED, count=4))
    assert "tempering.heads" in caught.value.where and "at most 3" in caught.value.remedy


@pytest.mark.parametrize("way", ["magnitude", "directional"])
def test_heads_are_selected_for_the_way_and_dispositions_asked_for_alone(way):
    made, cohorts, entries = features(louder=2.0, turned=2.0)
    every = [cohorts, dataclasses.replace(cohorts, disposition="persistent")]
    found = HeadsReport.of(attribute(made, every, entries, dataclasses.replace(ASKED, way=way))).rankings
    assert [(r.disposition, r.way) for r in found if r.selected] == [("humble", way)]
    assert [(r.disposition, r.way) for r in found if r.asked] == [("humble", way)]
    assert len(found) == 4 and all(r.maximum for r in found)


def test_two_dispositions_have_random_heads_of_their_own_draw():
    made, cohorts, entries = features()
    names = ("humble", "persistent", "deliberate", "adversarial_self")
    every = [dataclasses.replace(cohorts, disposition=name) for name in names]
    asked = dataclasses.replace(ASKED, dispositions=names, count=1)
    found = HeadsReport.of(attribute(made, every, entries, asked)).rankings
    assert len({r.selected["random"] for r in found if r.selected}) > 1


def test_a_small_cohort_is_said_to_be_one_and_nothing_is_selected():
    made, cohorts, entries = features()
    few = dataclasses.replace(cohorts, first=cohorts.first[:9])
    found = HeadsReport.of(attribute(made, [few], entries, ASKED))
    assert all("9 and 40 responses; 10 are needed" in r.not_attributable for r in found.rankings)
    assert not any(r.selected for r in found.rankings) and all(r.maximum for r in found.rankings)
    none = HeadsReport.of(attribute(made, [dataclasses.replace(cohorts, first=())], entries, ASKED)).rankings
    assert all(r.ranking == () and r.maximum is None and r.not_attributable for r in none)
    (row,) = unattributable(found, None)
    assert (row.operator, row.variant, row.disposition) == ("tempered", "top heads, humble", "humble")


def test_heads_that_do_not_speak_louder_are_not_attributable_and_damped_all_the_same():
    made, cohorts, entries = features()
    made.head_norms[:40] -= 3
    quiet, _ = HeadsReport.of(attribute(made, [cohorts], entries, ASKED)).rankings
    assert "Only 0 of the 2 heads" in quiet.not_attributable and quiet.selected["top"]
    made.head_norms[:40] += 6
    loud, _ = HeadsReport.of(attribute(made, [cohorts], entries, ASKED)).rankings
    assert loud.not_attributable is None


def test_humble_cohorts_are_confident_answers_judged_both_ways():
    right, asserts = {"a": True, "b": False, "c": False, "d": True}, {"a": True, "b": True, "c": False, "e": True}
    found = humble_cohorts(["a", "b", "c", "d", "e"], right, asserts)
    assert found == Cohorts("humble", ("b",), ("a",))


def test_an_axis_parts_low_from_high_scorers_and_leaves_out_the_middle():
    scores = {f"r{i}": {"completeness": 1 + i % 5} for i in range(50)} | {"other": {"completeness": 1}}
    names = [f"r{i}" for i in range(50)] + ["unscored"]
    found = axis_cohorts("persistent", "completeness", names, scores)
    assert found.sizes == (20, 20) and found.why is None and "other" not in found.first


@pytest.mark.parametrize(("most", "words"), [(5, "98.0 % of base's answers score 4 or more"), (1, "score 2 or less")])
def test_a_saturated_axis_is_said_to_be_so_either_way(most, words):
    scores = {f"r{i}": {"x": 6 - most if i < 2 else most} for i in range(100)}
    assert words in axis_cohorts("deliberate", "x", list(scores), scores).why
    scores = {f"r{i}": {"x": 6 - most if i < 6 else most} for i in range(100)}
    assert axis_cohorts("deliberate", "x", list(scores), scores).why is None


def test_a_saturated_axis_is_ranked_and_not_damped():
    made, cohorts, entries = features(louder=2.0)
    full = dataclasses.replace(cohorts, why="The axis x is saturated.")
    found = HeadsReport.of(attribute(made, [full], entries, ASKED)).rankings
    assert all(r.not_attributable == "The axis x is saturated." and not r.selected for r in found)


@pytest.mark.parametrize("instrument", ["rubric", "mcas"])
def test_every_disposition_that_first_answers_show_has_cohorts(instrument):
    scores = {f"r{i}": dict.fromkeys(AXES[instrument], 1 + 4 * (i % 2)) for i in range(20)}
    found = all_cohorts(list(scores), {}, {}, scores, instrument)
    assert [c.disposition for c in found] == ["humble", "adversarial_self", "deliberate", "persistent"]
    assert [c.sizes for c in found[1:]] == [(10, 10)] * 3
    unscored = all_cohorts(list(scores), {}, {}, {}, instrument)
    assert all("No answer is scored" in c.why for c in unscored[1:])
    assert all(AXES[instrument][axis] == disposition for disposition, axis in PRIMARY_AXES[instrument].items())


def test_answers_that_were_cut_are_in_no_cohort():
    made, cohorts, _ = features()
    made.finished[:30] = False
    assert made.finished_of([*cohorts.first]) == [f"r{i}" for i in range(30, 40)]
