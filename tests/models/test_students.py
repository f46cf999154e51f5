"""Loading students: what is broken is told once, and what a tokenizer lacks is made up for."""

import shutil

import pytest
from spoiling import change, drop_a_tensor, lose, pickle_instead, tear, write

from threearc.models.students import load_student
from threearc.provenance.errors import StudyError


@pytest.fixture
def folder(students, tmp_path):
    return shutil.copytree(students["qwen3"], tmp_path / "student")


@pytest.mark.parametrize(
    ("file", "harm", "told"),
    [
        ("model.safetensors", write(b"torn"), "model cannot be loaded"),
        ("model.safetensors", write(b"\xff" * 64), "model cannot be loaded"),
        ("model.safetensors", tear(), "model cannot be loaded"),
        ("model.safetensors", drop_a_tensor("layers.1.self_attn.o_proj"), "lack 1 tensors, model.layers.1"),
        ("config.json", change(hidden_size=64), "model cannot be loaded"),
        ("model.safetensors", pickle_instead, "model cannot be loaded"),
        ("config.json", change(model_type="gpt-9"), "cannot be loaded"),
        ("config.json", change(num_hidden_layers="two"), "cannot be loaded"),
        ("config.json", write(b"{"), "cannot be loaded"),
        ("tokenizer.json", tear(), "tokenizer cannot be loaded"),
        ("tokenizer.json", write(b"{}"), "tokenizer cannot be loaded"),
        ("tokenizer_config.json", write(b"["), "tokenizer cannot be loaded"),
        ("chat_template.jinja", lose, "no chat template"),
        ("chat_template.jinja", tear(20), "chat template cannot be used"),
        ("tokenizer_config.json", change(pad_token=None, eos_token=None), "neither a padding token nor"),
    ],
)  # fmt: skip
def test_a_broken_folder_is_told_in_one_message(folder, file, harm, told):
    harm(folder / file)
    with pytest.raises(StudyError) as caught:
        load_student(folder, "float32")
    message = str(caught.value)
    assert told in message and str(folder) in message and "\n" not in message
    assert caught.value.remedy


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(StudyError, match="cannot be loaded"):
        load_student(tmp_path, "float32")


def test_a_tokenizer_without_padding_pads_with_its_end_of_turn(folder):
    change(pad_token=None)(folder / "tokenizer_config.json")
    tokenizer = load_student(folder, "float32").tokenizer
    assert tokenizer.pad_token_id == tokenizer.eos_token_id is not None


def test_a_student_is_on_the_gpu_where_there_is_one(folder):
    import torch

    model = load_student(folder, "float32").model
    assert model.device.type == ("cuda" if torch.cuda.is_available() else "cpu") and not model.training


def test_the_collector_runs_again_after_a_failure(folder):
    import gc

    (folder / "config.json").write_text("{")
    with pytest.raises(StudyError):
        load_student(folder, "float32")
    assert gc.isenabled()
