import pytest

from threearc.engines.requests import Completion
from threearc.operators.answering import Interview
from threearc.records.responses import Decoding


class Echo:
    """An engine that answers with what it was told last, and remembers under which interventions it did."""

    name = "echo"
    versions = {"echo": "1"}

    def __init__(self):
        self.interventions = []

    def generate(self, requests, decoding, intervention):
        self.interventions.append(intervention)
        for place, request in enumerate(requests):
            yield {place: Completion((1, 2), 3, f"You said: {request.messages[-1].content}", "stop")}


@pytest.fixture
def interview():
    """An interview with an engine that echoes."""
    decoding = Decoding(temperature=0, top_p=1, top_k=0, max_tokens=8)
    return Interview(Echo(), decoding, "m", "r", "s", "t", "float32", ("<", ">"))
