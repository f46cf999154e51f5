import numpy as np
import pytest
from factories import BASE, delivery, effect, outcome, prompt, response

from threearc.effects.arms import Arm, arms
from threearc.effects.assess import assess_cell
from threearc.effects.contrasts import Plan, contrast
from threearc.effects.frames import Frame, alike, shared_failures
from threearc.effects.measures import measures
from threearc.effects.outcomes import join
from threearc.effects.tables import budget_sweep, two_by_two
from threearc.provenance.errors import StudyError
from threearc.records.judgements import CoverageVerdict, Judgement, ResponseSubject, SliceSubject
from threearc.records.responses import Condition
from threearc.records.untouched import OTHER_SEEDS

PLAN = Plan(draws=400, permutations=1000, level=0.95, seed=0)
ARM = Condition(operator="sft", variant="sft", role="treatment")


def arm(rows, condition=BASE, split="eval"):
    """An arm from (right, asserts) per entry."""
    made = [outcome(f"e{i}", right, asserts, condition, split=split) for i, (right, asserts) in enumerate(rows)]
    return Arm(made[0].response.condition_id, tuple(made))


def found(name, treated, base, axes=("self_verification",)):
    (measure,) = [m for m in measures("rubric", axes, base.outcomes) if m.name == name]
    names = contrast(treated, base, "eval", "chef", "tiny")
    return effect(names, measure, [side.frame("eval") for side in (treated, base)], "checkpoint", PLAN)


def rows(n_wrong_asserted, n_wrong_hedged, n_right_asserted, n_right_hedged):
    return (
        [(False, True)] * n_wrong_asserted
        + [(False, False)] * n_wrong_hedged
        + [(True, True)] * n_right_asserted
        + [(True, False)] * n_right_hedged
    )


def test_asymmetry_is_the_papers_on_the_papers_counts():
    """FACTS, baseline 2x2: Gemma 4 E2B 53/5/38/4 gives -0.009, SmolLM2 45/11/33/11 gives -0.054."""
    base = arm(rows(38, 4, 53, 5))
    other = arm(rows(33, 11, 45, 11), ARM)
    row = found("assertion_asymmetry", other, base)
    assert row.base_value == pytest.approx(-0.009, abs=5e-4) and row.arm_value == pytest.approx(-0.054, abs=5e-4)
    table = two_by_two(base.outcomes, PLAN)
    assert table["cells"] == {"cr": 53, "hr": 5, "cw": 38, "hw": 4}
    assert table["rates"]["hallucination_rate"]["estimate"] == pytest.approx(0.905, abs=5e-4)
    assert table["rates"]["over_hedging_rate"]["estimate"] == pytest.approx(5 / 58, abs=1e-5)


def test_a_planted_change_is_found_with_its_size_and_sign():
    base, treated = arm(rows(40, 0, 40, 0)), arm(rows(10, 30, 40, 0), ARM)
    row = found("assertion_asymmetry", treated, base)
    assert row.estimate == pytest.approx(-0.75) and row.high < 0 and row.p < 0.01
    assert row.beyond(-1) and not row.beyond(1) and row.within(0.075) is False
    assert found("accuracy", treated, base).estimate == 0


def test_base_against_itself_moves_nothing():
    base = arm(rows(60, 5, 60, 5))
    row = found("assertion_asymmetry", arm(rows(60, 5, 60, 5), ARM), base)
    assert (row.estimate, row.p, row.moved) == (0, 1, 0) and row.low == -row.high
    assert 0 < row.high < row.unseen, "other prompts might have moved, if not by as much as nothing could have shown"
    assert row.within(0.075) and row.above(-0.05)


def test_a_few_clusters_that_show_nothing_prove_nothing():
    """Twelve entries without a change leave room for one in four of all entries: the rule of three."""
    row = found("assertion_asymmetry", arm(rows(12, 0, 60, 0), ARM), arm(rows(12, 0, 60, 0)))
    assert row.low < 0 < row.high < row.unseen == pytest.approx(1 - 0.05 ** (1 / 12))
    assert row.within(0.075) is False and row.above(-0.05) is False
    axis = found("self_verification", *(scored(condition) for condition in (ARM, BASE)))
    assert axis.unseen == pytest.approx(4 * (1 - 0.05 ** (1 / 40)))


def scored(condition):
    made = [outcome(f"e{i}", condition=condition, scores={"self_verification": 1}) for i in range(40)]
    return Arm(made[0].response.condition_id, tuple(made))


def test_text_that_is_base_s_own_leaves_alone_what_it_leaves_alone():
    base = arm(rows(12, 0, 12, 0))
    derived = [outcome(f"e{i}", o.right, i < 3, ARM, derived_from=o.response.id) for i, o in enumerate(base.outcomes)]
    treated = Arm(derived[0].response.condition_id, tuple(derived))
    assert found("accuracy", treated, base).unseen == 0 and found("accuracy", treated, base).above(-0.05)
    assert found("assertion_asymmetry", treated, base).unseen > 0.2


def test_a_gate_that_did_not_fire_here_may_fire_elsewhere():
    """What must stay base's own text leaves alone everywhere; that nothing moved in few entries is no zero."""
    base = arm(rows(20, 0, 20, 0))
    own = [outcome(f"e{i}", o.right, True, ARM, derived_from=o.response.id) for i, o in enumerate(base.outcomes)]
    treated = Arm(own[0].response.condition_id, tuple(own))
    still = found("assertion_asymmetry", treated, base)
    assert still.moved == 0 and still.low < 0 < still.high and still.within(0.075) is False
    assert found("accuracy", treated, base).within(0.05)


def test_entries_with_right_and_wrong_answers_may_hide_twice_as_large_a_shift():
    """Their wrong answers may move one way and their right ones the other."""
    mixed = [
        outcome(f"e{i}", seed == 0, True, condition, seed)
        for condition in (BASE, ARM)
        for i in range(60)
        for seed in (0, 1)
    ]
    base, treated = (Arm(own.condition_id, own.outcomes) for own in arms(mixed).values())
    assert found("assertion_asymmetry", treated, base).unseen == pytest.approx(2 * (1 - 0.05 ** (1 / 60)))


def test_answers_that_became_right_change_asymmetry_and_not_that_of_answers_alike():
    """Thirty asserted wrong answers of forty are right in the arm; nobody delivers otherwise."""
    base = arm(rows(40, 20, 40, 10))
    treated = arm([(True, True)] * 30 + rows(10, 20, 40, 10), ARM)
    assert found("assertion_asymmetry", treated, base).estimate == pytest.approx(
        (10 / 30 - 70 / 80) - (40 / 60 - 40 / 50)
    )
    same = alike([side.frame("eval") for side in (treated, base)])
    assert [len(own) for own in same] == [80, 80]
    (measure,) = [m for m in measures("rubric", (), base.outcomes) if m.name == "assertion_asymmetry_alike"]
    names = contrast(treated, base, "eval", "chef", "tiny")
    assert effect(names, measure, same, "checkpoint", PLAN).estimate == 0


def drawn_anew(seed, hedged, learnt, entries=2000):
    """Answers that are draws of their own to the same questions: wrong ones hedge more, or what asserts is right.

    Who is wrong asserts as often as who is right.
    """
    rng = np.random.default_rng(seed)
    hard = np.random.default_rng(0).random(entries) * 0.8 + 0.1
    right = rng.random(entries) > hard
    asserts = rng.random(entries) < np.where(right, 0.8, 0.8 - hedged)
    right |= asserts & (rng.random(entries) < learnt)
    return list(zip(right.tolist(), asserts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("hedged", "learnt", "own", "regrouped"),
    [(0.0, 0.5, -0.2, 0.0), (0.4, 0.0, -0.4, -0.07), (0.0, 0.0, 0.0, 0.0)],
    ids=["composition", "delivery", "nothing"],
)
def test_in_groups_that_the_arm_cannot_change_composition_is_nothing_and_delivery_is_not(
    hedged, learnt, own, regrouped
):
    """Base's repetition says which questions are hard; on answers alike in both arms composition is still seen."""
    made = [
        *arm(drawn_anew(1, 0.0, 0.0)).outcomes,
        *arm(drawn_anew(2, 0.0, 0.0), OTHER_SEEDS).outcomes,
        *arm(drawn_anew(3, hedged, learnt), ARM).outcomes,
    ]
    cell, *_ = assess_cell("chef", "tiny", "rubric", (), made, [], (), {}, PLAN)
    by_name = {e.measure: e for e in cell.effects if e.contrast.role == "treatment"}
    assert by_name["assertion_asymmetry"].estimate == pytest.approx(own, abs=0.08)
    told = by_name["assertion_asymmetry_regrouped"]
    assert told.beyond(-1) is (regrouped < 0) and told.estimate == pytest.approx(regrouped, abs=0.05)
    assert {e.measure for e in cell.effects if e.contrast.role == "noise floor"}.isdisjoint({told.measure})


def test_answers_alike_are_paired_by_prompt_and_decode_seed():
    base = [outcome("e0", right, True, seed=seed) for seed, right in enumerate((True, False, None))]
    treated = [outcome("e0", right, True, ARM, seed=seed) for seed, right in enumerate((True, True, None))]
    kept = alike([Frame(treated), Frame(base)])
    assert [[o.response.decode_seed for o in frame.outcomes] for frame in kept] == [[0], [0]]
    assert [len(frame) for frame in alike([Frame(treated), Frame([])])] == [0, 0]


def test_a_gate_that_did_not_fire_on_a_handful_of_questions_proves_nothing():
    """Of content any number of its own answers will do; of calibration it takes as many entries as events do."""
    for entries, unseen in ((9, True), (10, False)):
        base = [outcome(f"e{i}", scores={"hedging_appropriateness": 5}) for i in range(entries)]
        own = [
            outcome(f"e{i}", condition=ARM, scores={"hedging_appropriateness": 5}, derived_from=o.response.id)
            for i, o in enumerate(base)
        ]
        sides = [Arm(made[0].response.condition_id, tuple(made)) for made in (own, base)]
        settled = found("hedging_appropriateness_settled_right", *sides, axes=("hedging_appropriateness",))
        assert (settled.unseen > 0) is unseen
        assert found("accuracy", *sides).unseen == 0


def test_a_judgement_that_one_seed_lacks_shifts_nothing():
    """Answers are alike in both arms; of one seed some of the arm's wrong ones were not judged."""

    def answered(condition, lost):
        made = [
            outcome(
                f"e{i}", None if (i, seed) in lost else i >= 12, None if (i, seed) in lost else True, condition, seed
            )
            for i in range(100)
            for seed in (0, 1)
        ]
        return Arm(made[0].response.condition_id, tuple(made))

    row = found("accuracy", answered(ARM, {(i, 0) for i in range(10)}), answered(BASE, set()))
    assert (row.estimate, row.moved, row.n) == (0, 0, 100)


def test_a_measure_that_divides_by_nothing_is_undefined_and_says_why():
    base, treated = arm(rows(0, 0, 30, 0)), arm(rows(0, 0, 20, 10), ARM)
    row = found("assertion_asymmetry", treated, base)
    assert row.estimate is None and "empty" in row.undefined


def test_only_prompts_that_count_in_both_arms_are_compared():
    base, treated = arm(rows(0, 0, 20, 0) + rows(20, 0, 0, 0)), arm(rows(0, 0, 40, 0), ARM)
    for missing in treated.outcomes[20:]:
        missing.right = None
    row = found("accuracy", treated, base)
    assert row.n == 20 and row.estimate == 0


def test_shared_failures_are_the_questions_that_both_arms_failed():
    base, treated = arm(rows(10, 0, 0, 0)), arm(rows(10, 0, 0, 0), ARM)
    a, b = shared_failures([Frame(treated.outcomes[:6]), Frame(base.outcomes[4:])])
    assert [o.prompt.entry for o in a.outcomes] == [o.prompt.entry for o in b.outcomes] == ["e4", "e5"]


def test_counts_are_told_in_standard_deviations_of_base_and_the_rest_in_halves():
    base = [outcome(f"e{i}", style={"words": float(w), "svr": 0.0}) for i, w in enumerate(range(10))]
    treated = [outcome(f"e{i}", condition=ARM, style={"words": w + 3.0, "svr": 1.0}) for i, w in enumerate(range(10))]
    a, b = Arm("a", tuple(treated)), Arm("b", tuple(base))
    row = found("style_words", a, b)
    assert row.estimate == pytest.approx(3 / np.std(range(10))) and row.disposition is None
    row = found("style_svr", a, b)
    assert row.estimate == pytest.approx(2) and row.disposition == "adversarial_self", "base never shows it"


def test_the_sweep_cuts_where_a_budget_cuts_and_nowhere_else():
    asked = [outcome(f"e{i}", right=True, tokens=40) for i in range(10)]
    for o in asked:
        o.right_at = {20: False}
    points = budget_sweep(Arm("a", tuple(asked)), "eval", [20, 41, 64], PLAN)
    assert [(p["budget"], p["accuracy"]["estimate"], p["cut"]) for p in points] == [(20, 0, 1), (41, 1, 0), (64, 1, 0)]


def test_joining_reads_every_kind_of_judgement():
    asked = prompt(claims=("A b c.", "D e f."))
    given = response(asked, tokens=40)
    subject = ResponseSubject(response_id=given.id)
    half, none = (CoverageVerdict(claims={"c0": made, "c1": False}) for made in (True, False))
    fields = {"question": "coverage", "judge": "rules", "judge_hash": "j"}
    judgements = [
        Judgement(subject=subject, verdict=half, **fields),
        Judgement(subject=SliceSubject(response_id=given.id, budget=10), verdict=none, **fields),
        Judgement(subject=subject, **(fields | {"question": "scores"}), missing="silent"),
        delivery(given, "hedge"),
    ]
    (joined,) = join([given], judgements, {asked.id: asked}, {asked.id: "uncertain"}, 0.5)
    assert (joined.right, joined.coverage, joined.asserts, joined.right_at) == (True, 0.5, False, {10: False})
    assert joined.missing == {"scores"} and joined.certainty == "uncertain"
    assert joined.judges == {question: {"rules j"} for question in ("coverage", "scores", "delivery")}
    judgements[1] = judgements[1].model_copy(update={"judge_hash": "k"})
    (again,) = join([given], judgements, {asked.id: asked}, {}, 0.5)
    assert again.judges["coverage"] == {"rules j", "rules k"}, "a slice is seen by a judge too"
    assert joined.right_within(10) is False and joined.right_within(64) is True


def test_rows_of_different_runs_do_not_join():
    asked = prompt()
    given = response(asked)
    with pytest.raises(StudyError, match="never judged"):
        join([given], [], {asked.id: asked}, {}, 0.5)
    with pytest.raises(StudyError, match="not there"):
        join([], [delivery(given)], {asked.id: asked}, {}, 0.5)


def test_a_cell_compares_every_arm_with_base_on_the_splits_that_it_answered():
    base = arm(rows(20, 5, 20, 5)).outcomes + arm(rows(20, 5, 20, 5), split="fresh").outcomes
    treated = arm(rows(5, 20, 20, 5), ARM).outcomes
    for o in base:
        o.scores = {"self_verification": 5}
    cell, base_arm, others = assess_cell(
        "chef", "tiny", "rubric", ["self_verification"], [*base, *treated], [64], [], {}, PLAN
    )
    assert base_arm.first.setup.condition.role == "base" and len(others) == 1 == len(arms(treated))
    assert {e.contrast.split for e in cell.effects} == {"eval"}
    assert [set(a.tables) for a in cell.arms] == [{"eval", "fresh"}, {"eval"}]
    assert not [e for e in cell.effects if e.measure.startswith("recovery")], "nobody was asked again"
    assert [(u.disposition, "saturated" in u.why) for u in cell.unattributable] == [("adversarial_self", True)]


def test_an_arm_that_goes_on_from_another_is_held_against_both():
    base, treated = arm(rows(20, 5, 20, 5)), arm(rows(5, 20, 20, 5), ARM)
    later = Condition(operator="dpo", variant="dpo", role="treatment", continues=treated.condition_id)
    last = arm(rows(0, 25, 20, 5), later)
    outcomes = [*base.outcomes, *treated.outcomes, *last.outcomes]
    cell, _, _ = assess_cell("chef", "tiny", "rubric", ["self_verification"], outcomes, [64], [], {}, PLAN)
    (step,) = [e for e in cell.steps if e.measure == "assertion_asymmetry"]
    assert step.contrast.base_condition == treated.condition_id and step.contrast.operator == "dpo"
    assert step.estimate == pytest.approx(-0.2)
    against_base = {e.contrast.operator: e.estimate for e in cell.effects if e.measure == "assertion_asymmetry"}
    assert against_base == {"sft": pytest.approx(-0.6), "dpo": pytest.approx(-0.8)}


def test_a_benchmark_is_compared_like_the_other_splits():
    base = [*arm(rows(20, 5, 20, 5)).outcomes, *arm(rows(20, 0, 20, 0), split="benchmark").outcomes]
    treated = [*arm(rows(20, 5, 20, 5), ARM).outcomes, *arm(rows(30, 0, 10, 0), ARM, split="benchmark").outcomes]
    cell, _, _ = assess_cell("coding", "tiny", "mcas", [], [*base, *treated], [4, 64], [], {}, PLAN)
    (row,) = [e for e in cell.effects if e.measure == "accuracy" and e.contrast.split == "benchmark"]
    assert row.estimate == pytest.approx(-0.25) and row.clusters == 40
    for found in cell.arms:
        assert set(found.tables) == set(found.sweep) == {"eval", "benchmark"}
        assert [point["budget"] for point in found.sweep["benchmark"]] == [64]


def test_single_pairs_have_mcnemar_s_exact_test_and_other_clusters_the_swap_test():
    base, treated = arm(rows(20, 0, 20, 0)), arm(rows(20, 0, 20, 0)[::-1], ARM)
    single = found("accuracy", treated, base)
    assert single.test == "exact McNemar" and single.p == 1 and single.moved == 40
    one_way = found("accuracy", arm([(True, True)] * 40, ARM), base)
    assert one_way.p == pytest.approx(2 / 2**20, abs=1e-9)
    assert found("assertion_asymmetry", treated, base).test == "cluster swap"
    silent = arm([(True, True)] * 40, ARM)
    silent.outcomes[3].right = None
    assert found("accuracy", silent, base).test == "exact McNemar", "a pair of which nothing is known is no pair"
    twice = Arm(base.condition_id, base.outcomes + tuple(outcome(f"e{i}", seed=1) for i in range(40)))
    assert found("accuracy", twice, base).test == "cluster swap"
