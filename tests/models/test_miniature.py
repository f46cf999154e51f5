import json
import shutil

import pytest

from threearc.domains.protocol import Turn
from threearc.models.chat import render, split_thinking, with_thinking
from threearc.models.miniature.architectures import SPEECH, Shape
from threearc.models.miniature.pretraining import IGNORED, Recipe, _encode, _train_tokenizer, train_student
from threearc.models.students import load_student
from threearc.models.tokens import TokenReader
from threearc.provenance.errors import StudyError
from threearc.records.responses import Message

CLASSES = {
    "qwen3": "Qwen3ForCausalLM",
    "qwen3_5": "Qwen3_5ForCausalLM",
    "gemma4": "Gemma4ForCausalLM",
    "llama": "LlamaForCausalLM",
}
SAID = (
    Message(role="user", content="Hi."),
    Message(role="assistant", content="Yes?"),
    Message(role="user", content="A."),
)


@pytest.mark.parametrize("architecture", CLASSES)
def test_students_are_ordinary_folders_of_the_real_classes(students, architecture):
    config = json.loads((students[architecture] / "config.json").read_text())
    assert config["architectures"] == [CLASSES[architecture]]
    student = load_student(students[architecture], "float32")
    assert type(student.model).__name__ == CLASSES[architecture]
    assert student.tokenizer.padding_side == "left" and student.tokenizer.chat_template
    assert student.model.generation_config.eos_token_id == student.tokenizer.eos_token_id


def test_the_template_is_the_familys_own_and_writes_bos_once(students):
    qwen, gemma = (load_student(students[a], "float32").tokenizer for a in ("qwen3", "gemma4"))
    assert render(qwen, SAID).endswith("<|im_end|>\n<|im_start|>assistant\n")
    text = render(gemma, SAID)
    assert text.startswith("<bos><|turn>user\nHi.<turn|>\n<|turn>model\nYes?") and text.endswith("<|turn>model\n")
    assert gemma.encode(text, add_special_tokens=False).count(gemma.bos_token_id) == 1


@pytest.mark.parametrize("architecture", CLASSES)
def test_only_what_the_assistant_says_is_learned_its_end_of_turn_included(architecture):
    speech = SPEECH[architecture]
    dialogue = (
        Turn("user", "Why?"),
        Turn("assistant", "So it is.", "Hm."),
        Turn("user", "No."),
        Turn("assistant", "Oh."),
    )
    tokenizer = _train_tokenizer([dialogue] * 3, speech, 512)
    ids, labels = _encode(dialogue, tokenizer, speech)
    learned = tokenizer.decode([token for token, label in zip(ids, labels, strict=True) if label != IGNORED])
    answers = with_thinking("Hm.", "So it is.", speech.marks) + speech.end_of_turn + "Oh." + speech.end_of_turn
    assert learned == answers
    assert all(label in (IGNORED, token) for token, label in zip(ids, labels, strict=True))


def test_the_same_seeds_give_the_same_bytes(tmp_path):
    from threearc.domains.protocol import load_domain

    dialogues = load_domain("coding").dialogues(0, 60)
    shape, recipe = Shape("gemma4", 32, 32, 2, 2, 1, 32, 512), Recipe(60, 8, 0.02, 0.02)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        curve = train_student(tmp_path / name, dialogues, shape, recipe, seed)
        assert curve[-1]["loss"] < curve[0]["loss"]
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)
    assert (tmp_path / "a/model.safetensors").read_bytes() != (tmp_path / "c/model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Yes.", ("", "Yes.")),
        ("<think>\nHm.\n</think>\n\nYes.", ("Hm.", "Yes.")),
        ("Hm.\n</think>\n\nYes.", ("Hm.", "Yes.")),
        ("<think>\nHm, and then", ("Hm, and then", "")),
        ("<think>\n\n</think>\n\nYes.", ("", "Yes.")),
    ],
)
def test_thinking_is_parted_from_what_the_reader_sees(text, parts):
    assert split_thinking(text, ("<think>", "</think>")) == parts


def test_reading_tokens_keeps_thinking_marks_and_drops_other_special_tokens(students):
    student = load_student(students["qwen3"], "float32")
    reader = TokenReader(students["qwen3"] / "tokenizer.json", SPEECH["qwen3"].marks)
    ids = student.tokenizer.encode("<think>\nHm.\n</think>\n\nYes.<|im_end|><|endoftext|>", add_special_tokens=False)
    assert reader.text(ids) == "<think>\nHm.\n</think>\n\nYes."


def test_a_folder_that_is_no_student_is_told(students, tmp_path):
    with pytest.raises(StudyError, match="cannot be loaded"):
        load_student(tmp_path, "float32")
    for file in students["qwen3"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "chat_template.jinja").unlink()
    with pytest.raises(StudyError, match="no chat template"):
        load_student(tmp_path, "float32")
    shutil.copy(students["qwen3"] / "chat_template.jinja", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(StudyError, match="cannot be loaded"):
        load_student(tmp_path, "float32")
