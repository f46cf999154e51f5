"""Steps against bars, axes, failure modes, and what another model's probe tells."""

import json

import numpy as np
import pytest
from probes import ANALYSIS, FITTING, answers, probe_of

from threearc.records.findings import ArmSummary, CellEffects
from threearc.records.probes import Estimate, ProbeReport
from threearc.verdicts.bars import against, axis_rows, bars_of, by_estimate, step_rows
from threearc.verdicts.modes import FACTS, TABLE, name_mode
from threearc.verdicts.second_base import ProbedCell, reads, sidecar_synthesis

AXES = (("a", 1), ("noise", None))


def report(fresh=None, least_class=10, **fields):
    common = {"n": 240, "axes": AXES} | fields
    other = {"seed": 1, "name": "f", "use": "fresh"} | (fresh or {})
    return ProbeReport.of(probe_of(answers(**common), answers(**(common | other)), least_class=least_class))


def estimate(low, high, value=None):
    return Estimate(estimate=(low + high) / 2 if value is None else value, low=low, high=high)


NOTHING = Estimate(estimate=None, low=None, high=None)


def cell(probe, model="a", domain="chef", asymmetry=(-0.1, 0.1)):
    rates = {"assertion_asymmetry": estimate(*asymmetry).model_dump()}
    arm = ArmSummary(
        condition_id="c",
        operator="base",
        variant="base",
        role="base",
        dose=None,
        train_seed=None,
        settings={},
        tables={"fresh": {"rates": rates}},
        sweep={},
    )
    found = CellEffects(domain=domain, model=model, measures=(), arms=(arm,), effects=(), unattributable=())
    return ProbedCell(found, probe)


@pytest.mark.parametrize(
    ("auc", "outcome", "reported"),
    [
        (estimate(0.64, 0.8), "pass", "pass"),
        (estimate(0.55, 0.8), "open", "pass"),
        (estimate(0.40, 0.7), "open", "fail"),
        (estimate(0.40, 0.62), "fail", "fail"),
        (Estimate(estimate=0.7, low=None, high=None), "open", "pass"),
        (NOTHING, "open", "open"),
        (None, "open", "open"),
    ],
)
def test_a_bar_is_passed_by_the_whole_interval(auc, outcome, reported):
    assert (against(auc, 0.63), by_estimate(auc, 0.63)) == (outcome, reported)


def test_steps_pass_where_a_signal_is_and_stay_apart_from_what_plain_cv_would_say():
    rows = {row["step"]: row for row in step_rows(report(signal=1.5), bars_of(ANALYSIS))}
    assert (rows[1]["outcome"], rows[2]["outcome"]) == ("pass", "pass") and rows[4]["outcome"] != "pass"
    assert rows[2]["bar"] == 0.63
    leaky = step_rows(report(entry_signal=3.0, per_entry=6), bars_of(ANALYSIS))[0]
    assert leaky["as_reported"] == "pass" and leaky["outcome"] != "pass"


def test_steps_without_a_probe_are_not_attributable():
    probe = report(share=1.0)
    rows = step_rows(probe, bars_of(ANALYSIS))
    assert {row["outcome"] for row in rows} == {"not attributable"} == {row["as_reported"] for row in rows}
    assert all(row["why"] == probe.not_attributable for row in rows)


def test_axes_pass_with_both_aucs_and_apart_from_each_other():
    rows = {row["axis"]: row for row in axis_rows(report(), bars_of(ANALYSIS))}
    assert rows["a"]["outcome"] == "pass" and rows["a"]["nearest"] == "noise"
    assert rows["noise"]["outcome"] in ("fail", "open") and rows["noise"]["as_reported"] == "fail"
    twins = axis_rows(report(axes=(("a", 1), ("b", 1))), bars_of(ANALYSIS))
    assert [row["outcomes"]["cross_axis"] for row in twins] == ["fail", "fail"]
    assert [row["outcome"] for row in twins] == ["fail", "fail"]
    (alone,) = axis_rows(report(axes=(("a", 1),)), bars_of(ANALYSIS))
    assert alone["outcomes"] == {"cv": "pass", "transfer": "pass", "cross_axis": "open"}, "nobody could tell"
    assert alone["outcome"] == alone["as_reported"] == "open" and alone["nearest"] is None


@pytest.mark.parametrize(
    ("probe", "asymmetry", "mode", "told"),
    [
        ({"signal": 1.5}, (-0.1, 0.1), "transfers", "reaches 0.63"),
        ({}, (-0.1, 0.1), "single output distribution", "delivered alike"),
        ({}, (-0.4, -0.1), "open", "no rule holds"),
        ({}, (-0.05, -0.01), "single output distribution", "delivered alike"),
        ({"share": 0.6, "fresh": {"share": 0.1}}, (-0.1, 0.1), "capability cliff", "difference -0."),
        ({"share": 0.6, "fresh": {"share": 0.0}}, (-0.1, 0.1), "capability cliff", "difference -0."),
        ({"share": 0.2, "fresh": {"share": 0.16, "n": 100}}, (-0.1, 0.1), "capability cliff", "are needed"),
        ({"share": 1.0}, (-0.1, 0.1), "not attributable", "rarer class"),
        # The paper's Gemma: 58 of 100, then 55 of 193 right. Half of it is no collapse, and what transfers is no cliff.
        ({"share": 0.58, "fresh": {"share": 0.285}}, (-0.1, 0.1), "single output distribution", "delivered alike"),
        ({"share": 0.6, "signal": 2.0, "fresh": {"share": 0.15}}, (-0.1, 0.1), "transfers", "reaches 0.63"),
        # Few answers tell nothing: neither that the bar is missed nor that right and wrong are delivered alike.
        ({"fresh": {"n": 50}}, (-0.1, 0.1), "open", "no rule holds"),
        ({}, (-0.2, 0.1), "open", "no rule holds"),
    ],
)
def test_failure_modes_are_named_by_rule(probe, asymmetry, mode, told):
    found = name_mode(report(**probe), estimate(*asymmetry), ANALYSIS)
    assert (found["mode"], told in found["sentence"]) == (mode, True), found
    assert found["facts"].keys() == FACTS.keys()


def test_an_unknown_fact_names_no_mode():
    assert name_mode(report(), None, ANALYSIS)["mode"] == "open"
    assert name_mode(report(), NOTHING, ANALYSIS)["facts"]["delivery_alike"] is None


def test_few_wrong_answers_are_no_cliff():
    found = name_mode(report(share=0.5, fresh={"share": 0.97}), estimate(-0.1, 0.1), ANALYSIS)
    assert found["mode"] == "open" and found["facts"]["few_right"] is False and found["facts"]["healthy"] is False


def test_the_table_of_modes_reads_facts_that_are_told_and_ends_in_open():
    assert {name for row in TABLE for name in row.needs} == set(FACTS)
    assert TABLE[-1].needs == () and TABLE[-1].name == "open"


def test_the_second_base_counts_models_and_is_json():
    cells = [cell(report(signal=1.5), "a"), cell(report(), "b"), cell(report(share=1.0), "c")]
    found = sidecar_synthesis(cells, ANALYSIS, 0)
    (fresh,) = [row for row in found["second_base"] if row["step"] == 2]
    assert (fresh["passed"], fresh["models"], fresh["outcomes"]["a"]) == (1, 3, "pass")
    assert (
        fresh["sentence"].startswith("Step 2 passes in 1 of 3 models (") and "1 not attributable" in fresh["sentence"]
    )
    assert {(row["probe_of"], row["answers_of"]) for row in found["cross_model"]} == {("a", "b"), ("b", "a")}
    assert [row["mode"] for row in found["modes"]] == ["transfers", "single output distribution", "not attributable"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_domains_are_kept_apart():
    found = sidecar_synthesis([cell(report(), "a"), cell(report(), "b", "coding")], ANALYSIS, 0)
    assert found["cross_model"] == [] and len(found["second_base"]) == 6


def pair(own_signal, shared):
    """Two models' probes of the same prompts; what is right is right for both, and each has a state of its own.

    With ``shared`` the second model's states say as much of it, else nothing.
    """
    fields = {"n": 400, "signal": own_signal}
    first = probe_of(answers(**fields), answers(**fields, seed=1, name="f", use="fresh"), fitting=FITTING)
    second = [answers(**fields), answers(**fields, seed=1, name="f", use="fresh")]
    rng = np.random.default_rng(9)
    for part in second:
        part.h_last[:] = rng.normal(size=part.h_last.shape)
        if shared:
            part.h_last[:, 0] += own_signal * (2 * part.right - 1)
    return [cell(ProbeReport.of(first), "a"), cell(ProbeReport.of(probe_of(*second)), "b")]


@pytest.mark.parametrize(("shared", "reading"), [(True, "prompt"), (False, "state")])
def test_a_probe_that_another_models_can_stand_in_for_reads_the_prompt(shared, reading):
    found = sidecar_synthesis(pair(1.5, shared), ANALYSIS, 0)["cross_model"]
    (row,) = [row for row in found if (row["probe_of"], row["answers_of"]) == ("b", "a")]
    assert row["reads"] == reading and row["prompts"] == 200
    assert row["difference"]["estimate"] == pytest.approx(row["auc"]["estimate"] - row["own"]["estimate"], abs=2e-6)


@pytest.mark.parametrize(
    ("own", "auc", "difference", "expected"),
    [
        ((0.6, 0.8), (0.6, 0.8), (-0.04, 0.1), "prompt"),
        ((0.6, 0.8), (0.4, 0.6), (-0.2, -0.01), "state"),
        ((0.4, 0.7), (0.2, 0.4), (-0.3, -0.01), "open"),
        ((0.6, 0.8), (0.6, 0.8), (-0.2, 0.1), "open"),
        ((0.4, 0.6), (0.4, 0.6), (-0.04, 0.1), "open"),
        ((None, None), (None, None), (None, None), "open"),
    ],
)
def test_what_a_probe_reads_needs_intervals_that_say_so(own, auc, difference, expected):
    rows = [dict(zip(("low", "high"), pair, strict=True)) for pair in (own, auc, difference)]
    assert reads(*rows, 0.05) == expected
