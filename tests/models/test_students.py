"""Loading students: what is broken is told once, and what a tokenizer lacks is made up for."""

import json
import shutil

import pytest

from threearc.models.students import load_student
from threearc.provenance.errors import StudyError


@pytest.fixture
def folder(students, tmp_path):
    return shutil.copytree(students["qwen3"], tmp_path / "student")


def change(name, **values):
    """A change of some values in a JSON file."""

    def make(folder):
        found = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(found | values))

    return make


def write(name, data):
    return lambda folder: (folder / name).write_bytes(data)


def tear(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-100])


def drop_a_tensor(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.self_attn.o_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def pickle_instead(folder):
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (write("model.safetensors", b"torn"), "model cannot be loaded"),
        (write("model.safetensors", b"\xff" * 64), "model cannot be loaded"),
        (tear("model.safetensors"), "model cannot be loaded"),
        (drop_a_tensor, "lack 1 tensors, model.layers.1.self_attn.o_proj.weight"),
        (change("config.json", hidden_size=64), "model cannot be loaded"),
        (pickle_instead, "model cannot be loaded"),
        (change("config.json", model_type="gpt-9"), "cannot be loaded"),
        (change("config.json", num_hidden_layers="two"), "cannot be loaded"),
        (write("config.json", b"{"), "cannot be loaded"),
        (tear("tokenizer.json"), "tokenizer cannot be loaded"),
        (write("tokenizer.json", b"{}"), "tokenizer cannot be loaded"),
        (write("tokenizer_config.json", b"["), "tokenizer cannot be loaded"),
        (lambda folder: (folder / "chat_template.jinja").unlink(), "no chat template"),
        (change("tokenizer_config.json", pad_token=None, eos_token=None), "neither a padding token nor"),
    ],
)  # fmt: skip
def test_a_broken_folder_is_told_in_one_message(folder, harm, told):
    harm(folder)
    with pytest.raises(StudyError) as caught:
        load_student(folder, "float32")
    message = str(caught.value)
    assert told in message and str(folder) in message and "\n" not in message
    assert caught.value.remedy


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(StudyError, match="cannot be loaded"):
        load_student(tmp_path, "float32")


def test_a_tokenizer_without_padding_pads_with_its_end_of_turn(folder):
    change("tokenizer_config.json", pad_token=None)(folder)
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
