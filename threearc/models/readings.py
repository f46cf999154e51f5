"""Responses as the tokens that a student reads: its prompt, its answer and, if it ended its turn, the end of turn."""

from collections.abc import Sequence
from typing import Any

from threearc.models.chat import end_of_turn, render
from threearc.models.features import Reading
from threearc.records.responses import Response


def readings_of(responses: Sequence[Response], tokenizer: Any) -> list[Reading]:
    """One reading per generated response; one that finished ends as the template ends a turn.

    Raises:
        ValueError: if a response carries no token ids: reading its text instead could part it into other tokens.
    """
    readings, end = [], end_of_turn(tokenizer)
    for response in responses:
        if response.token_ids is None:
            raise ValueError(f"response {response.id} has no token ids")
        finished = response.finish_reason == "stop"
        prompt = tokenizer.encode(render(tokenizer, response.messages), add_special_tokens=False)
        answer = (*response.token_ids, *([end] if finished else []))
        readings.append(Reading(response.id, tuple(prompt), answer, finished))
    return readings
