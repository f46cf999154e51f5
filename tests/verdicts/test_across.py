"""All cells together: planted effects come out, with what differs between cells and what another cell would show."""

import numpy as np
import pytest
from scipy.special import stdtrit

from threearc.records.findings import CellEffects, Contrast, Effect, MeasureInfo
from threearc.statistics.pooling import pooled
from threearc.verdicts.across import across, standard_error
from threearc.verdicts.synthesis import Cell

ANALYSIS = {"level": 0.95, "margins": {"asymmetry": 0.075}}
HUMBLE = MeasureInfo(name="assertion_asymmetry", disposition="humble", margin="asymmetry", good=-1, primary=True)


def effect(estimate, half, model, operator="sft", variant="seed 0", **fields):
    low, high = (None, None) if estimate is None else (estimate - half, estimate + half)
    return Effect(
        contrast=Contrast(
            domain="chef", model=model, operator=operator, variant=variant, role="treatment", dose=None, split="eval",
            arm_condition=f"{operator} {variant}", base_condition="base",
        ),
        target="checkpoint", measure=HUMBLE.name, disposition="humble", arm_value=0.0, base_value=0.0,
        estimate=estimate, low=low, high=high, level=0.95, n=100, clusters=50, test="t", p=0.5,
        **{"moved": 20, "unseen": 0.01} | fields,
    )  # fmt: skip


def cell(model, *effects):
    made = [effect(*e[:2], model, *e[2:]) for e in effects]
    return Cell(
        CellEffects(domain="chef", model=model, measures=(HUMBLE,), arms=(), effects=tuple(made), unattributable=()), ()
    )


def cells(mean, between, error, count, seed=0):
    rng = np.random.default_rng(seed)
    truths = mean + between * rng.normal(size=count)
    return [cell(f"m{i}", (t + error * rng.normal(), stdtrit(49, 0.975) * error)) for i, t in enumerate(truths)]


def test_a_planted_effect_is_found_over_cells_of_which_few_show_it_alone():
    drawn = cells(-0.1, 0.03, 0.06, 10)
    (row,) = across(drawn, ANALYSIS)["rows"]
    assert row["k"] == 10 and row["low"] < -0.1 < row["high"] < 0 and row["p_adjusted"] <= 0.05
    assert sum(e.beyond(-1) for c in drawn for e in c.effects) < 8
    assert row["predicted_low"] < row["low"] and row["moved"] == "good"


def test_the_row_is_the_random_effects_mean_of_what_cells_show():
    drawn = cells(-0.2, 0.1, 0.04, 6, seed=3)
    (row,) = across(drawn, ANALYSIS)["rows"]
    effects = [e for c in drawn for e in c.effects]
    own = pooled([e.estimate for e in effects], [standard_error(e) ** 2 for e in effects], 0.95)
    assert row["estimate"] == pytest.approx(own.mean.estimate, abs=1e-6)
    assert row["tau2"] == pytest.approx(own.tau2, abs=1e-6) and 0.003 < row["tau2"] < 0.04
    assert [c["effect"] for c in row["cells"]] == [e.id for e in effects]
    assert standard_error(effects[0]) == pytest.approx(0.04, rel=1e-9)


def test_a_recipe_has_a_standard_error_of_its_own():
    """Its interval has a half width for its prompts and one for its few seeds: no one t is in both."""
    assert standard_error(effect(-0.2, 0.4, "m", error=0.04)) == 0.04


def test_cells_in_which_nothing_moved_count_by_what_their_entries_need_not_have_shown():
    moved, still = cells(-0.2, 0.0, 0.03, 3), effect(0.0, 0.0, "m", unseen=0.06, moved=0)
    assert standard_error(still) == pytest.approx(0.06 / stdtrit(49, 0.975))
    assert standard_error(effect(0.0, 0.0, "m", unseen=None)) is None
    made = CellEffects(domain="chef", model="b", measures=(HUMBLE,), arms=(), effects=(still,), unattributable=())
    drawn = [*moved, cell("a", (None, None)), Cell(made, ())]
    (row,) = across(drawn, ANALYSIS)["rows"]
    assert (row["k"], row["undefined"], row["untouched"]) == (4, 1, 1)
    assert row["estimate"] > across(moved, ANALYSIS)["rows"][0]["estimate"] + 0.03
    assert row["high"] > 0, "three cells that moved and one that did not make no claim about cells like these"


def test_a_single_cell_has_no_interval_and_no_prediction_takes_two():
    one = across(cells(-0.2, 0.0, 0.03, 1), ANALYSIS)
    assert one["rows"][0]["low"] is None and "no contrast that two cells share" in one["sentences"][0]["sentence"]
    (two,) = across(cells(-0.2, 0.0, 0.03, 2), ANALYSIS)["rows"]
    assert two["low"] is not None and two["predicted_low"] is None
    assert across([cell("a", (None, None))], ANALYSIS)["rows"][0]["estimate"] is None


def test_an_operator_s_sentence_names_what_moved_and_which_way():
    good, bad, open_ = cells(-0.3, 0, 0.03, 5), cells(0.3, 0, 0.03, 5, 1), cells(0.0, 0, 0.03, 5, 2)
    drawn = []
    for i, sides in enumerate(zip(good, bad, open_, strict=True)):
        own = [c.effects[0].estimate for c in sides]
        named = [("sft", "seed 0"), ("sft", "all-linear"), ("sidecar", "gate")]
        drawn.append(cell(f"m{i}", *((e, 0.0588, *name) for e, name in zip(own, named, strict=True))))
    found = across(drawn, ANALYSIS)
    told = {row["operator"]: row["sentence"] for row in found["sentences"]}
    assert told["sft"].startswith("sft moved humble (seed 0) by -0.") and "over 5 cells" in told["sft"]
    assert "; moved the wrong way: humble (all-linear) by +0." in told["sft"]
    assert told["sidecar"].startswith("sidecar moved nothing that stands out of one contrast; what came nearest")
    assert [row["moved"] for row in found["rows"]] == ["good", "bad", "open"]
    assert found["rows"][0]["p_adjusted"] > found["rows"][0]["p"]


def test_of_no_effect_anywhere_one_study_in_twenty_says_otherwise():
    rows = [across(cells(0.0, 0.05, 0.04, 6, seed), ANALYSIS)["rows"][0] for seed in range(200)]
    assert sum(row["moved"] != "open" for row in rows) / 200 == pytest.approx(0.05, abs=0.035)
