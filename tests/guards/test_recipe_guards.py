"""Guards on claims of a recipe: its training seeds together are looked at, and no run by itself."""

from functools import cache
from statistics import fmean

import numpy as np
import pytest
from factories import BASE, prompt, response, setup
from guards.plants import BARS, PLAN

from threearc.effects.assess import assess_cell
from threearc.effects.measures import measures
from threearc.effects.outcomes import Outcome
from threearc.guards.claimed import claims
from threearc.guards.protocol import Evidence
from threearc.guards.run import run_guards
from threearc.records.labels import HumanLabel
from threearc.records.responses import Condition
from threearc.records.untouched import OTHER_SEEDS
from threearc.verdicts.synthesis import Cell, verdicts

MARGINS = {"asymmetry": 0.075, "axis": 0.25, "content": 0.05, "recovery": 0.05, "style": 0.25}
ENTRIES, SEEDS = 160, (0, 1)
ON_CLAIMS = {"fresh_transfer", "replication", "dose_trend", "noise_floor", "judge_validity"}


@cache
def asked(split):
    return [prompt(f"About {i} ({split})?", f"e{i}", split) for i in range(ENTRIES)]


def answered(condition, hedges, draw, train_seed=None):
    """Every other answer is right and asserts; of the wrong ones a share hedges, by split and decode seed."""
    rng, made = np.random.default_rng(draw), []
    for split in ("eval", "fresh"):
        for i, to in enumerate(asked(split)):
            for seed in SEEDS:
                given = response(to, setup=setup(condition, train_seed=train_seed), seed=seed)
                right, share = i % 2 == 0, hedges.get((split, seed), hedges.get(split, hedges["eval"]))
                made.append(Outcome(given, to, "certain", right, float(right), right or rng.random() >= share))
    return made


def trained(seed, dose=None, **hedges):
    """A run of the recipe; ``first``: share under the first decode seed on eval."""
    own = {"eval": 0.5, **hedges} | ({("eval", 0): hedges["first"]} if "first" in hedges else {})
    settings = {"adapter": f"{seed}/{dose}", "train_seed": seed}
    condition = Condition(operator="sft", variant=f"seed {seed}", role="treatment", dose=dose, settings=settings)
    return answered(condition, own, 10 + seed, seed)


def judged(*runs, base=0.1, again=0.1, truly=None):
    """The cell with its guards, where base hedges in this share of wrong answers, and its repetition in ``again``.

    Args:
        truly: whether an answer stands by itself, as people see it, by outcome; labels are of every answer on eval.
    """
    outcomes = [*answered(BASE, {"eval": base}, 0), *answered(OTHER_SEEDS, {"eval": again}, 1)]
    outcomes += [o for run in runs for o in run]
    found, own, others = assess_cell("chef", "tiny", "rubric", [], outcomes, [], [], {}, PLAN, brief=True)
    labels = [
        HumanLabel(response_id=o.response.id, question=question, label=label)
        for o in outcomes
        if truly is not None and o.prompt.split == "eval"
        for question, label in (
            ("correctness", "right" if o.right else "wrong"),
            ("delivery", "assert" if truly(o) else "hedge"),
        )
    ]
    evidence = Evidence(
        "chef", "tiny", [p for split in ("eval", "fresh") for p in asked(split)], own, others, found.effects, [], None,
        None, BARS, measures=measures("rubric", [], own.split("eval")), plan=PLAN, budgets=[], correct_coverage=0.5,
        margins=MARGINS,
        judges=frozenset({"rules" if truly is None else "a model"}), labels=labels or None, recipes=found.recipes,
    )  # fmt: skip
    return evidence, Cell(found, run_guards(evidence, found.measures))


def row(cell, guard):
    """The guard's one row on the claim."""
    (found,) = [r for r in cell.guards if r.guard == guard and r.disposition == "humble"]
    return found


def recipe_of(cell):
    return cell.found.recipes[0].contrast.arm_condition


def test_every_guard_on_claims_looks_at_the_recipe_and_at_none_of_its_runs():
    evidence, cell = judged(*map(trained, range(3)), truly=lambda o: o.asserts)
    (claim,) = claims(evidence)
    assert claim.condition == recipe_of(cell) and len(claim.arms) == 3 and claim.operator == "sft"
    rows = [row(cell, guard) for guard in sorted(ON_CLAIMS)]
    assert {(r.condition, r.operator) for r in rows} == {(recipe_of(cell), "sft")}
    assert {r.guard: r.outcome for r in rows} == dict.fromkeys(ON_CLAIMS, "pass") | {"dose_trend": "not applicable"}
    told = [v for v in verdicts([cell], {"level": 0.95, "margins": MARGINS}) if v.disposition == "humble"]
    assert [v.condition for v in told] == [recipe_of(cell)] and {r.id for r in rows} <= {*told[0].guards}


def test_a_recipe_that_is_gone_on_fresh_prompts_fails():
    _, cell = judged(*(trained(seed, fresh=0.1) for seed in range(3)))
    assert row(cell, "fresh_transfer").outcome == "fail"


def test_one_run_that_does_not_transfer_by_itself_holds_nothing_back():
    _, cell = judged(*(trained(seed, fresh=share) for seed, share in enumerate((0.2, 0.13, 0.2))))
    fresh = [e for e in cell.found.effects if e.contrast.split == "fresh" and e.measure == "assertion_asymmetry"]
    assert [e.beyond(-1) for e in fresh if e.contrast.operator == "sft"] == [True, False, True]
    assert row(cell, "fresh_transfer").outcome == "pass"


def test_a_decode_seed_that_says_the_opposite_of_the_recipe_fails():
    _, cell = judged(*(trained(seed, eval=0.1, first=0.95) for seed in range(3)), base=0.4)
    found = row(cell, "replication")
    assert (
        found.outcome == "fail"
        and "the seeds 1 say the opposite" in found.sentence
        and set(found.details) == {"0", "1"}
    )
    evidence, _ = judged(*(trained(seed, eval=0.1, first=0.95) for seed in range(3)), base=0.4)
    wrong = lambda arm: [not o.asserts for o in arm.split("eval") if not o.right and o.response.decode_seed == 1]  # noqa: E731
    (claim,) = claims(evidence)
    by_hand = fmean(wrong(evidence.base)) - fmean(fmean(wrong(run)) for run in claim.arms)
    assert found.details["1"] == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize(("again", "outcome"), [(0.1, "pass"), (0.9, "fail")])
def test_a_recipe_must_exceed_the_noise_floor(again, outcome):
    _, cell = judged(*map(trained, range(3)), again=again)
    found = row(cell, "noise_floor")
    (own,) = [e for e in cell.found.recipes if e.measure == "assertion_asymmetry" and e.contrast.split == "eval"]
    assert found.outcome == outcome and found.figure == pytest.approx(-own.estimate, abs=1e-6)


@pytest.mark.parametrize(("doses", "outcome"), [({0.1: 0.3, 0.5: 0.7}, "pass"), ({0.1: 0.7, 0.5: 0.25}, "fail")])
def test_more_of_a_recipe_must_do_more(doses, outcome):
    _, cell = judged(*(trained(seed, dose, eval=share) for dose, share in doses.items() for seed in range(3)))
    found = [r for r in cell.guards if r.guard == "dose_trend" and r.disposition == "humble"]
    assert {r.condition for r in found} == {e.contrast.arm_condition for e in cell.found.recipes} and len(found) == 2
    assert {r.outcome for r in found} == {outcome}


@pytest.mark.parametrize(("real", "outcome"), [(True, "pass"), (False, "fail")], ids=["truly", "as judged only"])
def test_labels_are_held_against_the_mean_of_the_runs(real, outcome):
    """Labels of every answer take off all errors: what is left is the runs' mean effect by hand."""

    def truly(o):
        # Unless it is real, people see no hedge where the judge sees one in every other entry of the runs.
        blind = not real and o.response.setup.condition.operator == "sft" and int(o.prompt.entry[1:]) % 5
        return o.asserts or bool(blind)

    evidence, cell = judged(*map(trained, range(3)), truly=truly)
    found = row(cell, "judge_validity")
    (claim,) = claims(evidence)

    def asymmetry(arm):
        stands = {right: [truly(o) for o in arm.split("eval") if o.right is right] for right in (True, False)}
        return fmean(stands[False]) - fmean(stands[True])

    if real:
        by_hand = fmean(map(asymmetry, claim.arms)) - asymmetry(evidence.base)
        assert found.figure == pytest.approx(by_hand, abs=1e-6) and "960 and 320 labelled answers" in found.sentence
    assert found.outcome == outcome
