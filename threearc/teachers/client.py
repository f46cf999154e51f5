"""The one way to ask a language model that is not a student: teachers now, judges too.

Backends: scripted (speaks from a domain's data, offline), and for later an OpenAI-compatible endpoint and a local vLLM.
"""

from dataclasses import dataclass
from typing import Protocol

from threearc.records.prompts import Prompt
from threearc.records.responses import Message
from threearc.records.teaching import Stage


@dataclass(frozen=True)
class ChatRequest:
    """One question to a teacher.

    Attributes:
        messages: what an endpoint is sent.
        stage, prompt, attempt, earlier: what the messages were made from; a scripted backend reads these.
    """

    stage: Stage
    prompt: Prompt
    messages: tuple[Message, ...]
    earlier: dict[Stage, str]
    attempt: str | None = None


class Client(Protocol):
    """Something that answers chat requests."""

    name: str

    def complete(self, request: ChatRequest) -> str:
        """The reply's text, reasoning stripped."""
