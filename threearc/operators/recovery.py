"""Told wrong, asked again: the second answers of every arm to the prompts that its first answer failed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from threearc.models.interventions import UNTOUCHED, Intervention
from threearc.operators import tempering
from threearc.operators.answering import Interview
from threearc.provenance.errors import StudyError, remake
from threearc.records.prompts import Prompt
from threearc.records.responses import Condition, Response
from threearc.records.untouched import OTHER_ORDER

OPERATOR = "recovery"


def ask_failures_again(
    interview: Interview,
    failures: Sequence[Response],
    prompts: Mapping[str, Prompt],
    told_wrong: Callable[[Prompt], str],
    done_to: Callable[[Condition], Intervention],
) -> list[Response]:
    """Second answers to failed first ones, each under the condition of the first.

    Args:
        failures: first answers that were judged wrong, of any number of arms.
        prompts: by id.
        done_to: what an arm's condition did to the model.
    """
    by_condition: dict[str, list[Response]] = {}
    for response in failures:
        by_condition.setdefault(response.condition_id, []).append(response)
    second: list[Response] = []
    for responses in by_condition.values():
        setup = responses[0].setup
        turns = [(first, prompts[first.prompt_id], told_wrong(prompts[first.prompt_id])) for first in responses]
        second += interview.under(done_to(setup.condition)).ask_again(turns, setup)
    return second


def may_be_asked(first: Response) -> bool:
    """Is a first answer asked again if it is wrong: base's, its repetition's with other seeds, a treatment's."""
    condition = first.setup.condition
    return condition.role in ("base", "noise floor", "treatment") and condition != OTHER_ORDER


def done_to(condition: Condition, adapters: Sequence[tuple[Mapping[str, Any], Path]]) -> Intervention:
    """What was done to the model before the arm answered.

    Args:
        adapters: settings that name each adapter, and its folder. By name, not by weights: two adapters may be the
            same, where preference training taught nothing.

    Raises:
        StudyError: if the arm's adapter is not among them.
    """
    if condition.role in ("base", "noise floor"):
        return UNTOUCHED
    if condition.operator == tempering.OPERATOR:
        return tempering.damping(condition)
    for settings, folder in adapters:
        if settings.items() <= condition.settings.items():
            return Intervention(adapter=folder)
    where = f"responses under the condition {condition.variant!r}"
    raise StudyError("Their adapter is not among those of the study.", where=where, remedy=remake("their file"))
