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


def template_hash(tokenizer: Any) -> str:
    """Hash of the chat template, which every response carries."""
    return text_hash(str(tokenizer.chat_template))


def stop_tokens(model: Any, tokenizer: Any) -> set[int]:
    """The tokens that end an answer: of the generation config, which may name several, and of the tokenizer."""
    ends = model.generation_config.eos_token_id
    return {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}


def turn_end(model: Any, tokenizer: Any) -> int:
    """The token with which the template ends an assistant's turn: not always the tokenizer's end of sequence."""
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    text = tokenizer.apply_chat_template(turns, tokenize=False)
    stops = stop_tokens(model, tokenizer)
    written = [token for token in tokenizer.encode(text, add_special_tokens=False) if token in stops]
    return int(written[-1] if written else tokenizer.eos_token_id)


def with_thinking(thinking: str, answer: str, marks: ThinkingMarks) -> str:
    """A reasoning block before an answer, as a model writes it."""
    start, end = marks
    return f"{start}\n{thinking}\n{end}\n\n{answer}" if thinking else answer


def split_thinking(text: str, marks: ThinkingMarks) -> tuple[str, str]:
    """Part a raw completion into (thinking, answer).

    An unclosed block is all thinking: the reader saw no answer. A block that was opened by the template, so that only
    its end mark stands in the text, is thinking too.
    """
    start, end = marks
    before, mark, after = text.partition(end)
    if mark:
        return before.replace(start, "", 1).strip(), after.strip()
    if start in text:
        answer, _, thinking = text.partition(start)
        return thinking.strip(), answer.strip()
    return "", text.strip()
