"""Judging the responses of one file, whatever operator wrote them.

The judge is shown a prompt and a text. It never learns of the arm, and what it could not judge stays missing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from threearc.judging.judge import Judge, Unjudged
from threearc.models.chat import ThinkingMarks, split_thinking
from threearc.models.tokens import TokenReader
from threearc.records.judgements import (
    Certainty,
    CertaintyVerdict,
    Judgement,
    PromptSubject,
    ResponseSubject,
    SliceSubject,
    Subject,
)
from threearc.records.prompts import Prompt
from threearc.records.responses import Response, tokens_of


def judge_prompts(judge: Judge, prompts: Sequence[Prompt]) -> list[Judgement]:
    """Pass 1: the certainty of every prompt, seen without any response."""
    return [
        _judged(judge, PromptSubject(prompt_id=prompt.id), "certainty", judge.certainty, prompt) for prompt in prompts
    ]


def certainties(judgements: Sequence[Judgement]) -> dict[str, Certainty]:
    """Certainty by prompt id; prompts whose judgement is missing are left out."""
    return {
        judgement.subject.prompt_id: judgement.verdict.certainty
        for judgement in judgements
        if isinstance(judgement.subject, PromptSubject) and isinstance(judgement.verdict, CertaintyVerdict)
    }


def judge_responses(
    judge: Judge,
    responses: Sequence[Response],
    prompts: Mapping[str, Prompt],
    certainty: Mapping[str, Certainty],
    budgets: Sequence[int],
    reader: TokenReader,
    marks: ThinkingMarks,
) -> Iterator[Judgement]:
    """Every question on every response, and correctness again on the slices that a shorter budget would have given.

    Slices are cut from first answers of arms that make a claim, and only where a budget really cuts: at a budget of at
    least ``n_tokens`` the slice is the response.
    """
    for response in responses:
        prompt = prompts[response.prompt_id]
        sure = certainty.get(prompt.id)
        subject = ResponseSubject(response_id=response.id)
        if prompt.oracle is not None or prompt.checklist is not None:
            question = "oracle" if prompt.oracle is not None else "coverage"
            yield _judged(judge, subject, question, judge.correctness, prompt, response.text)
            if _is_swept(response, prompt):
                for budget in sorted(budgets):
                    if budget < response.n_tokens:
                        text = slice_text(response, budget, reader, marks)
                        cut = SliceSubject(response_id=response.id, budget=budget)
                        yield _judged(judge, cut, question, judge.correctness, prompt, text)
        yield _judged(judge, subject, "delivery", judge.delivery, prompt, response.text)
        yield _judged(judge, subject, "scores", judge.scores, prompt, response.text, sure)
        if prompt.oracle is not None:
            yield _judged(judge, subject, "checks", judge.checks, prompt, response.text)
        yield _judged(judge, subject, "style", judge.style, prompt, response.text)


def _is_swept(response: Response, prompt: Prompt) -> bool:
    """Arms that claim something, and base, on measured prompts; a derived text has no tokens of its own to cut."""
    claims = response.setup.condition.role in ("base", "treatment")
    return claims and prompt.split != "train" and response.turn == 1 and response.derived_from is None


def slice_text(response: Response, budget: int, reader: TokenReader, marks: ThinkingMarks) -> str:
    """What the reader would have seen had generation stopped at ``budget`` tokens: the answer without its thinking.

    Raises:
        StudyError: if the response carries no token ids.
    """
    return split_thinking(reader.text(tokens_of(response)[:budget]), marks, response.thinking_opened)[1]


def _judged(judge: Judge, subject: Subject, question: str, ask: Callable[..., Any], *shown: Any) -> Judgement:
    verdict, missing = None, None
    try:
        verdict = ask(*shown)
    except Unjudged as error:
        missing = str(error)
    return Judgement(
        subject=subject, question=question, judge=judge.name, judge_hash=judge.hash, verdict=verdict, missing=missing
    )
