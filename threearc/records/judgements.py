"""Judgements: what one judge found about one subject, or that it found nothing, and why."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from threearc.records.base import Part, Record

Delivery = Literal["assert", "hedge"]
Certainty = Literal["certain", "uncertain", "ambiguous"]
#: What the oracle saw. "no code": no function could be parsed out of the answer.
OracleOutcome = Literal["passed", "failed", "error", "timeout", "memory", "no code"]


class PromptSubject(Part):
    """A prompt, judged without any response."""

    type: Literal["prompt"] = "prompt"
    prompt_id: str


class ResponseSubject(Part):
    """A whole response."""

    type: Literal["response"] = "response"
    response_id: str


class SliceSubject(Part):
    """The first ``budget`` tokens of a response: what the reader would have had at that n_predict."""

    type: Literal["slice"] = "slice"
    response_id: str
    budget: int = Field(ge=1)


class PairSubject(Part):
    """Two responses to one prompt, in the order in which the judge saw them."""

    type: Literal["pair"] = "pair"
    first_id: str
    second_id: str


Subject = Annotated[PromptSubject | ResponseSubject | SliceSubject | PairSubject, Field(discriminator="type")]


class CertaintyVerdict(Part):
    """Whether the question has one settled answer."""

    question: Literal["certainty"] = "certainty"
    certainty: Certainty


class CoverageVerdict(Part):
    """Which claims of the checklist the text makes; ``coverage`` is their share."""

    question: Literal["coverage"] = "coverage"
    claims: dict[str, bool]

    @property
    def coverage(self) -> float:
        """Share of claims made, in [0, 1]."""
        return sum(self.claims.values()) / len(self.claims)


class OracleVerdict(Part):
    """What happened when the answer's program was run against the tests."""

    question: Literal["oracle"] = "oracle"
    outcome: OracleOutcome


class DeliveryVerdict(Part):
    """Whether the visible text stands by its answer; ``markers`` are the words that say it does not."""

    question: Literal["delivery"] = "delivery"
    delivery: Delivery
    markers: tuple[str, ...] = ()


class ScoresVerdict(Part):
    """Scores from 1 to 5 on the axes of a rubric ("rubric" or "mcas"); ``evidence`` is what each was read off."""

    question: Literal["scores"] = "scores"
    instrument: str
    scores: dict[str, Annotated[int, Field(ge=1, le=5)]]
    evidence: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class StyleVerdict(Part):
    """The surface of a text: lengths, counts and presence of turns of phrase. Nothing here is good or bad."""

    question: Literal["style"] = "style"
    features: dict[str, float]


class ChecksVerdict(Part):
    """How often the answer says that it can be checked, and how many different checks in it are real.

    Attributes:
        stated: lines that announce a check or hold one.
        runnable: different calls with a promised result; ``real``: those of them that the canonical solution keeps.
    """

    question: Literal["checks"] = "checks"
    stated: int = Field(ge=0)
    runnable: int = Field(ge=0)
    real: int = Field(ge=0)


class PreferenceVerdict(Part):
    """Which of an ordered pair is the better answer."""

    question: Literal["preference"] = "preference"
    preferred: Literal["first", "second", "neither"]


Verdict = Annotated[
    CertaintyVerdict
    | CoverageVerdict
    | OracleVerdict
    | DeliveryVerdict
    | ScoresVerdict
    | StyleVerdict
    | ChecksVerdict
    | PreferenceVerdict,
    Field(discriminator="question"),
]


class Judgement(Record):
    """One verdict on one subject; a verdict that could not be had is *missing*, with the reason, never a default.

    Attributes:
        judge: the judge's name.
        judge_hash: hash of the judge's prompt, or of its rules.
        replicate: 0 for the first judging, 1 for the judging again of an A/A check.
    """

    kind: ClassVar[str] = "judgement"

    subject: Subject
    question: str
    judge: str
    judge_hash: str
    replicate: int = Field(default=0, ge=0)
    verdict: Verdict | None = None
    missing: str | None = None

    @model_validator(mode="after")
    def _has_verdict_or_reason(self) -> Self:
        if (self.verdict is None) == (self.missing is None):
            raise ValueError("a judgement has either a verdict or a reason why it is missing")
        if self.verdict is not None and self.verdict.question != self.question:
            raise ValueError(f"question {self.question} cannot have a verdict on {self.verdict.question}")
        return self
