"""What a judge is: it is shown a prompt and a text, never an arm, and answers one question at a time."""

from typing import Protocol

from threearc.records.judgements import (
    Certainty,
    CertaintyVerdict,
    ChecksVerdict,
    CoverageVerdict,
    DeliveryVerdict,
    OracleVerdict,
    ScoresVerdict,
    StyleVerdict,
)
from threearc.records.prompts import Prompt


class Unjudged(Exception):
    """The judge gave no verdict; the message is the reason that the judgement carries."""


class Judge(Protocol):
    """A judge of single texts. Every method may raise ``Unjudged``."""

    name: str
    hash: str

    def certainty(self, prompt: Prompt) -> CertaintyVerdict:
        """Has the question one settled answer?"""

    def correctness(self, prompt: Prompt, answer: str) -> CoverageVerdict | OracleVerdict | None:
        """Is the answer right, by the prompt's checklist or oracle; None if it has neither."""

    def delivery(self, prompt: Prompt, answer: str) -> DeliveryVerdict:
        """Does the visible text stand by its answer?"""

    def scores(self, prompt: Prompt, answer: str, certainty: Certainty | None) -> ScoresVerdict:
        """Scores on the axes of the domain's instrument."""

    def checks(self, prompt: Prompt, answer: str) -> ChecksVerdict:
        """What the answer says about checking itself; asked where an oracle can tell what is real."""

    def style(self, prompt: Prompt, answer: str) -> StyleVerdict:
        """The answer's surface."""
