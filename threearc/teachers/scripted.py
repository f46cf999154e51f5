"""The offline teacher: speaks from the domain's own data."""

from threearc.domains.protocol import Domain
from threearc.provenance.errors import StudyError
from threearc.teachers.client import ChatRequest
from threearc.teachers.stages import Classroom


class ScriptedTeacher:
    """A client that reads no messages and asks the domain what to say."""

    name = "scripted"

    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    def complete(self, request: ChatRequest) -> str:
        """What the domain's scripted teacher says at the request's stage."""
        return self.domain.teach(request.stage, request.prompt, request.earlier, request.attempt)


def open_classroom(domain: Domain, backend: str) -> Classroom:
    """A domain's classroom with the backend that the config names.

    Raises:
        StudyError: if the backend is not part of this version.
    """
    if backend != "scripted":
        raise StudyError(
            f"The teacher backend {backend!r} is not part of this version.",
            where="config key teachers.backend",
            remedy="Use scripted.",
        )
    teacher = ScriptedTeacher(domain)
    return Classroom(domain.instructions(), lambda stage: teacher)
