"""Told wrong, asked again: the second answers of every arm to the prompts that its first answer failed."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from threearc.operators.answering import Interview
from threearc.records.prompts import Prompt
from threearc.records.responses import Response, Setup

OPERATOR = "recovery"


def ask_failures_again(
    interview: Interview,
    failures: Sequence[Response],
    prompts: Mapping[str, Prompt],
    told_wrong: Callable[[Prompt], str],
    under: Callable[[Setup], AbstractContextManager[None]] = lambda setup: nullcontext(),
) -> list[Response]:
    """Second answers to failed first ones, each under the condition of the first.

    Args:
        failures: first answers that were judged wrong, of any number of arms.
        prompts: by id.
        under: a context that puts the model under an arm's condition.
    """
    by_condition: dict[str, list[Response]] = {}
    for response in failures:
        by_condition.setdefault(response.condition_id, []).append(response)
    second: list[Response] = []
    for responses in by_condition.values():
        setup = responses[0].setup
        turns = [(first, prompts[first.prompt_id], told_wrong(prompts[first.prompt_id])) for first in responses]
        with under(setup):
            second += interview.ask_again(turns, setup)
    return second
