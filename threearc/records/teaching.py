"""What teachers wrote, and what students are trained on."""

from typing import ClassVar, Literal

from pydantic import Field

from threearc.records.base import Record
from threearc.records.responses import Message

#: The four stages of the paper, the rejected side of a preference pair, boundary cases and critiques of attempts.
Stage = Literal["eager", "deliberate", "adversarial", "gold", "rejected", "boundary", "critique", "correction"]
#: T1 gold answers, T2 corrected failures of the student, T4 boundary cases (T3 are the pairs).
Dataset = Literal["T1", "T2", "T4"]


class TeacherAnswer(Record):
    """One teacher's text at one stage; ``about`` names the student's response when the stage reads one."""

    kind: ClassVar[str] = "teacher answer"

    stage: Stage
    prompt_id: str
    prompt_hash: str
    about: str | None = None
    teacher: str
    instruction_hash: str
    inputs: tuple[str, ...] = ()
    text: str = Field(min_length=1)


class Example(Record):
    """One row of supervised training: a conversation and the answer to learn.

    Attributes:
        thinking: the student's own reasoning when it was asked this, if it reasoned; teachers' is never kept.
    """

    kind: ClassVar[str] = "example"

    dataset: Dataset
    prompt_id: str
    entry: str
    messages: tuple[Message, ...] = Field(min_length=1)
    completion: str = Field(min_length=1)
    thinking: str = ""
    sources: tuple[str, ...]


class Pair(Record):
    """One row of preference training (T3)."""

    kind: ClassVar[str] = "pair"

    prompt_id: str
    entry: str
    messages: tuple[Message, ...] = Field(min_length=1)
    chosen: str = Field(min_length=1)
    rejected: str = Field(min_length=1)
    sources: tuple[str, ...]
