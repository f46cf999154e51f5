"""Ways to fool oneself, each with the worst that this study found."""

import importlib
import pkgutil

import pytest

import threearc.guards
from threearc.records.findings import CellEffects, Contrast, Effect, GuardResult
from threearc.reporting.contents import CellContents
from threearc.reporting.errata import own_figures, risks
from threearc.reporting.page import environment

RISKS = {risk.row: risk for risk in risks()}


def guard(name, outcome, figure=None, bar=None, model="a"):
    return GuardResult(
        guard=name, domain="chef", model=model, condition="c", operator="sft", disposition=None, binds="claims",
        outcome=outcome, figure=figure, bar=bar, sentence=f"{model} has {figure}.",
    )  # fmt: skip


def effect(measure, estimate, role="treatment", split="eval"):
    contrast = Contrast(
        domain="chef", model="a", operator="sft", variant="sft", role=role, dose=None, split=split, arm_condition="c",
        base_condition="b",
    )  # fmt: skip
    return Effect(
        contrast=contrast, target="checkpoint", measure=measure, disposition=None, arm_value=0.0, base_value=0.0,
        estimate=estimate, low=estimate - 1, high=estimate + 1, level=0.95, n=9, clusters=9, moved=1, unseen=None,
        test="t", p=None,
    )  # fmt: skip


ARM = {
    "condition_id": "c", "operator": "sft", "variant": "sft", "role": "treatment", "dose": None, "train_seed": None,
    "settings": {}, "tables": {}, "sweep": {},
}  # fmt: skip


def cell(guards=(), effects=(), probe=None, model="a"):
    found = CellEffects.model_validate(
        {"domain": "chef", "model": model, "measures": (), "arms": (ARM,), "effects": effects, "unattributable": ()}
    )
    return CellContents(f"chef/{model}", found, guards, probe, None)


def engine_guards():
    """Names of the engine's guards, from its modules."""
    found = set()
    for module in pkgutil.iter_modules(threearc.guards.__path__):
        own = vars(importlib.import_module(f"threearc.guards.{module.name}"))
        found |= {own[name] for name in ("NAME", "TRANSFER", "BASELINES") if name in own}
    return found


def test_all_ways_are_told_once_and_no_guard_of_the_engine_answers_none():
    assert list(RISKS) == list(range(1, 29))
    answering = {name for risk in RISKS.values() for name in risk.guards}
    known = engine_guards()
    assert {"truncation", "probe_transfer", "probe_baselines"} <= known
    assert known <= answering, f"no way to fool oneself names {sorted(known - answering)}"


@pytest.mark.parametrize(
    ("results", "worst"),
    [
        ([("pass", 0.0, 0.1), ("fail", 0.2, 0.1), ("cannot run", None, None)], ("fail", "0.2", "1 of 3")),
        ([("fail", 0.2, 0.1), ("fail", 0.4, 0.1), ("pass", 0.0, 0.1)], ("fail", "0.4", "2 of 3")),
        # A bar may be one to stay above: what fails by most lies farthest from it all the same.
        ([("fail", 3.0, 10.0), ("fail", 9.0, 10.0)], ("fail", "3", "2 of 2")),
        ([("pass", 0.0, 0.1), ("pass", 0.09, 0.1)], ("pass", "0.09", "2 of 2")),
        ([("pass", 0.0, 0.1), ("cannot run", None, None)], ("cannot run", None, "1 of 2")),
        ([("not applicable", None, None), ("pass", None, None)], ("pass", None, "1 of 2")),
    ],
)
def test_the_worst_result_of_any_cell_is_shown(results, worst):
    cells = [cell([guard("contamination", *result, model=f"m{i}")], model=f"m{i}") for i, result in enumerate(results)]
    (own,) = own_figures(RISKS[9], cells)
    assert (own.outcome, own.figure, own.others) == worst
    shown = next(c for c in cells if c.title == own.cell)
    assert own.id == shown.guards[0].id and own.file == f"{shown.folder}/guards.json"
    assert own.sentence == shown.guards[0].sentence


def test_a_guard_without_a_result_is_said_to_have_had_nothing_to_look_at():
    own = own_figures(RISKS[8], [cell([guard("fresh_transfer", "pass", 0.1, 0.0)])])
    by_name = {figure.what: figure.outcome for figure in own}
    assert by_name == dict.fromkeys(RISKS[8].guards, "nothing to look at in this study") | {"fresh_transfer": "pass"}


def test_the_lowest_effect_of_a_treatment_stands_for_a_measure_that_must_not_fall():
    (name, *_) = RISKS[19].measures
    effects = (
        effect(name, 0.8), effect(name, -0.5), effect(name, 2.0, role="control"), effect(name, 3.0, split="fresh"),
        effect("accuracy", 4.0),
    )  # fmt: skip
    (own,) = own_figures(RISKS[19], [cell(effects=effects)])
    assert own.figure.startswith("-0.500 (") and own.id == effects[1].id and "Of 2 arms, sft" in own.sentence
    assert own_figures(RISKS[19], [cell()])[0].outcome == "nothing to look at in this study"


def test_the_spread_of_cross_validation_is_the_widest_of_all_cells():
    def probe(low, high, step="cv", reader="h_last"):
        auc = {"estimate": 0.6, "low": 0.5, "high": 0.7}
        return {"reader": reader, "step": step, "auc": auc, "lowest": low, "highest": high}

    steps = [probe(0.5, 0.9, reader="category"), probe(0.5, 0.9, step="fresh"), probe(0.58, 0.61)]
    cells = [cell(probe={"steps": steps}), cell(probe={"steps": [probe(0.55, 0.65)]}, model="b"), cell(model="c")]
    (own,) = own_figures(RISKS[6], cells)
    assert own.cell == "b, chef" and "0.550 to 0.650" in own.sentence and own.figure == "0.600 (0.500 to 0.700)"
    assert own_figures(RISKS[6], [cell(probe={"steps": []})])[0].outcome == "nothing to look at in this study"


def test_the_section_shows_every_way_with_links_to_the_rows():
    failing = guard("truncation", "fail", 0.25, 0.1)
    cells = [cell([failing])]
    errata = [(risk, own_figures(risk, cells)) for risk in RISKS.values()]
    page = environment().get_template("errata.html.j2").render(errata=errata)
    assert page.count("<tr>") == 1 + sum(len(own) or 1 for _, own in errata)
    assert f'href="chef/a/guards.json" title="chef/a/guards.json, row {failing.id}">0.25<' in page
    assert page.count("by construction") == 1 + sum(not own for _, own in errata)
    # Truncation answers two ways.
    assert page.count('class="name fail">fail<') == 2 and "nothing to look at in this study" in page
