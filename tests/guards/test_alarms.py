"""Guards that test: uneven silence, budgets, the noise floor; and guards on labels and checklists."""

from dataclasses import replace

import numpy as np
import pytest
from factories import response
from guards.plants import BUDGETS, SPLITS, batch_matters, repetition_drifts, world, worse_when_short
from scipy.stats import binomtest, ttest_rel

from threearc.domains.protocol import CONTENT
from threearc.effects.frames import Frame
from threearc.effects.measures import mean_of
from threearc.guards import (
    budget_interaction,
    checklist_arithmetic,
    judge_missing,
    label_agreement,
    noise_floor,
    saturation,
)
from threearc.guards.alarms import difference, effect_p
from threearc.records.responses import Condition
from threearc.records.untouched import OTHER_ORDER
from threearc.statistics.clusters import ratio


def drawn(seed=0, entries=60):
    return world(entries, np.random.default_rng(seed))


def accuracy(frame):
    return mean_of(frame.right)


def held(arm, base, columns=accuracy):
    return difference([Frame(arm), Frame(base)], columns, ratio)


def test_one_answer_per_entry_gives_the_paired_t_test():
    made = drawn()
    arm, base = ([o for o in made.arms[name] if o.prompt.split == "eval"] for name in ("arm", "base"))
    found = held(arm, base)
    known = ttest_rel(*([float(o.right) for o in outcomes] for outcomes in (arm, base)))
    assert found.estimate == pytest.approx(np.mean([o.right for o in arm]) - np.mean([o.right for o in base]))
    assert found.p == pytest.approx(known.pvalue, abs=1e-9)


@pytest.mark.parametrize("moved", [1, 3, 8])
def test_no_p_is_smaller_than_the_sign_test_of_what_moved(moved):
    made = drawn()
    base = [o for o in made.arms["base"] if o.prompt.split == "eval"]
    arm = [replace(o, missing={"delivery"} if i < moved else set()) for i, o in enumerate(base)]
    found = held(arm, base, lambda frame: mean_of(frame.each(lambda o: bool(o.missing))))
    assert found.p >= binomtest(moved, moved).pvalue * (1 - 1e-9)
    assert held(base, base).p == 1 and held(base[:1], base[:1]) is None


def test_the_tests_keep_their_level_where_nothing_is_wrong():
    """Of 400 clean differences about as many are below .1 and .01 as should be."""
    found = []
    for seed in range(200):
        made = drawn(seed, entries=40)
        for split in SPLITS:
            arm, base = ([o for o in made.arms[name] if o.prompt.split == split] for name in ("arm", "base"))
            found.append(held(arm, base).p)
    assert 0.05 <= np.mean(np.array(found) <= 0.1) <= 0.14 and np.mean(np.array(found) <= 0.01) <= 0.025


def test_a_p_at_the_floor_of_a_permutation_test_is_told_further():
    evidence, _ = drawn(entries=120).evidence(with_effects=True)
    effect = next(e for e in evidence.effects if e.measure == "accuracy")
    shift = {"estimate": 0.5, "low": 0.4, "high": 0.6, "moved": 60}
    floor, above = (effect.model_copy(update={**shift, "p": p}) for p in (1 / 1001, 0.02))
    assert effect_p(floor, 1000) < 1e-9 and effect_p(above, 1000) == 0.02
    assert effect_p(effect.model_copy(update={"low": None}), 1000) is None


def of(guard, made, operator="sft", effects=False):
    evidence, infos = made.evidence(effects)
    arguments = (evidence, infos) if guard is saturation else (evidence,)
    return [r for r in guard.check(*arguments) if r.operator == operator]


def test_uneven_silence_is_found_below_the_bar_on_silence():
    made = drawn(entries=800)
    for o in made.arms["arm"][:15]:
        o.missing = {"delivery"}
    (found,) = of(judge_missing, made)
    assert found.outcome == "fail" and found.figure < found.bar and "differs by +0.019" in found.sentence
    (gate,) = of(judge_missing, made, "sidecar")
    assert gate.outcome == "pass", "the other arm's silence is not this one's"


def test_the_budget_matters_to_claims_only_where_the_largest_still_cuts():
    made = drawn(entries=200)
    worse_when_short(made, 0.3)
    (found,) = of(budget_interaction, made)
    assert (found.outcome, found.binds) == ("fail", "nothing") and "100.0 %" in found.sentence
    for o in made.arms["arm"][:3]:
        cut = {"n_tokens": 128, "finish_reason": "length"}
        o.response = o.response.model_copy(update=cut)
    (found,) = of(budget_interaction, made)
    assert (found.outcome, found.binds) == ("fail", "claims")
    (gate,) = of(budget_interaction, made, "sidecar")
    assert gate.outcome == "not applicable", "a derived text has no tokens to cut"


def test_budgets_that_cut_nothing_and_slices_that_nobody_judged():
    made = drawn()
    for o in (*made.arms["arm"], *made.arms["base"]):
        o.right_at = {}
    (found,) = of(budget_interaction, made)
    assert found.outcome == "cannot run" and str(BUDGETS[0]) in found.sentence
    assert found.binds == "nothing", "the largest budget cuts nothing"
    o = made.arms["arm"][0]
    o.response = o.response.model_copy(update={"n_tokens": 200, "finish_reason": "length"})
    (found,) = of(budget_interaction, made)
    assert (found.outcome, found.binds) == ("cannot run", "claims")
    for name in ("arm", "base"):
        made.arms[name] = [
            replace(o, response=response(o.prompt, setup=o.response.setup, tokens=20)) for o in made.arms[name]
        ]
    made.arms["gate"] = []
    (found,) = of(budget_interaction, made)
    assert found.outcome == "not applicable"


def claims(made, effects, p=0.001):
    """The evidence with an effect of the arm and of each repetition on asymmetry."""
    evidence, _ = made.evidence(with_effects=True)
    arms = {a.first.setup.condition.variant: a.condition_id for a in evidence.arms.values()}
    kept = [e for e in evidence.effects if e.measure != "assertion_asymmetry"]
    for e in evidence.effects:
        name = {i: v for v, i in arms.items()}[e.contrast.arm_condition]
        if e.measure == "assertion_asymmetry" and name in effects:
            estimate = effects[name]
            shift = {"estimate": estimate, "low": estimate - 0.05, "high": estimate + 0.05, "p": p}
            kept.append(e.model_copy(update=shift))
    return [r for r in noise_floor.check(replace(evidence, effects=kept)) if r.disposition == "humble"]


def test_a_claim_must_exceed_what_the_repetition_shows():
    made = drawn()
    for noise, outcome in ((0.1, "pass"), (-0.3, "fail"), (0.3, "fail")):
        (found,) = claims(made, {"seed 0": -0.2, "other decode seeds": noise, "other batch order": 0.0})
        assert (found.outcome, found.operator, found.binds) == (outcome, "sft", "claims")
        assert (found.figure, found.bar) == (0.2, abs(noise))
    assert claims(made, {"seed 0": 0.2, "other decode seeds": 0.3}) == [], "what did not gain claims nothing"
    (found,) = claims(made, {"seed 0": -0.2, "other decode seeds": 0.3}, p=0.04)
    assert found.outcome == "fail", "a trend or a recipe may make a claim of it, whatever its own test says"
    (found,) = claims(made, {"seed 0": -0.2})
    assert found.outcome == "cannot run"


def test_an_arm_of_known_truth_is_held_against_the_floor_too():
    made = drawn()
    known = Condition(operator="controls", variant="oracle", role="calibration", dose=0.4)
    made.arms["oracle"] = [replace(o, response=response(o.prompt, condition=known)) for o in made.arms["base"]]
    (found,) = claims(made, {"oracle": -0.2, "other decode seeds": 0.1})
    assert (found.outcome, found.operator) == ("pass", "controls")


def test_repetitions_speak_for_the_whole_cell():
    made = drawn(entries=200)
    repetition_drifts(made, 0.4)
    found = [r for r in of(noise_floor, made, None, effects=True) if r.outcome == "fail"]
    assert [r.condition for r in found] == [None] and "other decode seeds" in found[0].sentence


def test_answers_that_another_batch_changes_are_told_and_hold_nothing_back_unless_something_moved():
    told = {}
    for drift in (0.0, 0.4):
        made = drawn(entries=200)
        batch_matters(made, drift)
        first = made.arms["order"][0]
        made.arms["order"][0] = replace(first, response=response(first.prompt, "Other.", OTHER_ORDER, tokens=100))
        (told[drift],) = (r for r in of(noise_floor, made, None, effects=True) if r.condition is None)
    same, moved = told.values()
    assert same.outcome == "pass" and same.details == {"changed, other batch order": 1 / 200}
    assert "With the same seeds 0.5 % of base's answers came out otherwise" in same.sentence
    assert moved.outcome == "fail" and moved.details["changed, other batch order"] > 0.2
    assert moved.sentence.index("p = ") < moved.sentence.index("; other batch order)")


def test_a_cell_without_a_repetition_has_no_known_floor():
    made = drawn()
    made.arms |= {"seeds": [], "order": []}
    assert [r.outcome for r in of(noise_floor, made, None)] == ["cannot run"]
    made = drawn()
    made.arms["order"] = []
    assert [r.outcome for r in of(noise_floor, made, None)] == ["cannot run"], "no effect of the repetition is there"


def test_expected_accuracy_is_the_papers_at_four_and_five_claims():
    """ERRATA row 4: at hit rate .45, .61 and .41."""
    assert checklist_arithmetic.expected_right([4], 0.45, 0.5) == pytest.approx(0.609, abs=1e-3)
    assert checklist_arithmetic.expected_right([5], 0.45, 0.5) == pytest.approx(0.407, abs=1e-3)
    assert checklist_arithmetic.expected_right([5], 0.45, 0.6) == pytest.approx(0.407, abs=1e-3)


def test_checklists_that_are_not_there_or_not_judged():
    made = drawn()
    (clean,) = of(checklist_arithmetic, made, None)
    assert (clean.outcome, clean.figure, clean.binds) == ("pass", 0, "nothing")
    for o in made.arms["base"]:
        o.coverage = None
    assert [r.outcome for r in of(checklist_arithmetic, made, None)] == ["cannot run"]
    for o in made.arms["base"]:
        o.prompt = o.prompt.model_copy(update={"checklist": None})
    assert [r.outcome for r in of(checklist_arithmetic, made, None)] == ["not applicable"]


def test_label_agreement_binds_claims_of_arms_with_a_probe_and_nothing_else():
    made = drawn()
    (found,) = label_agreement.check(made.evidence()[0])
    assert (found.operator, found.outcome, found.binds) == ("sidecar", "pass", "claims") and found.figure == 1
    made.arms["gate"] = []
    (found,) = label_agreement.check(made.evidence()[0])
    assert (found.condition, found.outcome, found.binds) == (None, "pass", "nothing")


def test_labels_of_one_source_or_of_one_kind():
    made = drawn()
    for o in made.arms["base"]:
        o.scores = {CONTENT: 5}
    assert [r.outcome for r in of(label_agreement, made, "sidecar")] == ["cannot run"]
    for o in made.arms["base"]:
        o.scores = {}
    assert [r.outcome for r in of(label_agreement, made, "sidecar")] == ["not applicable"]
    assert [r.outcome for r in of(saturation, made, None)] == ["cannot run"]
