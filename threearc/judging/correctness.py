"""Which responses were judged right and which wrong, which stand by their answer and which hedge, and their scores."""

from collections.abc import Iterable, Sequence

from threearc.judging.judge import Judge
from threearc.records.judgements import (
    CoverageVerdict,
    DeliveryVerdict,
    Judgement,
    OracleVerdict,
    ResponseSubject,
    ScoresVerdict,
    Verdict,
)
from threearc.records.prompts import Prompt
from threearc.records.responses import Response


def is_right(judgement: Judgement, correct_coverage: float) -> bool | None:
    """Correctness as one judgement has it; None if it is missing or about something else."""
    return _right(judgement.verdict, correct_coverage)


def is_right_answer(judge: Judge, prompt: Prompt, text: str, correct_coverage: float) -> bool | None:
    """Correctness of a text that is nobody's response; None if the prompt has nothing to check by."""
    return _right(judge.correctness(prompt, text), correct_coverage)


def correctness(judgements: Iterable[Judgement], correct_coverage: float) -> dict[str, bool]:
    """Right or wrong by response id, for whole responses whose correctness was judged."""
    found: dict[str, bool] = {}
    for judgement in judgements:
        right = is_right(judgement, correct_coverage)
        if isinstance(judgement.subject, ResponseSubject) and right is not None:
            found[judgement.subject.response_id] = right
    return found


def deliveries(judgements: Iterable[Judgement]) -> dict[str, bool]:
    """True for responses that assert, False for those that hedge, by response id."""
    return {
        judgement.subject.response_id: judgement.verdict.delivery == "assert"
        for judgement in judgements
        if isinstance(judgement.subject, ResponseSubject) and isinstance(judgement.verdict, DeliveryVerdict)
    }


def axis_scores(judgements: Iterable[Judgement]) -> dict[str, dict[str, int]]:
    """Scores by response id and axis, for whole responses."""
    return {
        judgement.subject.response_id: judgement.verdict.scores
        for judgement in judgements
        if isinstance(judgement.subject, ResponseSubject) and isinstance(judgement.verdict, ScoresVerdict)
    }


def failures(responses: Sequence[Response], judgements: Iterable[Judgement], correct_coverage: float) -> list[Response]:
    """The responses that were judged wrong, in their order."""
    right = correctness(judgements, correct_coverage)
    return [response for response in responses if right.get(response.id) is False]


def _right(verdict: Verdict | None, correct_coverage: float) -> bool | None:
    if isinstance(verdict, CoverageVerdict):
        return verdict.coverage >= correct_coverage
    if isinstance(verdict, OracleVerdict):
        return verdict.outcome == "passed"
    return None
