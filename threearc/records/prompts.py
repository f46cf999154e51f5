"""Prompts: what is asked, where it comes from, and how an answer to it can be checked."""

from typing import ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from threearc.provenance.hashing import text_hash
from threearc.records.base import Part, Record

#: train: operators learn from it; eval: the operators' own yardstick; fresh: other entries, templates and author;
#: benchmark: others' published problems, where the study asks for them.
Split = Literal["train", "eval", "fresh", "benchmark"]
SPLITS: tuple[Split, ...] = get_args(Split)
#: The splits that every arm answers and that effects are computed on.
MEASURED: tuple[Split, ...] = ("eval", "fresh", "benchmark")


class Claim(Part):
    """One checkable statement that a right answer makes."""

    id: str
    text: str = Field(min_length=1)


class Checklist(Part):
    """The claims required of an answer to one prompt."""

    author: str
    prompt_hash: str
    claims: tuple[Claim, ...] = Field(min_length=1)


class Oracle(Part):
    """A program that decides whether a function is right, in HumanEval's record shape.

    ``starter`` is the code the model is given (signature and docstring, called *prompt* there), ``test`` defines
    ``check(candidate)``.
    """

    task_id: str
    starter: str
    entry_point: str
    test: str
    canonical_solution: str


class Prompt(Record):
    """One question of a domain. ``entry`` is the fact or problem it was made from: the cluster of all statistics."""

    kind: ClassVar[str] = "prompt"

    domain: str
    split: Split
    category: str
    entry: str
    author: str
    text: str = Field(min_length=1)
    checklist: Checklist | None = None
    oracle: Oracle | None = None

    @property
    def hash(self) -> str:
        """Hash of the text alone: what a checklist and a response are bound to."""
        return text_hash(self.text)

    @model_validator(mode="after")
    def _checklist_is_of_this_prompt(self) -> Self:
        if self.checklist is not None and self.checklist.prompt_hash != self.hash:
            raise ValueError("the checklist carries the hash of another prompt: it was written for another question")
        if self.checklist is not None and self.oracle is not None:
            raise ValueError("a prompt is checked by a checklist or by an oracle, not by both")
        return self
