"""``threearc plan``: what it counts is what Snakemake plans and what a finished study holds; what it prints."""

import json
import os
from collections import Counter

import pytest
from studies import arguments_in, prepare

from threearc.cli import main
from threearc.config.load import load_config
from threearc.config.overlays import lay_over, merged
from threearc.config.slices import adapters_of
from threearc.front.forecast import forecast
from threearc.front.plan import read_plan
from threearc.operators.adapters import adapter_condition
from threearc.planning.arms import planned_arms
from threearc.records.findings import CellEffects
from threearc.records.jsonl import read_document, read_records
from threearc.records.judgements import Judgement
from threearc.records.responses import Response
from threearc.records.teaching import TeacherAnswer
from threearc.verdicts.synthesis import Cell, confirmatory, safety

STARTS = ("answer_train", "answer_base", "answer_adapters", "answer_tempered", "answer_recovery")


@pytest.fixture
def configured(repository):
    """A configuration: the demo, or the full study, with changes."""

    def made(*overlays, **changes):
        values = merged([repository / "config.yaml", *(repository / overlay for overlay in overlays)])
        lay_over(values, changes)
        return load_config(values)

    return made


EVERY = ["sft", "dpo", "tempered", "sidecar"]


@pytest.mark.parametrize("operators", [EVERY, ["dpo"], ["tempered"], ["sidecar"]], ids=str)
def test_jobs_are_those_that_snakemake_plans(tmp_path, configured, operators, monkeypatch):
    prepare(tmp_path / "study")
    monkeypatch.chdir(tmp_path / "study")
    asked = {"operators": operators, "models": ["qwen3-0.6b", "smollm2-1.7b"], "domains": ["chef"]}
    changes = {"study": asked, "seeds": {"train": [0, 1]}, "sft": {"recipes": ["all-linear"]}}
    (tmp_path / "study/config/changes.yaml").write_text(json.dumps(changes))
    files = ["--configfile", "config/demo.yaml", "config/small.yaml", "config/changes.yaml"]
    jobs = Counter(job.rule for job in read_plan(arguments_in(tmp_path / "study", *files)).jobs)
    total = forecast(configured("config/demo.yaml", "tests/small.yaml", **changes)).total
    assert total.engine_starts == sum(jobs[rule] for rule in STARTS) > 0
    assert total.readings == jobs["extract_features"]
    assert total.trainings == jobs["train_sft"] + jobs["train_dpo"]
    assert bool(total.teacher_calls.most) == bool(jobs["ask_teacher"])


def test_a_finished_study_holds_what_was_planned(study, configured):
    found = forecast(configured("config/demo.yaml", "tests/small.yaml"))
    cells = []
    for cell in found.cells:
        root = study / "results" / cell.domain / cell.model
        files = sorted((root / "responses").glob("*.jsonl"))
        responses = [r for file in files for r in read_records(file, Response)]
        effects = read_document(root / "effects.json", CellEffects)
        cells.append(Cell(effects, ()))
        arms = {(a.operator, a.variant, a.dose) for a in effects.arms if a.role not in ("base", "noise floor")}
        assert arms <= {(a.operator, a.variant, a.dose) for a in cell.arms}
        never = len(cell.arms) - len(arms)
        again = sum(r.turn == 2 for r in responses)
        derived = sum(r.derived_from is not None for r in responses)
        measured = sum(size.prompts for split, size in cell.splits.items() if split != "train")
        first = len(responses) - again - derived + never * measured * len(cell.decode_seeds)
        asked = sum(size.checkable for split, size in cell.splits.items() if split != "train")
        # Base, its repetition and every arm that claims something and answers for itself may fail everything.
        claiming = 2 + sum(a.role == "treatment" and not a.derived for a in cell.arms)
        assert derived == cell.costs.derived.most
        assert first == cell.costs.answers.most - claiming * asked and 0 < again <= claiming * asked
        judged = sum(len(list(read_records(root / "judgements" / file.name, Judgement))) for file in files)
        assert 0.5 * cell.costs.judge_calls.most < judged <= cell.costs.judge_calls.most
        written = sum(r.n_tokens for r in responses if r.derived_from is None)
        assert 0.2 * cell.costs.tokens_written.most < written <= cell.costs.tokens_written.most
        criticised = len(list(read_records(root / "teacher/critiques.jsonl", TeacherAnswer)))
        assert 0 < criticised <= cell.costs.teacher_calls.most
    taught = [row for file in (study / "results/chef/teacher").iterdir() for row in read_records(file, TeacherAnswer)]
    assert len(taught) == found.domains["chef"].teacher_calls.most
    asked = [row for file in (study / "results/chef/certainty").iterdir() for row in read_records(file, Judgement)]
    assert len(asked) == found.domains["chef"].judge_calls.most
    assert 0 < len(confirmatory(cells)) <= found.family and 0 < len(safety(cells)) <= found.damage_family


def test_what_base_has_answered_need_not_be_assumed(study, configured):
    config = configured("config/demo.yaml", "tests/small.yaml")
    guessed, seen = forecast(config).cells, forecast(config, study / "results").cells
    for before, after in zip(guessed, seen, strict=True):
        effects = read_document(study / "results" / after.domain / after.model / "effects.json", CellEffects)
        (base,) = (arm for arm in effects.arms if arm.role == "base")
        rates = base.tables["eval"]["rates"]
        assert after.assumed.accuracy == pytest.approx(rates["accuracy"]["estimate"], abs=1e-6)
        assert after.assumed.assertion_rate == pytest.approx(rates["assertion_rate"]["estimate"], abs=1e-6)
        assert before.assumed != after.assumed and before.assumed == guessed[0].assumed
        # One decode seed: how alike two answers to one prompt are is seen from the A/A arm of other seeds alone.
        assert after.assumed.seed_correlation == after.assumed.agreement(False)
    assert forecast(config, study / "nowhere").cells == guessed


def test_arms_bear_the_names_that_operators_give_them(tmp_path, configured):
    config = configured()
    damping, doses = config.tempering.model_dump(mode="json"), config.controls.doses if config.controls.enabled else []
    arms = planned_arms(config.study.operators, adapters_of(config), damping, doses, len(config.seeds.decode))
    (tmp_path / "adapter_model.safetensors").touch()
    made = [adapter_condition(tmp_path, a["method"], a["recipe"], a["train_seed"]) for a in adapters_of(config)]
    assert [a.variant for a in arms if a.operator in ("sft", "dpo")] == [c.variant for c in made]
    tempered = [a for a in arms if a.operator == "tempered"]
    dispositions, lambdas = config.tempering.dispositions, config.tempering.lambdas
    assert sum(a.role == "treatment" for a in tempered) == len(dispositions) * (len(lambdas) - (1 in lambdas))
    assert sum(a.role == "control" for a in tempered) == len(dispositions) * (len(config.tempering.controls) + 1)


def test_families_grow_with_cells_arms_and_dispositions(configured):
    cell = {"models": ["qwen3-0.6b"], "domains": ["chef"]}
    one = configured(study=cell | {"operators": ["sft"]}, sft={"recipes": ["main"]})
    assert (forecast(one).family, forecast(one).damage_family) == (5, 4), "accuracy and coverage on two splits"
    two = configured(study=cell | {"domains": ["coding"], "operators": ["sft", "sidecar"]})
    assert (forecast(two).family, forecast(two).damage_family) == (2 * 5 + 4, 2 * 3), "nobody asks a sidecar again"


@pytest.mark.parametrize(
    ("seeds", "claims", "target", "test"),
    [([0, 1], 2 * 5, "checkpoint", "cluster swap"), ([0, 1, 2], 5, "recipe", "training seeds crossed with prompts")],
)
def test_three_training_seeds_are_planned_as_one_recipe(configured, seeds, claims, target, test):
    cell = {"models": ["qwen3-0.6b"], "domains": ["chef"], "operators": ["sft"]}
    found = forecast(configured(study=cell, seeds={"train": seeds}, sft={"recipes": ["main"]}))
    assert found.family == claims and found.damage_family == 4 * claims // 5
    assert {(c.target, c.test, c.arms) for c in found.cells[0].contrasts} == {(target, test, claims // 5)}


def test_doses_are_planned_as_one_contrast_and_their_damage_dose_by_dose(configured):
    cell = {"models": ["qwen3-0.6b"], "domains": ["chef"], "operators": ["tempered"]}
    lambdas = [1.0, 0.9, 0.8, 0.5]
    found = forecast(configured(study=cell, tempering={"dispositions": ["humble"], "lambdas": lambdas}))
    assert (found.family, found.damage_family) == (5, 3 * 4)
    assert {(c.arms, c.test, c.target) for c in found.cells[0].contrasts} == {(1, "dose trend", "checkpoint")}
    one = forecast(configured(study=cell, tempering={"dispositions": ["humble"], "lambdas": [1.0, 0.5]}))
    assert one.family == 5 and {c.test for c in one.cells[0].contrasts} == {"cluster swap"}


def test_assumptions_can_differ_by_domain(configured):
    config = configured(planning={"domains": {"coding": {"accuracy": 0.3}}})
    assumed = {cell.domain: cell.assumed.accuracy for cell in forecast(config).cells}
    assert assumed == {"chef": 0.55, "coding": 0.3}


def test_the_command_tells_people_and_programs(repository, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(repository)
    before = sorted(os.listdir())
    assert main(["plan", "config/demo.yaml"]) == 0
    told = capsys.readouterr().out
    for word in ("this checkpoint", "80 % detectable", "no effect", "assertion asymmetry", "cluster swap", "total"):
        assert word in told
    assert main(["plan", "config/demo.yaml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    contrast = found["cells"][0]["contrasts"][0]
    assert contrast["disposition"] == "humble" and {"eval", "fresh"} == set(contrast["n"])
    assert found["total"]["engine_starts"] == 50 and sorted(os.listdir()) == before
    bad = tmp_path / "bad.yaml"
    bad.write_text("planning: {discordance: 0.6}\n")
    assert main(["plan", str(bad)]) == 1
    assert "planning" in capsys.readouterr().err
