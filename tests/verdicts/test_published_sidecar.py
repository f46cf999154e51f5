"""The third arc's steps on the states that the paper published: SmolLM2 on chef, clusters being rows."""

import json

import pytest
from probes import FITTING
from studies import REPOSITORY

from benchmarks.errata.released import RESULTS, Released
from threearc.operators.probing.crossvalidation import Fitting
from threearc.operators.probing.report import fit_probe
from threearc.records.probes import ProbeReport
from threearc.verdicts.bars import step_rows
from threearc.verdicts.modes import name_mode

PUBLISHED = REPOSITORY.parent / "shared/published"
pytestmark = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason=f"the paper's published data are not there ({PUBLISHED}): nothing is compared"
)
ANALYSIS = {
    "guards": {"probe_auc": 0.63, "least_class": 10},
    "bars": {"cv": 0.65, "late": 0.6, "axis_cv": 0.65, "axis_transfer": 0.6, "cross_axis": 0.8, "cross_model": 0.05},
    "margins": {"asymmetry": 0.075},
}


def answers():
    return Released(PUBLISHED).smollm_answers()


@pytest.fixture(scope="module")
def report():
    fitting = Fitting((0.1, 1.0), folds=5, repeats=3, control_draws=1, seed=0, draws=500, level=0.95)
    return ProbeReport.of(fit_probe(answers(), fitting, 0.7, 10))


@pytest.mark.parametrize(("c", "name"), [(0.1, "C=0.1"), (1.0, "C=1.0")])
def test_fresh_auc_is_the_published_one(c, name):
    published = json.loads((PUBLISHED / RESULTS / "smollm_factual_probe.json").read_text())
    fitting = Fitting((c,), FITTING.folds, 1, 1, 0, 300, 0.95)
    own = ProbeReport.of(fit_probe(answers(), fitting, 0.7, 10)).step("h_last", "fresh")
    assert (own.n, own.right) == (published["fresh_n"], published["fresh_pos"])
    assert own.auc.estimate == pytest.approx(published["results"][name]["auc"], abs=5e-3)


def test_cross_validation_lies_where_thirty_seeds_of_it_do(report):
    for figure in ("cv", "grouped cv"):
        step = report.step("h_last", figure)
        assert 0.51 <= step.auc.estimate <= 0.63 and (step.n, step.right) == (100, 56)
        assert step.highest - step.lowest > 0.02


def test_fresh_answers_cannot_tell_and_the_steps_do_not_pass(report):
    auc = report.step("h_last", "fresh").auc
    assert auc.low < 0.4 and auc.high > 0.6
    assert [row["outcome"] for row in step_rows(report, {**ANALYSIS["bars"], "fresh": 0.63})][1] == "open"
    assert "pass" not in [row["outcome"] for row in step_rows(report, {**ANALYSIS["bars"], "fresh": 0.63})]


def test_the_failure_is_a_capability_cliff(report):
    found = name_mode(report, None, ANALYSIS)
    assert found["mode"] == "capability cliff" and found["facts"]["few_right"] is True
    assert "0.560" in found["sentence"] and "0.047" in found["sentence"]


def test_eval_and_fresh_states_are_told_apart(report):
    assert report.shift.auc.low > 0.8
