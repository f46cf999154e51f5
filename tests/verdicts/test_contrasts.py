"""What makes one contrast: the doses of a variant by their trend, and the training seeds of a recipe together."""

from functools import cache

import numpy as np
import pytest
from factories import BASE, prompt, response, setup

from threearc.effects.assess import assess_cell
from threearc.effects.contrasts import Plan
from threearc.effects.outcomes import Outcome
from threearc.records.findings import GuardResult
from threearc.records.responses import Condition, Message
from threearc.records.untouched import OTHER_SEEDS
from threearc.statistics.wording import interval
from threearc.verdicts.calibration import control_verdicts
from threearc.verdicts.synthesis import Cell, confirmatory, contrasts, safety, verdicts

PLAN = Plan(draws=300, permutations=999, level=0.95, seed=0)
MARGINS = {"asymmetry": 0.075, "axis": 0.25, "content": 0.05, "recovery": 0.05, "style": 0.25}
ANALYSIS = {"level": 0.95, "margins": MARGINS}
ENTRIES = 240


@cache
def asked(split):
    return [prompt(f"About {i} ({split})?", f"e{i}", split) for i in range(ENTRIES)]


def answered(condition, hedges, seed, train_seed=None, seeds=(0,)):
    """Every other answer is right and asserts; of the wrong ones a share hedges."""
    rng, made = np.random.default_rng(seed), []
    for split in ("eval", "fresh"):
        for i, to in enumerate(asked(split)):
            for decode in seeds:
                given = response(to, setup=setup(condition, train_seed=train_seed), seed=decode)
                right = i % 2 == 0
                hedged = not right and rng.random() < hedges
                made.append(Outcome(given, to, "certain", right, float(right), not hedged, style={"doubts": hedged}))
    return made


def tempered(dose, hedges, variant="top heads", role="treatment"):
    condition = Condition(operator="tempered", variant=variant, role=role, dose=dose, settings={"factor": 1 - dose})
    return answered(condition, hedges, 1 + int(10 * dose))


def trained(train_seed, hedges, recipe="main", operator="sft"):
    settings = {"recipe": recipe, "adapter": f"{operator}{train_seed}", "train_seed": train_seed}
    variant = f"seed {train_seed}" if recipe == "main" else f"{recipe}, seed {train_seed}"
    condition = Condition(operator=operator, variant=variant, role="treatment", settings=settings)
    return answered(condition, hedges, 100 + train_seed, train_seed, seeds=(0, 1))


def assessed(*arms, seeds=(0,), guards=()):
    repeated = answered(OTHER_SEEDS, 0.1, 7, seeds=seeds)
    outcomes = [*answered(BASE, 0.1, 0, seeds=seeds), *repeated, *(o for arm in arms for o in arm)]
    found, _, _ = assess_cell("chef", "tiny", "rubric", [], outcomes, [], [], {}, PLAN)
    return Cell(found, tuple(guards))


def humble(cell):
    return [v for v in verdicts([cell], ANALYSIS) if v.disposition == "humble"]


def dosed(*hedges):
    return [tempered(dose, share) for dose, share in zip((0.1, 0.2, 0.5), hedges, strict=True)]


def test_doses_of_a_variant_make_one_contrast_told_of_the_strongest():
    cell = assessed(*dosed(0.2, 0.3, 0.7), tempered(0.5, 0.1, variant="random heads", role="control"))
    (verdict,) = humble(cell)
    (trend,) = cell.found.trends
    strongest = next(e for e in cell.effects if e.contrast == trend.contrast and e.measure == trend.measure)
    assert verdict.word == "moves cleanly" and verdict.dose == 0.5 and verdict.target == "checkpoint"
    assert confirmatory([cell]) == [trend] and trend.test == "dose trend" and trend.doses == (0, 0.1, 0.2, 0.5)
    assert verdict.numbers["p_adjusted"] == trend.p < 0.01 and trend.id in verdict.effects
    assert verdict.numbers["estimate"] == interval(strongest.estimate, strongest.low, strongest.high, signed=True)
    assert "Over the doses 0, 0.1, 0.2, 0.5 it moved by" in verdict.sentence
    at = {0.0: strongest.base_value}
    at |= {e.contrast.dose: e.arm_value for e in effects_of(cell, "top heads")}
    slope = np.polyfit(list(at), list(at.values()), 1)[0]
    assert trend.estimate == pytest.approx(slope) and trend.low < trend.estimate < trend.high < 0
    assert len(at) == 4, "the other doses' effects are kept"


def effects_of(cell, variant, measure="assertion_asymmetry", split="eval"):
    every = [e for e in cell.effects if e.measure == measure and e.contrast.split == split]
    return [e for e in every if e.contrast.variant == variant]


def test_a_strongest_dose_out_of_line_is_no_trend():
    """The middle doses do all, so that the slope is flat or turned; the strongest alone would be a claim."""
    cell = assessed(*dosed(0.9, 0.9, 0.35))
    (trend,) = cell.found.trends
    (strongest,) = [e for e in effects_of(cell, "top heads") if e.contrast.dose == 0.5]
    assert strongest.p < 0.05 < trend.p and strongest.beyond(-1)
    assert [v.word for v in humble(cell)] == ["inconclusive"]


def test_a_trend_against_the_strongest_dose_makes_no_claim():
    cell = assessed(*dosed(0.2, 0.3, 0.7))
    (trend,) = cell.found.trends
    turned = trend.model_copy(update={"estimate": -trend.estimate})
    cell = Cell(cell.found.model_copy(update={"trends": (turned,)}), ())
    assert [v.word for v in humble(cell)] == ["inconclusive"]


def test_every_variant_has_a_verdict_and_a_test_of_its_own():
    cell = assessed(*dosed(0.2, 0.3, 0.7), tempered(0.1, 0.1, "other heads"), tempered(0.5, 0.1, "other heads"))
    assert [(v.variant, v.dose) for v in humble(cell)] == [("top heads", 0.5), ("other heads", 0.5)]
    assert len(confirmatory([cell])) == 2 == len(cell.found.trends)
    kept = [e for e in cell.effects if e.measure in ("accuracy", "coverage") and e.moved]
    assert len(safety([cell])) == len(kept), "damage is tested dose by dose"


def test_controls_of_known_truth_keep_a_verdict_for_every_dose():
    cell = assessed(*dosed(0.2, 0.3, 0.7), *(tempered(dose, 0.9, "oracle", "calibration") for dose in (0.1, 0.5)))
    assert {e.contrast.variant for e in cell.found.trends} == {"top heads"}
    said = [(v.variant, v.dose) for v in control_verdicts([cell], ANALYSIS) if v.disposition == "humble"]
    assert said == [("oracle", 0.1), ("oracle", 0.5)]


def test_one_dose_is_an_arm_like_any_other():
    cell = assessed(tempered(0.5, 0.7))
    assert not cell.found.trends and [v.word for v in humble(cell)] == ["moves cleanly"]
    assert "Over the doses" not in humble(cell)[0].sentence


def test_a_trend_over_nothing_is_rarely_found():
    found = []
    for seed in range(12):
        arms = [answered(tempered_of(dose), 0.1, 50 * seed + int(10 * dose)) for dose in (0.1, 0.2, 0.5)]
        found += [e.p for e in assessed(*arms).found.trends]
    assert len(found) == 12 and sum(p <= 0.05 for p in found) <= 3 and np.mean(found) == pytest.approx(0.5, abs=0.3)


def tempered_of(dose):
    return Condition(operator="tempered", variant="top heads", role="treatment", dose=dose)


def test_three_training_seeds_speak_for_the_recipe():
    cell = assessed(*(trained(seed, share) for seed, share in enumerate((0.5, 0.6, 0.7))), seeds=(0, 1))
    (verdict,) = humble(cell)
    (own,) = effects_of(cell, "3 training seeds")
    treated = [e for e in cell.found.effects if e.contrast.role == "treatment"]
    members = [e for e in treated if e.measure == own.measure and e.contrast.split == "eval"]
    assert verdict.target == own.target == "recipe" and verdict.target_in_words.startswith("this recipe")
    assert verdict.word == "moves cleanly" and (verdict.variant, verdict.condition) == (
        "3 training seeds",
        own.contrast.arm_condition,
    )
    assert own.estimate == pytest.approx(np.mean([e.estimate for e in members])) and len(members) == 3
    # What differs between seeds is known from three of them only.
    assert own.high - own.low > max(e.high - e.low for e in members)
    assert own.arms == tuple(e.contrast.arm_condition for e in members)
    assert confirmatory([cell]) == [own]
    assert {e.target for e in safety([cell])} <= {"recipe"}
    assert {e.seeds for e in cell.found.parts if e.target == "recipe"} == {"first", "others"}
    ids = {e.id for e in (*cell.found.recipes, *cell.found.parts)}
    assert set(verdict.effects) <= ids


def test_the_anchors_of_a_recipe_are_the_recipe_s():
    arms = [trained(seed, 0.6) for seed in range(3)]
    for i, arm in enumerate(arms):
        for o in arm:
            # One seed in three has forgotten half of what it knew.
            if i == 0 and o.prompt.id in {p.id for split in ("eval", "fresh") for p in asked(split)[::4]}:
                o.right, o.coverage = False, 0.0
    cell = assessed(*arms, seeds=(0, 1))
    (lost,) = effects_of(cell, "3 training seeds", "accuracy")
    assert lost.estimate == pytest.approx(-0.25 / 3, abs=0.02) and lost.target == "recipe"
    assert [v.word for v in humble(cell)] != ["moves cleanly"]


def test_two_training_seeds_are_two_checkpoints():
    cell = assessed(trained(0, 0.6), trained(1, 0.7), seeds=(0, 1))
    assert not cell.found.recipes and [v.target for v in humble(cell)] == ["checkpoint"] * 2
    assert len(confirmatory([cell])) == 2


def test_other_recipes_and_operators_are_other_contrasts():
    arms = [trained(seed, 0.6, recipe) for recipe in ("main", "all-linear") for seed in range(3)]
    arms += [trained(seed, 0.6, operator="dpo") for seed in range(3)]
    cell = assessed(*arms, trained(0, 0.6, "once"), seeds=(0, 1))
    named = [(c.operator, c.variant) for c in contrasts(cell)]
    assert sorted(named) == [
        ("dpo", "3 training seeds"),
        ("sft", "3 training seeds"),
        ("sft", "all-linear, 3 training seeds"),
        ("sft", "once, seed 0"),
    ]
    assert len({c.arm_condition for c in contrasts(cell)}) == 4 == len(confirmatory([cell]))


@pytest.mark.parametrize(("binds", "word"), [("every verdict", "not assessable"), ("claims", "inconclusive")])
def test_a_guard_that_fails_for_one_run_binds_the_recipe(binds, word):
    cell = assessed(*(trained(seed, 0.6) for seed in range(3)), seeds=(0, 1))
    failed = GuardResult(
        guard="planted", domain="chef", model="tiny", condition=cell.found.recipes[0].arms[1], operator="sft",
        disposition=None, binds=binds, outcome="fail", figure=None, bar=None, sentence="It failed.",
    )  # fmt: skip
    (verdict,) = humble(Cell(cell.found, (failed,)))
    assert verdict.word == word and verdict.guards == (failed.id,)


def test_style_without_behaviour_is_mimicry_of_a_recipe_too():
    arms = [trained(seed, 0.1) for seed in range(3)]
    for o in (o for arm in arms for o in arm):
        o.style = {"doubts": o.style["doubts"] + 1.0}
    cell = assessed(*arms, seeds=(0, 1))
    (further,) = effects_of(cell, "3 training seeds", "excess_style_doubts")
    assert further.target == "recipe" and further.low > 0
    assert [v.word for v in humble(cell)] == ["stylistic mimicry"]


def test_a_premise_that_fails_for_one_dose_fails_for_their_trend():
    cell = assessed(*dosed(0.2, 0.3, 0.7))
    (trend,) = cell.found.trends

    def word(binds):
        row = GuardResult(guard="truncation", domain="chef", model="tiny", condition=trend.arms[1], operator="tempered",
                          disposition=None, binds=binds, outcome="fail", figure=1, bar=0, sentence="Cut.")  # fmt: skip
        return humble(Cell(cell.found, [row]))[0].word

    assert word("every verdict") == "not assessable" and word("claims") == "moves cleanly"


def test_a_run_that_failed_nothing_leaves_recovery_undefined_and_told():
    arms = [trained(seed, 0.7) for seed in range(3)]
    again = [o for arm in arms[:2] for o in second_answers(arm)]
    base = answered(BASE, 0.1, 0, seeds=(0, 1))
    outcomes = [*base, *second_answers(base), *(o for arm in arms for o in arm), *again]
    found, _, _ = assess_cell("chef", "tiny", "rubric", [], outcomes, [], [], {}, PLAN)
    (told,) = [v for v in verdicts([Cell(found, ())], ANALYSIS) if v.disposition == "self_improving"]
    assert told.word == "not assessable" and told.target == "recipe"


def second_answers(arm):
    made = []
    for o in (o for o in arm if not o.right):
        messages = (*o.response.messages, Message(role="assistant", content="x"), Message(role="user", content="No."))
        own = o.response.model_copy(update={"turn": 2, "parent_id": o.response.id, "messages": messages, "id": ""})
        made.append(Outcome(type(own)(**own.model_dump(exclude={"id"})), o.prompt, "certain", True, 1.0))
    return made
