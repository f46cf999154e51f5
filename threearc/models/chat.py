"""Conversations as a model sees them: rendering by its template, thinking apart from the visible answer."""

from collections.abc import Sequence
from typing import Any

from threearc.provenance.hashing import text_hash
from threearc.records.responses import Message

#: The marks around a reasoning block: (start, end).
ThinkingMarks = tuple[str, str]


def render(tokenizer: Any, messages: Sequence[Message]) -> str:
    """The conversation as the model's own template writes it, ready for the assistant to go on."""
    turns = [message.model_dump() for message in messages]
    return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def switched(template: str, reasoning: bool | None) -> str:
    """A chat template with its thinking switch set once and for all; None leaves the template's own default.

    Set inside the template, not at every call: whoever renders with the tokenizer (engine, reader, trainer) writes the
    same, and the template's hash tells of it.
    """
    # `+`: a newline that the template itself begins with stays.
    return template if reasoning is None else f"{{% set enable_thinking = {str(reasoning).lower()} +%}}{template}"


def opens_thinking(tokenizer: Any, marks: ThinkingMarks) -> bool:
    """Does the template open the reasoning block itself, so that an answer begins inside it?"""
    return render(tokenizer, [Message(role="user", content="?")]).rstrip().endswith(marks[0])


def end_of_turn(tokenizer: Any) -> int:
    """The token that the template ends an assistant's turn with: not every tokenizer calls it its end of sequence."""
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    ids = tokenizer.encode(tokenizer.apply_chat_template(turns, tokenize=False), add_special_tokens=False)
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return int(next((token for token in reversed(ids) if token in special), tokenizer.eos_token_id))


def template_hash(tokenizer: Any) -> str:
    """Hash of the chat template, its switch included, which every response carries."""
    return text_hash(str(tokenizer.chat_template))


def stop_tokens(model: Any, tokenizer: Any) -> set[int]:
    """The tokens that end an answer: of the generation config, which may name several, and of the tokenizer."""
    ends = model.generation_config.eos_token_id
    return {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}


def with_thinking(thinking: str, answer: str, marks: ThinkingMarks) -> str:
    """A reasoning block before an answer, as a model writes it."""
    start, end = marks
    return f"{start}\n{thinking}\n{end}\n\n{answer}" if thinking else answer


def split_thinking(text: str, marks: ThinkingMarks, opened: bool = False) -> tuple[str, str]:
    """Part a raw completion into (thinking, answer).

    An unclosed block is all thinking: the reader saw no answer.

    Args:
        opened: the prompt had opened the block already, so that only its end mark is to be expected.
    """
    start, end = marks
    before, mark, after = text.partition(end)
    if mark or opened:
        return before.replace(start, "", 1).strip(), after.strip()
    if start in text:
        answer, _, thinking = text.partition(start)
        return thinking.strip(), answer.strip()
    return "", text.strip()
