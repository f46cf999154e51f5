"""Asking a student: prompts in, responses out, under a condition. Shared by all operators that generate."""

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from threearc.engines.cache import CachedEngine, cache_of, code_of
from threearc.engines.requests import Completion, Engine, Request, in_order
from threearc.engines.transformers_engine import TransformersEngine
from threearc.models.chat import ThinkingMarks, opens_thinking, split_thinking
from threearc.models.interventions import UNTOUCHED, Intervention
from threearc.models.students import open_student
from threearc.models.tokens import TokenReader
from threearc.provenance.hashing import seed_from
from threearc.provenance.keys import library_versions
from threearc.records.prompts import Prompt
from threearc.records.responses import Condition, Decoding, Message, Response, Setup

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Interview:
    """One student, one engine, one way of decoding: what all arms of an experiment have in common.

    Attributes:
        model, revision: the student's name and its version at its source.
        student, template: hashes of its files and of its chat template.
        marks: its thinking marks; ``opened`` if its template writes the opening one.
        intervention: what is done to its model while it answers.
    """

    engine: Engine
    decoding: Decoding
    model: str
    revision: str
    student: str
    template: str
    dtype: str
    marks: ThinkingMarks
    opened: bool = False
    intervention: Intervention = UNTOUCHED

    def under(self, intervention: Intervention) -> "Interview":
        """The same interview of the student as the intervention leaves it."""
        return replace(self, intervention=intervention)

    def setup(self, condition: Condition, train_seed: int | None = None) -> Setup:
        """The set-up of one arm."""
        return Setup(
            condition=condition,
            model=self.model,
            revision=self.revision,
            student=self.student,
            template=self.template,
            decoding=self.decoding,
            engine=self.engine.name,
            versions=self.engine.versions | library_versions(self.intervention.libraries),
            dtype=self.dtype,
            train_seed=train_seed,
        )

    def ask(
        self, prompts: Sequence[Prompt], setup: Setup, decode_seeds: Sequence[int], shuffle: int | None = None
    ) -> list[Response]:
        """First answers to every prompt, once per decode seed.

        The stream of random numbers depends on the prompt and the decode seed, not on the arm: two arms that differ
        in nothing draw the same tokens, and paired differences carry less noise.

        Args:
            shuffle: a seed for another order of the requests; the responses come in the usual order. They are
                generated for this order: what a cache keeps of another order does not stand for them.
        """
        wanted = [(prompt, seed) for seed in decode_seeds for prompt in prompts]
        requests = [
            Request((Message(role="user", content=prompt.text),), seed_from("answer", prompt.hash, seed), shuffle or 0)
            for prompt, seed in wanted
        ]
        order = list(range(len(requests)))
        if shuffle is not None:
            random.Random(seed_from("order", shuffle)).shuffle(order)
        by_place = dict(zip(order, self._completions([requests[i] for i in order]), strict=True))
        return [
            self._response(by_place[i], requests[i], setup, prompt, seed, parent=None)
            for i, (prompt, seed) in enumerate(wanted)
        ]

    def ask_again(self, turns: Sequence[tuple[Response, Prompt, str]], setup: Setup) -> list[Response]:
        """Second answers: the conversation so far, and a user's message about the first answer.

        Args:
            turns: first response, its prompt, what the user says to it.
        """
        requests = [
            Request(
                (
                    *first.messages,
                    # As chat templates do, the history holds the visible answer without its thinking.
                    Message(role="assistant", content=first.text),
                    Message(role="user", content=said),
                ),
                seed_from("answer again", prompt.hash, first.decode_seed),
            )
            for first, prompt, said in turns
        ]
        return [
            self._response(completion, request, setup, prompt, first.decode_seed, parent=first)
            for completion, request, (first, prompt, _) in zip(
                self._completions(requests), requests, turns, strict=True
            )
        ]

    def _completions(self, requests: Sequence[Request]) -> list[Completion]:
        return in_order(self.engine.generate(requests, self.decoding, self.intervention))

    def _response(
        self, completion: Completion, request: Request, setup: Setup, prompt: Prompt, seed: int, parent: Response | None
    ) -> Response:
        thinking, text = split_thinking(completion.text, self.marks, self.opened)
        return Response(
            prompt_id=prompt.id,
            prompt_hash=prompt.hash,
            messages=request.messages,
            turn=1 if parent is None else parent.turn + 1,
            parent_id=None if parent is None else parent.id,
            setup=setup,
            decode_seed=seed,
            text=text,
            thinking=thinking,
            thinking_opened=self.opened,
            token_ids=completion.token_ids,
            n_tokens=completion.n_tokens,
            finish_reason=completion.finish_reason,
        )


def open_interview(folder: str | Path, settings: Mapping[str, Any]) -> tuple[Interview, TransformersEngine]:
    """A student, and an engine that loads its model when it is first asked.

    Args:
        folder: the student's ``save_pretrained`` folder.
        settings: model, revision, dtype, thinking, reasoning, decoding, batch_size, length_step.
    """
    student = open_student(folder, settings["dtype"], settings["reasoning"])
    marks: ThinkingMarks = (settings["thinking"][0], settings["thinking"][1])
    engine = TransformersEngine(
        student,
        TokenReader(Path(folder) / "tokenizer.json", marks),
        batch_size=settings["batch_size"],
        length_step=settings["length_step"],
    )
    interview = Interview(
        engine=engine,
        decoding=Decoding(**settings["decoding"]),
        model=settings["model"],
        revision=settings["revision"],
        student=student.hash,
        template=student.template,
        dtype=student.dtype,
        marks=marks,
        opened=opens_thinking(student.tokenizer, marks),
    )
    return interview, engine


@contextmanager
def cached_interview(
    folder: str | Path, settings: Mapping[str, Any], responses: str | Path
) -> Iterator[tuple[Interview, TransformersEngine]]:
    """As ``open_interview``, with the rows of a file of responses kept in its cache; the log says what they cost.

    Args:
        responses: the file that is to be written; its cache lies in a folder beside its own.
    """
    # Before the student's libraries are imported: read amid all that they hold in memory it takes five times as long.
    code_of(TransformersEngine)
    interview, engine = open_interview(folder, settings)
    cached = CachedEngine(engine, cache_of(responses))
    try:
        yield replace(interview, engine=cached), engine
    finally:
        log.info("%s", cached.tally)
