"""Teacher generation: eager, then deliberate and adversarial, then gold; wrong answers for pairs; boundary cases;
critiques and corrections of a student's own failures (FACTS, teacher generation)."""

from collections.abc import Callable, Mapping, Sequence

from jinja2 import Environment, StrictUndefined

from threearc.provenance.errors import StudyError
from threearc.provenance.hashing import text_hash
from threearc.records.prompts import Prompt
from threearc.records.responses import Message, Response
from threearc.records.teaching import Stage, TeacherAnswer
from threearc.teachers.client import ChatRequest, Client

#: Stages that answer ordinary prompts, in order, each with the earlier ones that it reads.
READS: dict[Stage, tuple[Stage, ...]] = {
    "eager": (),
    "deliberate": ("eager",),
    "adversarial": ("eager",),
    "gold": ("eager", "deliberate", "adversarial"),
    "rejected": ("gold",),
}
BOUNDARY = "boundary"


class Classroom:
    """A domain's instructions and the client of each stage.

    Args:
        instructions: Jinja templates by stage, with the names ``prompt``, ``attempt`` and ``earlier``.
        client_of: the client that speaks at a stage.
    """

    def __init__(self, instructions: Mapping[Stage, str], client_of: Callable[[Stage], Client]) -> None:
        self._templates = dict(instructions)
        self._environment = Environment(undefined=StrictUndefined, keep_trailing_newline=False, autoescape=False)
        self._client_of = client_of

    def teach(self, prompts: Sequence[Prompt]) -> dict[Stage, list[TeacherAnswer]]:
        """Every stage's answers to every training prompt: boundary cases at their own stage, all others at the rest."""
        ordinary = [prompt for prompt in prompts if prompt.category != BOUNDARY]
        answers: dict[Stage, list[TeacherAnswer]] = {}
        for stage, reads in READS.items():
            rows = []
            for i, prompt in enumerate(ordinary):
                rows.append(self._answer(stage, prompt, {name: answers[name][i] for name in reads}))
            answers[stage] = rows
        boundary = [prompt for prompt in prompts if prompt.category == BOUNDARY]
        answers["boundary"] = [self._answer("boundary", prompt, {}) for prompt in boundary]
        return answers

    def criticise(self, failures: Sequence[tuple[Response, Prompt]]) -> list[TeacherAnswer]:
        """A critique and a correction of each failed attempt."""
        rows = []
        for attempt, prompt in failures:
            critique = self._answer("critique", prompt, {}, attempt)
            rows += [critique, self._answer("correction", prompt, {"critique": critique}, attempt)]
        return rows

    def _answer(
        self, stage: Stage, prompt: Prompt, earlier: Mapping[Stage, TeacherAnswer], attempt: Response | None = None
    ) -> TeacherAnswer:
        client = self._client_of(stage)
        texts: dict[Stage, str] = {name: answer.text for name, answer in earlier.items()}
        said = None if attempt is None else attempt.text
        try:
            template = self._environment.from_string(self._templates[stage])
            content = template.render(prompt=prompt.text, attempt=said, earlier=texts)
        except Exception as error:  # A template is a program: besides Jinja's errors it may raise any.
            why = "it is missing" if stage not in self._templates else f"{type(error).__name__}: {error}"
            raise StudyError(
                f"The instruction for the stage {stage!r} cannot be used ({why}).",
                where=f"teacher.yaml of the domain {prompt.domain}",
                remedy="Give a Jinja template with the names prompt, attempt and earlier.",
            ) from None
        request = ChatRequest(stage, prompt, (Message(role="user", content=content),), texts, said)
        return TeacherAnswer(
            stage=stage,
            prompt_id=prompt.id,
            prompt_hash=prompt.hash,
            about=None if attempt is None else attempt.id,
            teacher=client.name,
            instruction_hash=text_hash(self._templates[stage]),
            inputs=tuple(answer.id for answer in earlier.values()),
            text=client.complete(request),
        )
