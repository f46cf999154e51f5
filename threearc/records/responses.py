"""Responses: the narrow waist. Every operator gives prompts in, responses out, under a condition.

What follows (judging, effects, guards, verdicts, report) reads a condition's ``operator``, ``variant``, ``role`` and
``dose`` and never asks how the operator works; its own settings travel in ``settings``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, JsonValue, model_validator

from threearc.provenance.errors import REMAKE, StudyError, remake
from threearc.provenance.hashing import content_id
from threearc.records.base import Part, Record
from threearc.records.jsonl import read_records
from threearc.records.prompts import Prompt

#: base: the untouched student. noise floor: the same again. control: an operator that should do nothing special.
#: calibration: one whose truth is known, planted to see whether the engine finds it.
Role = Literal["base", "noise floor", "treatment", "control", "calibration"]
#: stop: the model ended its turn. length: the budget ended it.
FinishReason = Literal["stop", "length"]


class Message(Part):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Decoding(Part):
    """How tokens are drawn. ``max_tokens`` counts the end-of-turn token too, as engines do."""

    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    top_k: int = Field(ge=0)
    presence_penalty: float = 0.0
    max_tokens: int = Field(ge=1)


class Condition(Part):
    """What was done to the student before it answered.

    Attributes:
        operator: the operator's name; one responses file per operator.
        variant: which arm of the operator, for people ("top heads", "batch order").
        role: what a comparison with base means for this arm.
        dose: strength, 0 = none; arms of one variant that differ in dose only form a dose curve.
        continues: condition id of the arm that this one goes on from; None goes on from base.
        settings: the operator's own typed settings, as JSON.
    """

    operator: str
    variant: str
    role: Role
    dose: float | None = None
    continues: str | None = None
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class Setup(Part):
    """All that a response's distribution depends on, besides the conversation and the decode seed.

    Attributes:
        student: hash of the student's files; ``revision`` is its name at its source.
        template: hash of the chat template.
        versions: of the libraries that computed the tokens.
    """

    condition: Condition
    model: str
    revision: str
    student: str
    template: str
    decoding: Decoding
    engine: str
    versions: dict[str, str]
    dtype: str
    train_seed: int | None = None


class Response(Record):
    """One answer of one student to one conversation.

    Attributes:
        messages: the conversation that was sent, the new user turn last; ``turn`` counts user turns from 1.
        parent_id: the response that this one follows in the conversation.
        derived_from: the response whose text this one reuses (sidecar, controls); None when it was generated.
        text: what the reader sees; ``thinking``: the reasoning block, apart.
        thinking_opened: the prompt itself opened the reasoning block; the tokens begin inside it.
        token_ids: the generated tokens, thinking included, end of turn left out.
        n_tokens: how many tokens were generated, the end of turn counted.
    """

    kind: ClassVar[str] = "response"

    prompt_id: str
    prompt_hash: str
    messages: tuple[Message, ...] = Field(min_length=1)
    turn: int = Field(ge=1)
    parent_id: str | None = None
    derived_from: str | None = None
    setup: Setup
    condition_id: str = ""
    decode_seed: int
    text: str
    thinking: str = ""
    thinking_opened: bool = False
    token_ids: tuple[int, ...] | None = None
    n_tokens: int = Field(ge=0)
    finish_reason: FinishReason

    def model_post_init(self, context: object) -> None:
        """Fill in ``condition_id`` where it was left out, before the row is named by its content."""
        if not self.condition_id:
            object.__setattr__(self, "condition_id", condition_id(self.setup))

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.condition_id != condition_id(self.setup):
            raise ValueError("condition_id is not the hash of setup")
        if self.messages[-1].role != "user":
            raise ValueError("the last message sent must be the user's")
        if self.turn != sum(message.role == "user" for message in self.messages):
            raise ValueError("turn does not count the user messages sent")
        if (self.turn > 1) != (self.parent_id is not None):
            raise ValueError("parent_id belongs to second turns, and to them alone")
        return self


def condition_id(setup: Setup) -> str:
    """The name under which responses of one arm are counted together: the hash of their whole set-up."""
    return content_id(setup.model_dump(mode="json"))


def tokens_of(response: Response) -> tuple[int, ...]:
    """The tokens of a generated response.

    Raises:
        StudyError: if it carries none.
    """
    if response.token_ids is None:
        raise StudyError(
            f"Response {response.id} carries no token ids to read or to cut.",
            where=f"responses under the condition {response.setup.condition.variant!r}, key token_ids",
            remedy=f"Use an engine that gives token ids. {REMAKE}",
        )
    return response.token_ids


def read_responses(path: str | Path, prompts: Mapping[str, Prompt]) -> list[Response]:
    """Read responses to some prompts.

    Args:
        prompts: by id.

    Raises:
        StudyError: as ``read_records``, and if a response is to a prompt that is not among them.
    """
    responses = read_records(path, Response)
    for number, response in enumerate(responses, start=1):
        prompt = prompts.get(response.prompt_id)
        if prompt is None or prompt.hash != response.prompt_hash:
            raise StudyError(
                f"Response {response.id} answers a prompt that is not there.",
                where=f"{path}, line {number}",
                remedy=remake(path),
            )
    return responses
