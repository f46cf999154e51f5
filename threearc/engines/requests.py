"""What an engine is asked and what it gives back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from threearc.models.interventions import Intervention
from threearc.records.responses import Decoding, FinishReason, Message


@dataclass(frozen=True)
class Request:
    """One conversation to continue.

    Attributes:
        seed: starts a stream of random numbers that is this request's own.
        repeat: a number that tells a request from one that is the same but must be generated again, not looked up:
            whether both come out the same is what an A/A arm measures. Tokens do not depend on it.
    """

    messages: tuple[Message, ...]
    seed: int
    repeat: int = 0


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


@dataclass(frozen=True)
class Origin:
    """Where completions come from: with the code, the decoding and the request, all that their tokens depend on.

    Attributes:
        engine, versions: the engine's name, and the libraries that it and the intervention run on.
        student, template: hashes of the student's files and of its chat template, the reasoning switch included.
        marks: its thinking marks, which stay in the text.
        shape: of batches.
        intervention: what was done to the model, by content; empty for the student as it is.
    """

    engine: str
    versions: Mapping[str, str]
    student: str
    template: str
    marks: tuple[str, str]
    dtype: str
    shape: Mapping[str, int]
    intervention: Mapping[str, Any]


class Engine(Protocol):
    """Generates completions; equal requests give equal completions whatever else is asked beside them.

    An engine has no state that changes its answers: every call is told what is done to the model, and does it itself.
    """

    name: str
    versions: dict[str, str]

    def origin(self, intervention: Intervention) -> Origin:
        """Where the completions come from that ``generate`` gives under the intervention."""

    def generate(
        self, requests: Sequence[Request], decoding: Decoding, intervention: Intervention
    ) -> Iterator[Mapping[int, Completion]]:
        """Batch by batch, as they finish: completions by the places of their requests, every place once."""


def in_order(batches: Iterator[Mapping[int, Completion]]) -> list[Completion]:
    """All completions of an engine, in the order of the requests."""
    done = {place: completion for batch in batches for place, completion in batch.items()}
    return [done[place] for place in range(len(done))]
