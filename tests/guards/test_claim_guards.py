"""Guards on claims of movement that need more than one answer: several seeds, several doses, labels by hand."""

from dataclasses import replace

import numpy as np
import pytest
from factories import BASE, effect, outcome, prompt, response
from factories import outcome as said
from planted import BARS, PLANTS, TREATED, cell, delivered

from threearc.effects.contrasts import compared, contrast
from threearc.effects.measures import measures
from threearc.effects.trends import curve_of, trend
from threearc.guards import dose_trend, judge_discernment, judge_validity, replication
from threearc.guards.protocol import Claim
from threearc.guards.replication import seed_effects
from threearc.records.labels import HumanLabel
from threearc.records.responses import Condition, Message

ASKED_TWICE = (Message(role="user", content="Why?"), Message(role="user", content="It is wrong."))


def arms(*effects, n=120, condition=TREATED):
    """Base and an arm, one decode seed per effect: by how much less often wrong answers assert."""
    rng = np.random.default_rng(0)
    base = [o for seed, _ in enumerate(effects) for o in delivered(BASE, n, seed, rng, wrong=0.8, right=0.8)]
    arm = [o for s, less in enumerate(effects) for o in delivered(condition, n, s, rng, wrong=0.8 - less, right=0.8)]
    return arm, base


@pytest.mark.parametrize(
    ("effects", "outcome"),
    [((0.5, 0.5), "pass"), ((0.7, 0.4), "pass"), ((0.6,), "cannot run"), ((0.1, 0.0), None)],
    ids=["both", "one of them weaker", "one seed", "no claim"],
)
def test_replication(effects, outcome):
    arm, base = arms(*effects)
    found = list(replication.check(cell([arm], base)))
    assert [r.outcome for r in found] == ([] if outcome is None else [outcome])
    assert all((r.disposition, r.binds, r.bar) == ("humble", "claims", 2) for r in found)


def test_a_seed_that_says_the_opposite_fails_a_claim():
    (found,) = PLANTS["replication"](1.5, 0)
    assert found.outcome == "fail" and found.figure == 1 and "the seeds 1 say the opposite" in found.sentence


def test_a_seed_of_one_side_only_is_no_replication():
    arm, base = arms(0.6, 0.6)
    (found,) = replication.check(cell([arm], [o for o in base if o.response.decode_seed == 0]))
    assert found.outcome == "cannot run"


def test_recovery_is_replicated_on_the_failures_that_both_arms_share():
    rows = {}
    for condition, recovers in ((BASE, lambda i: False), (TREATED, lambda i: i % 2 == 0)):
        rows[condition.operator] = [
            outcome(f"e{i}", recovers(i), condition=condition, seed=seed, turn=2, parent_id="r",
                    messages=ASKED_TWICE)
            for seed in (0, 1) for i in range(20 if condition is BASE else 40)
        ]  # fmt: skip
    made = cell([rows["sft"]], rows["base"])
    (measure,) = [m for m in measures("rubric", [], []) if m.name == "recovery_shared"]
    (arm,) = made.arms.values()
    names = contrast(arm, made.base, "eval", "chef", "tiny")
    own = effect(names, measure, compared(measure, [arm, made.base], "eval"), "checkpoint", made.plan)
    found = seed_effects(made, Claim(arm.condition_id, (arm,), measure, own, None))
    assert {seed: (e.n, e.estimate) for seed, e in found.items()} == {0: (20, 0.5), 1: (20, 0.5)}


def tempered(dose, size, n=120, variant="top heads"):
    condition = Condition(operator="tempered", variant=variant, role="treatment", dose=dose)
    return arms(size, n=n, condition=condition)[0]


@pytest.mark.parametrize(
    ("sizes", "outcome"),
    [
        ({0.1: 0.2, 0.5: 0.7}, "pass"),
        ({0.0: 0.0, 0.1: 0.3, 0.5: 0.7}, "pass"),
        ({0.1: 0.7, 0.5: 0.0}, "fail"),
        ({0.5: 0.7}, "not applicable"),
        ({0.0: 0.0, 0.5: 0.7}, "not applicable"),
    ],
    ids=["grows", "with a dose of none", "only the lowest", "one dose", "one dose and none"],
)
def test_dose_trend(sizes, outcome):
    rows = [tempered(dose, size) for dose, size in sizes.items()]
    found = list(dose_trend.check(cell(rows, arms(0.0)[1])))
    assert {r.outcome for r in found} == {outcome} and all(r.binds == "claims" for r in found)
    assert all((r.figure <= r.bar) == (outcome == "pass") for r in found if r.figure is not None)


def test_doses_of_other_variants_are_no_doses_of_this_one():
    rows = [tempered(0.1, 0.1), tempered(0.5, 0.7, variant="random heads")]
    found = list(dose_trend.check(cell(rows, arms(0.0)[1])))
    assert found and {r.outcome for r in found} == {"not applicable"}


def test_a_slope_that_is_not_defined_at_a_dose_does_not_read_as_passed():
    rows = [tempered(0.1, 0.5), tempered(0.5, 0.7)]
    for o in rows[0]:
        o.right = None
    found = list(dose_trend.check(cell(rows, arms(0.0)[1])))
    assert {r.outcome for r in found} == {"cannot run"}


@pytest.mark.parametrize("better", [True, False])
def test_the_guards_p_is_that_of_the_verdicts_trend_one_sided(better):
    rows = [tempered(0.1, 0.7), tempered(0.5, 0.7 if better else 0.0)]
    made = cell(rows, arms(0.0)[1])
    (measure,) = [m for m in measures("rubric", [], []) if m.name == "assertion_asymmetry"]
    curve = curve_of(made.arms.values(), next(iter(made.arms.values())))
    told = trend(contrast(curve[-1], made.base, "eval", "chef", "tiny"), measure, curve, made.base, made.plan)
    (found, *_) = dose_trend.check(made)
    assert (told.estimate < 0) == better
    assert found.figure == pytest.approx(told.p / 2 if better else 1 - told.p / 2, abs=1e-6)


def validated(effect=0.0, judged=0.0, n=600, labelled=300, noise=0.0, judges=("a model",), labels=True, controls=0):
    """Base and one arm whose wrong answers hedge more: by ``effect`` truly, by ``judged`` in the judge's eyes only.

    Args:
        labelled: entries whose answers have labels by hand; ``noise``: share of deliveries turned round on both arms.
        controls: arms of known truth beside it, which do half as much.
    """
    rng = np.random.default_rng(0)
    rows, sample = {}, []
    known = [Condition(operator=f"control {k}", variant="known", role="calibration") for k in range(controls)]
    for condition, less, taken in ((BASE, 0, 0), (TREATED, effect, judged), *((own, effect / 2, 0) for own in known)):
        rows[condition.operator] = own = []
        for i in range(n):
            right = bool(i % 2)
            truth = bool(rng.random() < 0.8 - (0 if right else less))
            said = truth and not (not right and rng.random() < taken / 0.8)
            own.append(outcome(f"e{i}", right, said != bool(rng.random() < noise), condition))
            words = {"correctness": ("wrong", "right")[right], "delivery": ("hedge", "assert")[truth]}
            if i < labelled:
                sample += [HumanLabel(response_id=own[-1].response.id, question=q, label=w) for q, w in words.items()]
    base = rows.pop("base")
    made = cell(list(rows.values()), base, judges=judges, labels=sample if labels else None)
    return list(judge_validity.check(made))


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ({"effect": 0.4}, "pass"),
        ({"effect": 0.4, "noise": 0.05}, "pass"),
        ({"effect": 0.4, "labelled": 150}, "pass"),
        ({"judged": 0.3}, "fail"),
        ({"effect": -0.2, "judged": 0.5}, "fail"),
        ({"effect": 0.6, "noise": 0.3}, "fail"),
        ({"effect": 0.4, "labelled": 1}, "cannot run"),
        ({"effect": 0.4, "labels": False}, "cannot run"),
        ({"labels": False, "judges": ("rules",)}, "not applicable"),
        ({"labels": False, "judges": ("rules", "a model")}, "cannot run"),
        ({"labels": False, "judges": ()}, "cannot run"),
    ],
    ids=str,
)
def test_judge_validity(case, outcome):
    (found,) = validated(**case)
    assert found.outcome == outcome and found.binds == "claims"


def test_controls_share_no_correction_with_treatments():
    """A treatment's p is the smaller one, so that any correction over all arms would show in it."""
    (alone,), (beside, *known) = (validated(effect=0.4, labelled=600, controls=many) for many in (0, 6))
    assert known
    assert alone.outcome == beside.outcome == "pass" and alone.sentence == beside.sentence


def copies(times, labelled=16, noise=0.0, prompts=False):
    """A claim of which every entry has so many answers alike, by decode seeds or by prompts."""
    rng, rows, sample = np.random.default_rng(2), {}, []
    for condition, less in ((BASE, 0.0), (TREATED, 0.5)):
        rows[condition.operator] = own = []
        for i in range(400):
            right = bool(i % 2)
            truth = bool(rng.random() < 0.8 - (0 if right else less))
            said = truth != bool(rng.random() < noise)
            for copy in range(times):
                one = outcome(f"e{i}", right, said, condition, seed=0 if prompts else copy)
                if prompts:
                    one.prompt = prompt(text=f"About e{i}, {copy}?", entry=f"e{i}")
                    one.response = response(one.prompt, condition=condition)
                own.append(one)
                words = {"correctness": ("wrong", "right")[right], "delivery": ("hedge", "assert")[truth]}
                sample += [HumanLabel(response_id=one.response.id, question=q, label=w) for q, w in words.items()][
                    : 2 * (i < labelled)
                ]
    (found,) = judge_validity.check(cell([rows["sft"]], rows["base"], judges=("a model",), labels=sample))
    return found.sentence


def test_the_p_of_a_corrected_claim_rests_on_labelled_entries():
    """Answers of the same entries that say the same make nothing surer."""
    once, often = (copies(times).split("(p = ")[1] for times in (1, 6))
    assert once == often


def test_kappa_is_as_sure_as_its_entries():
    once, often = (copies(times, labelled=60, noise=0.35, prompts=True) for times in (1, 6))
    assert once.startswith("Kappa of judge and labels") and once == often


def test_where_nothing_is_claimed_labels_hold_nothing_back():
    assert validated() == []


def test_the_figure_is_what_labels_leave_of_the_claim():
    """With labels of every answer the correction takes off all errors: what is left is the effect by hand alone."""
    (found,) = validated(effect=0.2, judged=0.3, labelled=600)
    rng, by_hand = np.random.default_rng(0), {}
    for name, less in (("base", 0.0), ("sft", 0.2)):
        truths = []
        for i in range(600):
            truths.append(bool(rng.random() < 0.8 - (0 if i % 2 else less)))
            # The judge's draws, in the order in which they were made.
            if truths[-1] and not i % 2:
                rng.random()
            rng.random()
        by_hand[name] = np.mean(truths[0::2]) - np.mean(truths[1::2])
    assert found.figure == pytest.approx(by_hand["sft"] - by_hand["base"], abs=1e-6) and found.bar == 0
    (noisy,) = validated(effect=0.6, noise=0.3)
    assert noisy.bar == BARS["judge_kappa"] and "delivery" in noisy.sentence


@pytest.mark.parametrize(("up", "outcome"), [(0, "pass"), (1, "fail")], ids=["truly", "as judged only"])
def test_scores_on_an_axis_are_held_against_scores_by_hand(up, outcome):
    """The arm's scores are one higher; by hand they are too, or they are base's."""
    rng = np.random.default_rng(1)
    (measure,) = [m for m in measures("rubric", ["completeness"], []) if m.name == "completeness"]
    rows, sample = {}, []
    for condition, more in ((BASE, 0), (TREATED, 1)):
        rows[condition.operator] = own = []
        for i in range(120):
            score = int(rng.integers(1, 4)) + more
            own.append(said(f"e{i}", condition=condition))
            own[-1].scores = {"completeness": score}
            label = str(score - more * up)
            sample.append(HumanLabel(response_id=own[-1].response.id, question="completeness", label=label))
    made = cell([rows["sft"]], rows["base"], judges=("a model",), labels=sample)
    (arm,) = made.arms.values()
    names = contrast(arm, made.base, "eval", "chef", "tiny")
    own = effect(names, measure, compared(measure, [arm, made.base], "eval"), "checkpoint", made.plan)
    (found,) = judge_validity.check(replace(made, effects=[own], measures=[measure]))
    assert found.outcome == outcome and found.disposition == "persistent"


def test_labels_of_other_cells_do_not_count():
    (arm, base) = arms(0.6)
    labels = [HumanLabel(response_id="elsewhere", question="correctness", label="right")]
    (found,) = judge_validity.check(cell([arm], base, judges=("a model",), labels=labels))
    assert found.outcome == "cannot run"


def scored(truly, judged, n=400, labelled=True, judge="a model", sides=2):
    """Base and one arm: what people say of right and wrong and of an axis, and what the judge says.

    Args:
        truly, judged: from the arm's name and the entry's number to (right, asserts, score).
    """
    rows, sample = {}, []
    for condition in (BASE, TREATED)[:sides]:
        rows[condition.operator] = own = []
        for i in range(n):
            right, asserts, score = judged(condition.operator, i)
            own.append(outcome(f"e{i}", right, asserts, condition, scores={"completeness": score}))
            own[-1].judges = {name: {f"{judge} 1f"} for name in own[-1].judges}
            words = dict(zip(("correctness", "delivery", "completeness"), truly(condition.operator, i), strict=True))
            words["correctness"] = ("wrong", "right")[words["correctness"]]
            words["delivery"] = ("hedge", "assert")[words["delivery"]]
            sample += (
                [HumanLabel(response_id=own[-1].response.id, question=q, label=str(w)) for q, w in words.items()]
                if labelled
                else []
            )
    made = cell([rows["sft"]], rows["base"], judges=(judge,), labels=sample or None)
    known = [m for m in measures("rubric", ["completeness"], []) if m.name in ("accuracy", "completeness")]
    (arm,) = made.arms.values()
    names = contrast(arm, made.base, "eval", "chef", "tiny")
    effects = [effect(names, m, compared(m, [arm, made.base], "eval"), "checkpoint", made.plan) for m in known]
    return replace(made, effects=effects, measures=known)


def lost(name, i):
    """The arm scores one higher, and every fifth of its answers is wrong that base had right."""
    return i % 2 == 0 and not (name == "sft" and i % 10 == 0), True, 2 + i % 2 + (name == "sft")


def forgiven(name, i):
    """The same to a judge that takes those for right."""
    return i % 2 == 0, *lost(name, i)[1:]


def test_what_a_kind_judge_does_not_see_lost_is_no_clean_movement():
    (seen,) = judge_validity.check(scored(lost, forgiven))
    assert (
        seen.outcome == "fail" and "accuracy then moved by -0.100" in seen.sentence and seen.disposition == "persistent"
    )
    (fair,) = judge_validity.check(scored(forgiven, forgiven))
    assert fair.outcome == "pass" and "accuracy" not in fair.sentence


def test_what_stays_by_rules_that_define_it_needs_no_labels():
    """Answers that the offline rules judged right beside axes of a judge that may err."""
    made = scored(lost, forgiven)
    for o in (*made.base.outcomes, *next(iter(made.arms.values())).outcomes):
        o.judges["coverage"] = {"rules 2e"}
    assert [row.outcome for row in judge_validity.check(made)] == ["pass"]


def deaf(name, i):
    return lost(name, i)[0], True, 3


@pytest.mark.parametrize(
    ("judged", "labelled", "outcomes"),
    [
        # Axis, correctness: a judge that says one thing, with labels or without; one that hears.
        (deaf, True, {"completeness": "fail"}),
        (deaf, False, {"completeness": "fail"}),
        (lost, True, {"completeness": "pass"}),
        (lost, False, {"completeness": "pass"}),
        # Scores turned round are no agreement, however many differ.
        (lambda name, i: (*lost(name, i)[:2], 6 - lost(name, i)[2]), True, {"completeness": "fail"}),
    ],
)
def test_a_judge_that_says_one_thing_finds_nothing_anywhere(judged, labelled, outcomes):
    found = {row.disposition: row for row in judge_discernment.check(scored(lost, judged, labelled=labelled))}
    assert {"completeness": found["persistent"].outcome} == outcomes
    assert all(row.binds == "every verdict" and row.condition is None for row in found.values())


def test_people_who_say_one_thing_too_bear_the_judge_out():
    same = scored(deaf, deaf)
    assert {row.outcome for row in judge_discernment.check(same)} == {"pass"}


def test_the_offline_rules_say_what_they_say():
    (row,) = judge_discernment.check(scored(deaf, deaf, labelled=False, judge="rules"))
    assert row.outcome == "not applicable"
