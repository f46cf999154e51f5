"""Bad students, adapters, features, reports of operators, training sets and stamps: told in one line each."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from factories import DECODING, prompt, response
from spoiling import Bad, change, drop_a_tensor, each, lose, refused, swap, tear, write
from studies import SMALL, snakemake
from training import DPO, MARKS, RECIPE, examples, pairs

from threearc.effects.activation import activation_ranks
from threearc.engines.requests import Request, in_order
from threearc.engines.transformers_engine import TransformersEngine
from threearc.models.features import extract_features, load_features, load_states
from threearc.models.interventions import UNTOUCHED
from threearc.models.lora import load_adapter
from threearc.models.readings import readings_of
from threearc.models.students import load_student
from threearc.models.tokens import TokenReader
from threearc.operators.attribution import read_selected
from threearc.operators.dpo import train_dpo
from threearc.operators.sft import train_sft
from threearc.operators.sidecar import answer_sidecar
from threearc.operators.tempering import damping, tempering_conditions
from threearc.provenance.keys import Key
from threearc.provenance.stamps import stamp_of, verify, write_stamp
from threearc.records.jsonl import read_records
from threearc.records.responses import Message, Response
from threearc.records.teaching import TeacherAnswer
from threearc.teachers.datasets import Limits, Report, build_examples, build_pairs

CELL = "results/chef/qwen3-0.6b"


def rewritten(how):
    """Change the arrays of an npz in place."""

    def spoil(path):
        with np.load(path) as found:
            arrays = dict(found)
        how(arrays)
        np.savez(path, **arrays)

    return spoil


STUDENTS = (
    Bad("no config", "config.json", lose, "cannot be loaded"),
    Bad("a config that is torn", "config.json", tear(10), "cannot be loaded"),
    Bad("an architecture nobody knows", "config.json", change(model_type="gpt-9"), "gpt-9"),
    Bad("no weights", "model.safetensors", lose, "model cannot be loaded"),
    Bad("weights that are torn", "model.safetensors", tear(), "model cannot be loaded"),
    Bad(
        "weights that lack a tensor", "model.safetensors", drop_a_tensor("layers.1.mlp.up_proj"), "layers.1.mlp.up_proj"
    ),
    Bad("no tokenizer", "tokenizer.json", lose, "cannot be"),
    Bad("a tokenizer that is torn", "tokenizer.json", tear(), "tokenizer cannot be loaded"),
    Bad("no chat template", "chat_template.jinja", lose, "no chat template"),
    Bad("a template that is torn", "chat_template.jinja", tear(20), "chat template cannot be used"),
    Bad("a template that refuses", "chat_template.jinja", write(b"{{ raise_exception('no users') }}"), "no users"),
)
ADAPTERS = (
    Bad("no adapter weights", "adapter_model.safetensors", lose, "No such file"),
    Bad("adapter weights that are torn", "adapter_model.safetensors", tear(), "adapter cannot be loaded"),
    Bad("adapter weights that lack a tensor", "adapter_model.safetensors", drop_a_tensor("layers.0"), "lack 1 tensors"),
    Bad("no adapter config", "adapter_config.json", lose, "adapter cannot be loaded"),
    Bad("an adapter config that is torn", "adapter_config.json", tear(10), "adapter cannot be loaded"),
    Bad("an adapter of another rank", "adapter_config.json", change(r=3), "adapter cannot be loaded"),
    Bad("an adapter of another kind", "adapter_config.json", change(peft_type="MAGIC"), "adapter cannot be loaded"),
    Bad("an adapter for other modules", "adapter_config.json", change(target_modules=["wings"]), "wings"),
)
FEATURES = (
    Bad("features that are torn", "base.npz", tear(1000), "cannot be read"),
    Bad("features that are no npz", "base.npz", write(b"zip"), "cannot be read"),
    Bad("features without an array", "base.npz", rewritten(lambda a: a.pop("positions")), "'positions' is missing"),
    Bad(
        "features of fewer rows", "base.npz", rewritten(lambda a: a.update(h_last=a["h_last"][:3])), "h_last has shape"
    ),
    Bad(
        "features of another shape",
        "base.npz",
        rewritten(lambda a: a.update(head_norms=a["head_norms"][:, 0])),
        "head_norms has 2 axes",
    ),
    Bad(
        "features that are words",
        "base.npz",
        rewritten(lambda a: a.update(h_last=a["h_last"].astype(str))),
        "h_last holds values",
    ),
    Bad(
        "features of fewer heads",
        "base.npz",
        rewritten(lambda a: a.update(head_means=a["head_means"][:, 1:])),
        "head_means has",
    ),
    Bad("features of more layers", "base.npz", rewritten(lambda a: a.update(layers=np.arange(9))), "shape"),
    Bad(
        "features of other responses",
        "base.npz",
        rewritten(lambda a: a.update(response_ids=np.char.add(a["response_ids"], "x"))),
        "lack",
    ),
    Bad(
        "states of fewer answers",
        "adapters.npz",
        rewritten(lambda a: a.update(response_ids=a["response_ids"][1:])),
        "answers were read",
    ),
    Bad(
        "states of another width",
        "adapters.npz",
        rewritten(lambda a: a.update({k: v[:, 1:] for k, v in a.items() if v.ndim == 2})),
        "wide",
    ),
    Bad(
        "states of other answers",
        "adapters.npz",
        rewritten(lambda a: a.update(response_ids=np.char.add(a["response_ids"], "x"))),
        "base did not",
    ),
)
REPORTS = (
    Bad("heads that are torn", "heads.json", tear(), "valid HeadsReport"),
    Bad("heads without a ranking", "heads.json", write(b"{}"), "rankings"),
    Bad(
        "a head that does not exist",
        "heads.json",
        lambda p: p.write_text(re.sub(r'("top": \[\s*\[\s*)\d+', r"\g<1>77", p.read_text())),
        "in layer 77",
    ),
    Bad(
        "control heads without top heads",
        "heads.json",
        lambda p: p.write_text(p.read_text().replace('"top"', '"tops"')),
        "no top heads",
    ),
    Bad("a probe that is torn", "probe.json", tear(), "valid ProbeReport"),
    Bad(
        "a probe without a gate",
        "probe.json",
        lambda p: p.write_text(p.read_text().replace('"threshold"', '"bar"')),
        "gate.threshold",
    ),
    Bad("a probe of other answers", "probe.json", change(asserts={"gone": True}), "not base's"),
)


@pytest.fixture(scope="module")
def loaded(study):
    return load_student(study / "results/students/chef/qwen3-0.6b", "float32")


def copied(source, target):
    """A copy of a folder to spoil."""
    return shutil.copytree(source, target, dirs_exist_ok=True)


@each(*STUDENTS)
def test_a_bad_student_is_told_in_one_line(study, tmp_path, bad):
    folder = copied(study / "results/students/chef/qwen3-0.6b", tmp_path / "student")
    bad.spoil(folder / bad.file)

    def load():
        load_student(folder, "float32")
        TokenReader(folder / "tokenizer.json", MARKS)

    refused(load, folder, bad.told)


@each(*ADAPTERS)
def test_a_bad_adapter_is_told_in_one_line(study, tmp_path, bad):
    folder = copied(study / CELL / "adapters/sft/main/0", tmp_path / "adapter")
    bad.spoil(folder / bad.file)
    student = load_student(study / "results/students/chef/qwen3-0.6b", "float32")
    refused(lambda: load_adapter(student.model, folder), folder, bad.told)


def test_an_adapter_for_another_model_is_told_in_one_line(study, loaded):
    folder = study / "results/chef/gemma-4-e2b/adapters/sft/main/0"
    refused(lambda: load_adapter(loaded.model, folder), folder, "adapter cannot be loaded")


@each(*FEATURES)
def test_bad_features_are_told_in_one_line(study, tmp_path, bad):
    folder = copied(study / CELL / "features", tmp_path / "features")
    needed = load_features(folder / "base.npz").response_ids.tolist()

    def read():
        features = load_features(folder / "base.npz", needed)
        return activation_ranks(features, load_states(folder / "adapters.npz"))

    assert read()
    bad.spoil(folder / bad.file)
    refused(read, bad.file, bad.told)


@each(*REPORTS)
def test_bad_reports_of_operators_are_told_in_one_line(study, loaded, tmp_path, bad):
    for name in ("heads.json", "probe.json"):
        shutil.copy(study / CELL / name, tmp_path)
    base = [
        r
        for r in read_records(study / CELL / "responses/base.jsonl", Response)
        if r.setup.condition.role == "base" and bad.file == "probe.json"
    ]
    bad.spoil(tmp_path / bad.file)

    def read():
        if bad.file == "probe.json":
            answer_sidecar(base, tmp_path / bad.file, "Perhaps.")
        for condition in tempering_conditions(read_selected(tmp_path / "heads.json"), [0.5], 0.5):
            with damping(condition).around(loaded.model):
                raise AssertionError("a head that does not exist was damped")

    refused(read, bad.file, bad.told)


@pytest.mark.parametrize("method", ["sft", "dpo"])
@pytest.mark.parametrize(
    ("count", "most", "told"),
    [(0, 128, "No row was left in {file}"), (2, 4, "config key {method}.max_length")],
    ids=["no-rows", "prompts-longer-than-rows-may-be"],
)
def test_nothing_to_learn_is_told_in_one_line(study, tmp_path, method, count, most, told):
    student = load_student(study / "results/students/chef/qwen3-0.6b", "float32")
    start = study / CELL / "adapters/sft/main/0"

    def train():
        if method == "sft":
            recipe = replace(RECIPE, max_length=most)
            train_sft(student.model, student.tokenizer, examples(count), recipe, MARKS, 0, tmp_path)
        else:
            recipe = replace(DPO, max_length=most)
            train_dpo(student.model, student.tokenizer, pairs(count), recipe, MARKS, 0, start, tmp_path)

    file = {"sft": "sft.jsonl", "dpo": "pairs.jsonl"}[method]
    refused(train, told.format(file=file, method=method))


def test_a_prompt_longer_than_the_context_is_told_in_one_line(study, loaded):
    reader = TokenReader(study / "results/students/chef/qwen3-0.6b/tokenizer.json", MARKS)
    engine = TransformersEngine(loaded, reader, batch_size=1, length_step=8)
    request = Request((Message(role="user", content="sauce " * 20000),), 0)
    answers = engine.generate([request], DECODING, UNTOUCHED)
    refused(lambda: in_order(answers), "key answering.decoding.max_tokens", "exceed the context")


def test_answers_without_tokens_are_told_in_one_line(loaded):
    refused(lambda: readings_of([response(prompt(), token_ids=None)], loaded.tokenizer), "key token_ids")
    none = {"last_tokens": 1, "batch_size": 1, "length_step": 8, "pad": 0}
    refused(lambda: extract_features(loaded.model, [], **none), "responses/base.jsonl", "no answer")


def test_teachers_rows_that_do_not_fit_are_told_in_one_line():
    asked, other = prompt(), prompt(text="Another?", entry="b")
    own = {"prompt_hash": "h", "teacher": "t", "instruction_hash": "h", "text": "The pan was too hot."}
    gold = TeacherAnswer(stage="gold", prompt_id=asked.id, **own)
    correction = TeacherAnswer(stage="correction", prompt_id=asked.id, **own)
    rest = ({}, lambda *given: True, Limits(1, 99), Report())
    refused(lambda: build_examples({"gold": [gold]}, [], {other.id: other}, *rest), "teacher/gold.jsonl")
    refused(lambda: build_examples({}, [correction], {other.id: other}, *rest), "teacher/critiques.jsonl")
    refused(lambda: build_pairs({"gold": [gold]}, {asked.id: asked}, *rest[1:]), "teacher/adversarial.jsonl")
    assert len(build_examples({"gold": [gold]}, [], {asked.id: asked}, *rest)) == 1, "no boundary cases is no fault"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda file, stamp: file.write_text("edited"), "effects.json: This file was changed"),
        (lambda file, stamp: stamp.unlink(), "effects.json: Nothing tells which rule"),
        (lambda file, stamp: swap('"code": "', '"code": "0')(stamp), "cell.json: This is no stamp"),
        (lambda file, stamp: tear(20)(stamp), "cell.json: The file cannot be read"),
        (lambda file, stamp: stamp.write_text("{}"), "cell.json: This is no stamp"),
    ],
    ids=["an-edited-file", "no-stamp", "an-edited-stamp", "a-torn-stamp", "an-empty-stamp"],
)
def test_a_stale_file_is_told_in_one_line(tmp_path, spoil, told):
    file, stamp = tmp_path / "effects.json", stamp_of(f"{tmp_path}/logs/assess/cell.log")
    file.write_text("made")
    made = Key("assess", {}, "code", {}, {}, {})
    write_stamp(stamp, made, {}, [str(file)])
    report = Key("report", {}, "code", {}, {}, {str(file): made.digest})
    verify([str(file)], report, tmp_path / "stamps")
    spoil(file, stamp)
    refused(lambda: verify([str(file)], report, tmp_path / "stamps"), told)


def test_a_value_from_the_command_line_is_told_before_the_dag_is_built(study):
    done = snakemake(study, "--dry-run", *SMALL, "--config", "tempering={heads: five}", check=False)
    told = done.stdout + done.stderr
    assert done.returncode and told.count("key tempering.heads: 'five' is not allowed here") == 1
    assert "Traceback" not in told and "Building DAG" not in told
