"""A whole small study: it runs, it rests, it reruns what changed, and it comes out the same again."""

import base64
import json
import re
import shutil

import pytest
from crashing import same_as
from studies import SMALL, snakemake

from threearc.provenance.stamps import read_stamps
from threearc.records.findings import CellEffects, CellGuards, StudyVerdicts
from threearc.records.jsonl import by_id, read_document, read_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

CELLS = ("chef/qwen3-0.6b", "chef/gemma-4-e2b")


def planned(workdir, *arguments):
    """Numbers of jobs by rule of a dry run; empty if nothing is to be done."""
    done = snakemake(workdir, "--dry-run", *SMALL, *arguments)
    text = done.stdout + done.stderr
    table = (
        re.findall(r"^([a-z_]+) +(\d+)$", text.split("Job stats:")[-1], re.MULTILINE) if "Job stats:" in text else []
    )
    return {name: int(count) for name, count in table if name not in ("all", "total")}


def test_the_study_ends_in_a_report_and_verdicts(study):
    assert (study / "results/report.html").exists()
    verdicts = read_document(study / "results/study/verdicts.json", StudyVerdicts).verdicts
    assert {(v.domain, v.model) for v in verdicts} == {tuple(cell.split("/")) for cell in CELLS}
    assert {v.operator for v in verdicts} == {"sft", "dpo", "tempered", "sidecar"}


def test_students_are_the_real_classes(study):
    classes = {
        model: json.loads((study / f"results/students/chef/{model}/config.json").read_text())["architectures"]
        for model in ("qwen3-0.6b", "gemma-4-e2b")
    }
    assert classes == {"qwen3-0.6b": ["Qwen3ForCausalLM"], "gemma-4-e2b": ["Gemma4ForCausalLM"]}


@pytest.mark.parametrize("cell", CELLS)
def test_every_row_hangs_together(study, cell):
    """Judgement -> response -> prompt, derived and second answers -> first answers, verdicts -> effects and guards."""
    root = study / "results"
    prompts = by_id([p for file in (root / "chef/prompts").iterdir() for p in read_records(file, Prompt)])
    files = sorted((root / cell / "responses").glob("*.jsonl"))
    assert {file.stem for file in files} == {"train", "base", "adapters", "tempered", "sidecar", "controls", "recovery"}
    responses = by_id([r for file in files for r in read_records(file, Response)])
    for response in responses.values():
        assert prompts[response.prompt_id].hash == response.prompt_hash
        for earlier in (response.parent_id, response.derived_from):
            assert earlier is None or responses[earlier].prompt_id == response.prompt_id
    for file in files:
        rows = read_records(root / cell / "judgements" / file.name, Judgement)
        assert {row.subject.response_id for row in rows} == {r.id for r in read_records(file, Response)}
    found = read_document(root / cell / "effects.json", CellEffects)
    effects = by_id([*found.effects, *found.parts, *found.trends, *found.recipes])
    guards = by_id(read_document(root / cell / "guards.json", CellGuards).guards)
    drawn = read_document(root / "study/verdicts.json", StudyVerdicts)
    for verdict in (*drawn.verdicts, *drawn.controls):
        if f"{verdict.domain}/{verdict.model}" == cell:
            assert set(verdict.effects) <= set(effects) and set(verdict.guards) <= set(guards)


@pytest.mark.parametrize("cell", CELLS)
def test_every_operator_answers_every_measured_prompt(study, cell):
    root = study / "results"
    measured = {p.id for s in ("eval", "fresh") for p in read_records(root / f"chef/prompts/{s}.jsonl", Prompt)}
    for name in ("adapters", "tempered", "sidecar", "controls"):
        by_condition = {}
        for response in read_records(root / cell / f"responses/{name}.jsonl", Response):
            by_condition.setdefault(response.condition_id, set()).add(response.prompt_id)
        assert by_condition and all(answered == measured for answered in by_condition.values())


def test_a_second_run_rests(study):
    assert planned(study) == {}


def test_touched_files_rest_too(study_copy, repository):
    """A fresh checkout changes every time stamp; the configuration's copies stand for it here."""
    for path in [study_copy / "config.yaml", *(study_copy / "config").iterdir()]:
        path.touch()
    for path in [repository / "Snakefile", *(repository / "rules").iterdir()]:
        path.touch()
    for path in (repository / "workflow_scripts").glob("*.py"):
        path.touch()
    assert planned(study_copy) == {}


def test_other_weights_in_a_students_folder_do_not_go_unnoticed(study_copy):
    folder = study_copy / "results/students/chef"
    shutil.copy(folder / "gemma-4-e2b/model.safetensors", folder / "qwen3-0.6b/model.safetensors")
    assert {"answer_base", "train_sft", "render_report"} <= planned(study_copy).keys()


@pytest.mark.parametrize(
    ("old", "new", "first", "untouched"),
    [
        ("lambdas: [0.5]", "lambdas: [0.4]", "answer_tempered", {"train_sft", "fit_probe", "rank_heads"}),
        ("least_class: 5", "least_class: 6", "fit_probe", {"train_sft", "answer_tempered", "judge_prompts"}),
        ("epochs: 1.0", "epochs: 2.0", "train_sft", {"answer_base", "fit_probe", "answer_tempered"}),
        ("draws: 200", "draws: 300", "assess_cell", {"answer_base", "train_sft", "answer_tempered"}),
        ("name: small", "name: smaller", "render_report", {"synthesise", "assess_cell"}),
    ],
)
def test_a_change_reruns_what_reads_it_and_all_after_it(study_copy, old, new, first, untouched):
    file = study_copy / "config/small.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    jobs = planned(study_copy)
    assert first in jobs and "render_report" in jobs and not jobs.keys() & untouched


def test_keys_are_recorded_and_name_what_each_job_reads(study):
    """Snakemake compares a parameter only if it wrote it down; each key's upstream is the job's true input."""
    stamps, recorded = read_stamps(study / "results/stamps"), 0
    for path in (study / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            row = json.loads(path.read_text())
            stamp = stamps[base64.b64decode(path.name).decode()]
            assert row["params"] == [stamp.digest] and row["rule"] == stamp.key.rule
            assert sorted(stamp.key.upstream) == sorted(row["input"])
            assert all(stamps[file].digest == digest for file, digest in stamp.key.upstream.items())
            recorded += 1
    assert recorded > 60


def test_a_lost_file_comes_back_with_the_whole_study_and_the_report_can_do_without(study, study_copy):
    """Nothing is lost for good; and a study that was passed on in part can be reported."""
    lost = study_copy / "results/chef/qwen3-0.6b/judgements/sidecar.jsonl"
    lost.unlink()
    snakemake(study_copy, "results/report.html", "--forcerun", "render_report", *SMALL)
    assert not lost.exists()
    assert planned(study_copy)["judge_arm"] == 1
    snakemake(study_copy, *SMALL)
    same_as(study, study_copy)


def test_a_stale_file_is_not_reported(study_copy):
    """An effects.json that was edited, with its time stamp kept, must not get into a report."""
    file = study_copy / "results/chef/qwen3-0.6b/effects.json"
    text = file.read_text()
    file.write_text(text.replace('"estimate": 0.', '"estimate": 0.1', 1))
    only = ["--forcerun", "render_report", "--allowed-rules", "render_report", "all"]
    done = snakemake(study_copy, "results/report.html", *only, *SMALL, check=False)
    assert done.returncode and "was changed after its rule had written it" in done.stderr


def test_a_study_of_one_operator_needs_nothing_of_the_others(study_copy):
    (study_copy / "config/one.yaml").write_text("study: {operators: [sidecar]}\n")
    shutil.rmtree(study_copy / "results")
    done = snakemake(study_copy, "--dry-run", *SMALL, "config/one.yaml")
    jobs = dict(re.findall(r"^([a-z_]+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE))
    assert "fit_probe" in jobs and not jobs.keys() & {"train_sft", "build_data", "rank_heads", "answer_tempered"}


def test_a_bad_configuration_is_told_before_the_dag_is_built(study, tmp_path):
    (tmp_path / "bad.yaml").write_text("tempering: {lambdas: [0.5, 2.0]}\n")
    done = snakemake(study, "--dry-run", *SMALL, tmp_path / "bad.yaml", check=False)
    told = done.stdout + done.stderr
    assert done.returncode and told.count("key tempering.lambdas.1") == 1 and "Building DAG" not in told
