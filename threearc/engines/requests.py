"""What an engine is asked and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from threearc.records.responses import Decoding, FinishReason, Message


@dataclass(frozen=True)
class Request:
    """One conversation to continue; ``seed`` starts a stream of random numbers that is this request's own."""

    messages: tuple[Message, ...]
    seed: int


@dataclass(frozen=True)
class Completion:
    """What the model wrote.

    Attributes:
        token_ids: without the end of turn.
        n_tokens: generated tokens, the end of turn counted.
        text: of ``token_ids``, thinking marks kept, other special tokens dropped.
    """

    token_ids: tuple[int, ...]
    n_tokens: int
    text: str
    finish_reason: FinishReason


class Engine(Protocol):
    """Generates completions; equal requests give equal completions whatever else is asked beside them."""

    name: str
    versions: dict[str, str]

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Completion]:
        """One completion per request, in the order of the requests."""
