"""Responses joined with their judgements: one row per response with all that measures read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from threearc.judging.correctness import is_right
from threearc.provenance.errors import StudyError, remake
from threearc.records.judgements import (
    Certainty,
    ChecksVerdict,
    CoverageVerdict,
    DeliveryVerdict,
    Judgement,
    ResponseSubject,
    ScoresVerdict,
    SliceSubject,
    StyleVerdict,
)
from threearc.records.prompts import Prompt
from threearc.records.responses import Response


@dataclass
class Outcome:
    """One response as its judges saw it; what was not judged, or is missing, is None.

    Attributes:
        right: correctness by checklist or oracle; ``coverage``: share of claims, for checklists.
        asserts: True if the answer stands by itself.
        checks: lines that state a check, checks that can be run, and those of them that are real; where an oracle is.
        right_again: was base right when asked the same once more, under another decode seed; None where it was not.
        right_at: correctness of the slice at each budget that cuts the response.
        asked: questions that a judge was asked; ``missing``: those of them without a verdict.
        judges: by question, name and hash of whoever was asked it about this response or a slice of it.
    """

    response: Response
    prompt: Prompt
    certainty: Certainty | None
    right: bool | None = None
    coverage: float | None = None
    asserts: bool | None = None
    scores: dict[str, int] = field(default_factory=dict)
    style: dict[str, float] = field(default_factory=dict)
    checks: ChecksVerdict | None = None
    right_again: bool | None = None
    right_at: dict[int, bool] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    judges: dict[str, set[str]] = field(default_factory=dict)

    def right_within(self, budget: int) -> bool | None:
        """Correctness of what a budget would have given: the slice where it cuts, else the response."""
        return self.right_at.get(budget, self.right if self.response.n_tokens <= budget else None)

    def cut_at(self, budget: int) -> bool:
        """True if ``budget`` would have ended the answer before the model did."""
        return self.response.n_tokens > budget or self.response.finish_reason == "length"


def join(
    responses: Iterable[Response],
    judgements: Iterable[Judgement],
    prompts: Mapping[str, Prompt],
    certainty: Mapping[str, Certainty],
    correct_coverage: float,
    file: str = "judgements",
) -> list[Outcome]:
    """One outcome per response.

    Args:
        responses: to prompts that are all there.
        file: what the judgements were read from.

    Raises:
        StudyError: if a judgement is about a response that is not there, or a response was never judged: rows that do
            not fit together come from different runs.
    """
    outcomes = {r.id: Outcome(r, prompts[r.prompt_id], certainty.get(r.prompt_id)) for r in responses}
    judged: Counter[str] = Counter()
    for judgement in judgements:
        subject = judgement.subject
        if not isinstance(subject, ResponseSubject | SliceSubject):
            continue
        outcome = outcomes.get(subject.response_id)
        if outcome is None:
            raise _torn(f"A judgement is about response {subject.response_id}, which is not there.", file)
        judged[subject.response_id] += 1
        _enter(outcome, subject, judgement, correct_coverage)
    unjudged = [name for name in outcomes if not judged[name]]
    if unjudged:
        raise _torn(f"{len(unjudged)} responses were never judged, {unjudged[0]} among them.", file)
    return list(outcomes.values())


def _enter(
    outcome: Outcome, subject: ResponseSubject | SliceSubject, judgement: Judgement, correct_coverage: float
) -> None:
    verdict = judgement.verdict
    right = is_right(judgement, correct_coverage)
    outcome.judges.setdefault(judgement.question, set()).add(f"{judgement.judge} {judgement.judge_hash}")
    if isinstance(subject, SliceSubject):
        if right is not None:
            outcome.right_at[subject.budget] = right
        return
    outcome.asked.add(judgement.question)
    if verdict is None:
        outcome.missing.add(judgement.question)
    elif isinstance(verdict, DeliveryVerdict):
        outcome.asserts = verdict.delivery == "assert"
    elif isinstance(verdict, ScoresVerdict):
        outcome.scores = dict(verdict.scores)
    elif isinstance(verdict, StyleVerdict):
        outcome.style = dict(verdict.features)
    elif isinstance(verdict, ChecksVerdict):
        outcome.checks = verdict
    elif right is not None:
        outcome.right = right
        outcome.coverage = verdict.coverage if isinstance(verdict, CoverageVerdict) else None


def _torn(what: str, file: str) -> StudyError:
    return StudyError(what, where=file, remedy=remake(file))
