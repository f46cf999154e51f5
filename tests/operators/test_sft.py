import copy
import json
from dataclasses import replace

import pytest
import torch
from studies import ARCHITECTURES
from training import MARKS, RECIPE, adapted, examples

from threearc.engines.requests import Request, in_order
from threearc.engines.transformers_engine import TransformersEngine
from threearc.models.attention import attention_sites
from threearc.models.chat import end_of_turn, render
from threearc.models.interventions import UNTOUCHED, Intervention
from threearc.models.lora import FILES, apply_adapter
from threearc.models.students import load_student
from threearc.models.tokens import IGNORED, TokenReader
from threearc.operators.adapters import MAIN, Encoder, adapter_condition
from threearc.operators.sft import encoded, train_sft
from threearc.provenance.errors import StudyError
from threearc.records.responses import Decoding


@pytest.fixture(scope="module", params=ARCHITECTURES)
def trained(students, request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapter")
    student = load_student(students[request.param], "float32")
    train_sft(student.model, student.tokenizer, examples(), RECIPE, MARKS, 0, folder)
    return students[request.param], folder


def test_the_adapter_is_an_ordinary_peft_folder_on_attention_alone(trained):
    _student, folder = trained
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["peft_type"] == "LORA" and config["r"] == 4
    assert adapted(folder) == {"q_proj", "k_proj", "v_proj", "o_proj"}
    assert all((folder / name).exists() for name in FILES)


def test_training_lowers_the_loss_and_the_curve_is_kept(trained):
    curve = json.loads((trained[1] / "training_curve.json").read_text())
    assert len(curve) == 6 and curve[-1]["loss"] < curve[0]["loss"]
    assert {row["step"] for row in curve} == set(range(1, 7))


def test_the_merged_adapter_changes_the_model(trained):
    folder, adapter = trained
    plain, merged = load_student(folder, "float32").model, apply_adapter(load_student(folder, "float32").model, adapter)
    ids = torch.arange(20, 40).reshape(1, 20)
    with torch.no_grad():
        assert not torch.allclose(plain(input_ids=ids).logits, merged(input_ids=ids).logits, atol=1e-3)
    assert type(plain) is type(merged)


def test_in_bfloat16_an_adapter_stays_beside_weights_that_could_not_hold_it(trained):
    """What it adds to a weight is small: merged, much of it would be rounded away."""
    folder, adapter = trained
    student = load_student(folder, "bfloat16")
    plain = copy.deepcopy(student.model)
    model = apply_adapter(student.model, adapter)
    name = next(n for n, _ in plain.named_parameters() if n.endswith("self_attn.o_proj.weight"))
    site = next(s for s in attention_sites(model) if f"layers.{s.layer}." in name)
    assert torch.equal(site.projection.base_layer.weight, plain.get_parameter(name))
    reader = TokenReader(folder / "tokenizer.json", MARKS)
    asked = [Request(examples(1)[0].messages, 0)]
    decoding = Decoding(temperature=0, top_p=1.0, top_k=0, max_tokens=8)
    engine = TransformersEngine(student, reader, batch_size=2, length_step=16)
    interventions = (UNTOUCHED, Intervention(adapter=adapter))
    untouched, adapted = (in_order(engine.generate(asked, decoding, done)) for done in interventions)
    assert adapted[0].token_ids != untouched[0].token_ids
    merged = apply_adapter(load_student(folder, "float32").model, adapter)
    assert type(merged) is type(plain), "in single precision it is merged"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_only_the_completion_is_learned(students, tmp_path, monkeypatch, architecture):
    """What the loss sees: exactly what an engine sends, without a loss, then the completion and its end of turn."""
    import trl

    seen = {}
    original = trl.SFTTrainer.compute_loss

    def spy(self, model, inputs, *arguments, **named):
        seen.update(ids=inputs["input_ids"][0].clone(), labels=inputs["labels"][0].clone())
        return original(self, model, inputs, *arguments, **named)

    monkeypatch.setattr(trl.SFTTrainer, "compute_loss", spy)
    student = load_student(students[architecture], "float32")
    rows = examples(1)
    train_sft(student.model, student.tokenizer, rows, RECIPE, MARKS, 0, tmp_path)
    learned = seen["labels"][seen["labels"] != -100].tolist()
    end = end_of_turn(student.tokenizer)
    assert learned == [*student.tokenizer.encode(rows[0].completion, add_special_tokens=False), end]
    sent = student.tokenizer.encode(render(student.tokenizer, rows[0].messages), add_special_tokens=False)
    assert seen["ids"].tolist() == sent + learned
    assert seen["ids"].tolist().count(student.tokenizer.bos_token_id) <= 1


@pytest.mark.parametrize(("thinking", "inside", "learned"), [("drop", 0, 0), ("keep", 1, 1), ("mask", 1, 0)])
def test_the_students_own_reasoning_is_dropped_learned_or_masked(students, thinking, inside, learned):
    student = load_student(students["qwen3"], "float32")
    (example,) = examples(1, thinking="Too hot, it seems.")
    row = encoded(Encoder(student.tokenizer, MARKS), example, thinking)
    labels = student.tokenizer.decode([t for t in row["labels"] if t != IGNORED])
    assert student.tokenizer.decode(row["input_ids"]).count("Too hot, it seems.") == inside
    assert labels.count("Too hot, it seems.") == learned
    assert example.completion in labels and len(row["labels"]) == len(row["input_ids"])
    # What an engine would have generated: the same tokens whether the reasoning is learned or not.
    kept = encoded(Encoder(student.tokenizer, MARKS), example, "keep")
    assert thinking == "drop" or row["input_ids"] == kept["input_ids"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_linear_reaches_mlps_and_deltanet(students, tmp_path, architecture):
    student = load_student(students[architecture], "float32")
    recipe = replace(RECIPE, targets="all-linear", rank_stabilised=True, epochs=1.0)
    train_sft(student.model, student.tokenizer, examples(4), recipe, MARKS, 0, tmp_path)
    touched = adapted(tmp_path)
    linear = {"in_proj_qkv", "in_proj_z", "in_proj_b", "in_proj_a", "out_proj"} if architecture == "qwen3_5" else set()
    assert touched == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"} | linear


def test_the_same_seed_gives_the_same_adapter(students, trained, tmp_path):
    student = load_student(trained[0], "float32")
    train_sft(student.model, student.tokenizer, examples(), RECIPE, MARKS, 0, tmp_path)
    assert (tmp_path / FILES[0]).read_bytes() == (trained[1] / FILES[0]).read_bytes()
    one, other = (adapter_condition(tmp_path, "sft", MAIN, seed) for seed in (0, 1))
    assert one.settings["adapter"] == other.settings["adapter"] and one != other


def test_nothing_to_learn_and_a_broken_adapter_are_told(students, tmp_path):
    student = load_student(students["qwen3"], "float32")
    with pytest.raises(StudyError, match=r"No row was left in sft\.jsonl"):
        train_sft(student.model, student.tokenizer, [], RECIPE, MARKS, 0, tmp_path)
    with pytest.raises(StudyError, match="adapter cannot be loaded"):
        apply_adapter(student.model, tmp_path)
