"""Responses as the tokens that a student reads: its prompt, its answer and, if it ended its turn, the end of turn."""

from collections.abc import Sequence
from typing import Any

from threearc.models.chat import end_of_turn, render
from threearc.models.features import Reading
from threearc.records.responses import Response, tokens_of


def readings_of(responses: Sequence[Response], tokenizer: Any) -> list[Reading]:
    """One reading per generated response; one that finished ends as the template ends a turn.

    Raises:
        StudyError: if a response carries no token ids: reading its text instead could part it into other tokens.
    """
    readings, end = [], end_of_turn(tokenizer)
    for response in responses:
        finished = response.finish_reason == "stop"
        prompt = tokenizer.encode(render(tokenizer, response.messages), add_special_tokens=False)
        answer = (*tokens_of(response), *([end] if finished else []))
        readings.append(Reading(response.id, tuple(prompt), answer, finished))
    return readings
