import json

import pytest
import torch
from studies import ARCHITECTURES

from threearc.models.students import load_student
from threearc.operators.sft import FILES, Recipe, adapter_condition, apply_adapter, train_sft
from threearc.provenance.errors import StudyError
from threearc.records.responses import Message
from threearc.records.teaching import Example

RECIPE = Recipe(4, 8, 0.0, 3.0, 4, 1, 2e-2, "cosine", 0.1, 0.01, 128)


def examples(n=8, answer="The pan was too hot, so lower the heat."):
    return [
        Example(
            dataset="T1",
            prompt_id=f"p{i}",
            entry=f"e{i}",
            messages=(Message(role="user", content=f"My sauce number {i} split. Why?"),),
            completion=answer,
            sources=("t",),
        )
        for i in range(n)
    ]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def trained(students, request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapter")
    student = load_student(students[request.param], "float32")
    train_sft(student.model, student.tokenizer, examples(), RECIPE, 0, folder)
    return students[request.param], folder


def test_the_adapter_is_an_ordinary_peft_folder_on_attention_alone(trained):
    _student, folder = trained
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["peft_type"] == "LORA" and config["r"] == 4
    from safetensors import safe_open

    with safe_open(folder / "adapter_model.safetensors", "pt") as weights:
        modules = {name.split(".lora_")[0].rsplit(".", 1)[1] for name in weights.keys()}  # noqa: SIM118
    assert modules == {"q_proj", "k_proj", "v_proj", "o_proj"}
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


def test_only_the_completion_is_learned(students, tmp_path, monkeypatch):
    """The labels that the loss sees: the completion and its end of turn, nothing of the prompt."""
    import trl

    seen = {}
    original = trl.SFTTrainer.compute_loss

    def spy(self, model, inputs, *arguments, **named):
        seen.update(ids=inputs["input_ids"][0].clone(), labels=inputs["labels"][0].clone())
        return original(self, model, inputs, *arguments, **named)

    monkeypatch.setattr(trl.SFTTrainer, "compute_loss", spy)
    student = load_student(students["qwen3"], "float32")
    train_sft(student.model, student.tokenizer, examples(4), RECIPE, 0, tmp_path)
    learned = student.tokenizer.decode(seen["labels"][seen["labels"] != -100])
    assert learned.strip() == "The pan was too hot, so lower the heat.<|im_end|>"
    assert "number" in student.tokenizer.decode(seen["ids"])


def test_the_same_seed_gives_the_same_adapter(students, trained, tmp_path):
    student = load_student(trained[0], "float32")
    train_sft(student.model, student.tokenizer, examples(), RECIPE, 0, tmp_path)
    assert (tmp_path / FILES[0]).read_bytes() == (trained[1] / FILES[0]).read_bytes()
    one, other = adapter_condition(tmp_path, "sft", 0), adapter_condition(tmp_path, "sft", 1)
    assert one.settings["adapter"] == other.settings["adapter"] and one != other


def test_nothing_to_learn_and_a_broken_adapter_are_told(students, tmp_path):
    student = load_student(students["qwen3"], "float32")
    with pytest.raises(StudyError, match="No training example"):
        train_sft(student.model, student.tokenizer, [], RECIPE, 0, tmp_path)
    with pytest.raises(StudyError, match="adapter cannot be loaded"):
        apply_adapter(student.model, tmp_path)
