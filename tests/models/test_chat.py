"""Conversations as real templates write them: thinking switches, one BOS, the end of a turn."""

import json
import shutil

import pytest
from training import RECIPE

from threearc.engines.requests import Request, in_order
from threearc.engines.transformers_engine import TransformersEngine
from threearc.judging.arm import slice_text
from threearc.models.chat import end_of_turn, opens_thinking, render, split_thinking, switched
from threearc.models.interventions import UNTOUCHED
from threearc.models.readings import readings_of
from threearc.models.students import load_student
from threearc.models.tokens import TokenReader
from threearc.operators.adapters import Encoder
from threearc.operators.answering import open_interview
from threearc.operators.sft import train_sft
from threearc.provenance.errors import StudyError
from threearc.records.prompts import Prompt
from threearc.records.responses import Decoding, Message
from threearc.records.teaching import Example
from threearc.records.untouched import BASE

MARKS = ("<think>", "</think>")
ASKED = (Message(role="user", content="Why?"),)
TURNS = """{%- macro turn(m) -%}
{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}
{%- endmacro -%}
{%- for message in messages %}{{ turn(message) }}{%- endfor %}
"""
#: Three ways of reading the switch: on unless it is false, off unless it is true, and inside a block that is opened.
QWEN3 = (
    TURNS
    + """{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}
{%- endif %}"""
)
QWEN3_5 = (
    TURNS
    + """{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}
{%- if enable_thinking is defined and enable_thinking is true %}{{- '<think>\n' }}
{%- else %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}{%- endif %}"""
)
GEMMA = """\n{%- if enable_thinking is defined and enable_thinking %}{{ '<|think|>\n' }}{%- endif %}""" + QWEN3_5


@pytest.fixture
def folder(students, tmp_path):
    """A student's folder to change."""
    shutil.copytree(students["qwen3"], tmp_path / "student")
    return tmp_path / "student"


def change(folder, name, change):
    values = json.loads((folder / name).read_text())
    change(values)
    (folder / name).write_text(json.dumps(values))


@pytest.mark.parametrize(
    "template", [QWEN3, QWEN3_5, GEMMA, "\n" + QWEN3], ids=["qwen3", "qwen3.5", "gemma", "newline"]
)
def test_a_switched_template_writes_what_the_switch_at_every_call_would(folder, template):
    (folder / "chat_template.jinja").write_text(template)
    plain = load_student(folder, "float32")
    turns = [message.model_dump() for message in ASKED]
    written = set()
    for reasoning in (True, False, None):
        student = load_student(folder, "float32", reasoning)
        named = {} if reasoning is None else {"enable_thinking": reasoning}
        expected = plain.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **named)
        assert render(student.tokenizer, ASKED) == expected
        assert (student.template == plain.template) == (reasoning is None), "the set-up of a response tells the switch"
        assert student.hash == plain.hash
        written.add(expected)
    assert len(written) == 2


def test_a_switch_that_the_template_does_not_know_is_told(folder):
    with pytest.raises(StudyError, match="no thinking switch") as caught:
        load_student(folder, "float32", False)
    assert "reasoning" in caught.value.remedy and str(folder) in caught.value.where
    assert switched("x", None) == "x"


def test_a_template_that_opens_the_block_is_seen(folder):
    for template, reasoning, opened in (
        (QWEN3, True, False), (QWEN3, False, False), (QWEN3_5, True, True), (QWEN3_5, False, False),
    ):  # fmt: skip
        (folder / "chat_template.jinja").write_text(template)
        assert opens_thinking(load_student(folder, "float32", reasoning).tokenizer, MARKS) == opened


def test_what_is_learned_begins_where_the_template_leaves_off(folder):
    """Inside a block that the template opened, a completion closes it first, or goes on with the reasoning."""
    written = {}
    for template, reasoning in ((QWEN3_5, True), (QWEN3_5, False), (QWEN3, True)):
        (folder / "chat_template.jinja").write_text(template)
        tokenizer = load_student(folder, "float32", reasoning).tokenizer
        encoder = Encoder(tokenizer, MARKS)
        # A student that is told not to reason leaves no reasoning to learn from.
        for thinking in ("", "Hm.") if reasoning else ("",):
            ids = encoder.prompt(ASKED) + encoder.reasoning(thinking) + encoder.answer("Yes.")
            text = tokenizer.decode(ids).partition("<|im_start|>assistant\n")[2]
            written[template == QWEN3_5, reasoning, thinking] = text
    assert written == {
        (True, True, ""): "<think>\n\n</think>\n\nYes.<|im_end|>",
        (True, True, "Hm."): "<think>\nHm.\n</think>\n\nYes.<|im_end|>",
        (True, False, ""): "<think>\n\n</think>\n\nYes.<|im_end|>",
        (False, True, ""): "Yes.<|im_end|>",
        (False, True, "Hm."): "<think>\nHm.\n</think>\n\nYes.<|im_end|>",
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hm.\n</think>\n\nYes.", ("Hm.", "Yes.")),
        ("Hm, and then", ("Hm, and then", "")),
        ("<think>\nHm, and then", ("Hm, and then", "")),
        ("</think>\n\nYes.", ("", "Yes.")),
        ("", ("", "")),
    ],
)
def test_where_the_template_opened_the_block_an_answer_begins_inside_it(text, parts):
    assert split_thinking(text, MARKS, opened=True) == parts


def test_answers_tell_that_they_began_inside_the_block_and_their_slices_are_thinking(folder):
    (folder / "chat_template.jinja").write_text(QWEN3_5)
    settings = {
        "model": "tiny", "revision": "miniature", "dtype": "float32", "thinking": list(MARKS), "batch_size": 2,
        "length_step": 32, "decoding": {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "max_tokens": 12},
    }  # fmt: skip
    prompt = Prompt(domain="chef", category="c", entry="e", split="eval", author="a", text="Why did it split?")
    found = {}
    for reasoning in (True, False):
        interview, _ = open_interview(folder, settings | {"reasoning": reasoning})
        found[reasoning] = interview.ask([prompt], interview.setup(BASE), [0])[0]
    reader = TokenReader(folder / "tokenizer.json", MARKS)
    assert found[True].thinking_opened and not found[False].thinking_opened
    assert found[True].condition_id != found[False].condition_id
    assert found[True].text == "" or "</think>" in reader.text(found[True].token_ids)
    assert slice_text(found[True], 3, reader, MARKS) == ""
    assert slice_text(found[False], 3, reader, MARKS) == reader.text(found[False].token_ids[:3]).strip()


def test_a_mark_of_a_special_token_and_a_word_is_kept(folder):
    """Gemma 4's opening mark is `<|channel>`, a special token, and the word after it."""
    student = load_student(folder, "float32")
    student.tokenizer.add_special_tokens({"extra_special_tokens": ["<|channel>", "<channel|>", "<|turn>"]})
    student.tokenizer.save_pretrained(folder)
    marks = ("<|channel>thought", "<channel|>")
    ids = student.tokenizer.encode("<|channel>thought\nHm.<channel|>Yes.<|turn>", add_special_tokens=False)
    text = TokenReader(folder / "tokenizer.json", marks).text(ids)
    assert split_thinking(text, marks) == ("Hm.", "Yes.") and "<|turn>" not in text
    cut = ids[: ids.index(student.tokenizer.convert_tokens_to_ids(marks[1]))]
    assert split_thinking(TokenReader(folder / "tokenizer.json", marks).text(cut), marks) == ("Hm.", "")


def adds_bos(folder):
    """Make the tokenizer put BOS before whatever it encodes, as Gemma's and Llama's do."""
    from tokenizers import Tokenizer, processors

    own = Tokenizer.from_file(str(folder / "tokenizer.json"))
    own.post_processor = processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", own.token_to_id("<bos>"))]
    )
    own.save(str(folder / "tokenizer.json"))


def test_bos_is_written_once_everywhere(students, tmp_path, monkeypatch):
    """The template writes it, the tokenizer would add it: prompts, readings and training rows have one."""
    import trl

    folder = shutil.copytree(students["gemma4"], tmp_path / "student")
    adds_bos(folder)
    student = load_student(folder, "float32")
    bos = student.tokenizer.bos_token_id
    assert student.tokenizer.encode(render(student.tokenizer, ASKED)).count(bos) == 2, "the trap is set"
    seen = {}
    forward = type(student.model).forward

    def spy(*arguments, **named):
        seen.setdefault("prompt", named["input_ids"].clone())
        return forward(*arguments, **named)

    monkeypatch.setattr(type(student.model), "forward", spy)
    reader = TokenReader(folder / "tokenizer.json", MARKS)
    engine = TransformersEngine(student, reader, batch_size=1, length_step=32)
    in_order(engine.generate([Request(ASKED, 0)], Decoding(temperature=0, top_p=1.0, top_k=0, max_tokens=4), UNTOUCHED))
    assert (seen["prompt"] == bos).sum() == 1
    loss = trl.SFTTrainer.compute_loss

    def keep(self, model, inputs, *arguments, **named):
        seen["rows"] = inputs["input_ids"].clone()
        return loss(self, model, inputs, *arguments, **named)

    monkeypatch.setattr(trl.SFTTrainer, "compute_loss", keep)
    rows = [Example(dataset="T1", prompt_id="p", entry="e", messages=ASKED, completion="So.", sources=("t",))] * 2
    train_sft(student.model, student.tokenizer, rows, RECIPE, MARKS, 0, tmp_path / "adapter")
    assert ((seen["rows"] == bos).sum(dim=1) == 1).all()


@pytest.mark.parametrize("ends", [0, 1, 2])
def test_the_engine_stops_at_every_end_that_model_and_tokenizer_name(folder, ends):
    """Whatever token comes third ends the answer there, once it is named as an end."""
    greedy = Decoding(temperature=0, top_p=1.0, top_k=0, max_tokens=8)
    reader = TokenReader(folder / "tokenizer.json", MARKS)

    def answer(student):
        engine = TransformersEngine(student, reader, batch_size=1, length_step=32)
        return in_order(engine.generate([Request(ASKED, 0)], greedy, UNTOUCHED))[0]

    student = load_student(folder, "float32")
    free = answer(student)
    third = free.token_ids[2]
    assert len(free.token_ids) > 3 and third not in free.token_ids[:2]
    own = student.model.generation_config.eos_token_id
    if ends == 0:
        change(folder, "generation_config.json", lambda values: values.update(eos_token_id=[own, third]))
    elif ends == 1:
        change(folder, "generation_config.json", lambda values: values.update(eos_token_id=third))
    else:
        token = student.tokenizer.convert_ids_to_tokens(third)
        change(folder, "tokenizer_config.json", lambda values: values.update(eos_token=token))
    again = load_student(folder, "float32")
    cut = answer(again)
    assert cut.token_ids == free.token_ids[:2] and cut.finish_reason == "stop" and cut.n_tokens == 3


def test_a_reading_ends_as_the_template_ends_a_turn(folder):
    """Where the tokenizer's EOS is another token than the end of turn, the end of turn is what was generated."""
    from factories import prompt, response

    student = load_student(folder, "float32")
    turn = student.tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert end_of_turn(student.tokenizer) == turn
    change(folder, "tokenizer_config.json", lambda values: values.update(eos_token="<|endoftext|>"))
    other = load_student(folder, "float32").tokenizer
    assert other.eos_token_id != turn and end_of_turn(other) == turn
    reading = readings_of([response(prompt())], other)[0]
    assert reading.answer_tokens[-1] == turn
    other.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    assert end_of_turn(other) == other.eos_token_id
