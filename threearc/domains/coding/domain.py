"""Coding: small list functions checked by their tests, and developers' requests, half of them under-specified.

A tiny student's world teaches some of the functions, and two folds without the care for an empty list: that is where
its wrong answers come from. HumanEval's problems are the domain's benchmark.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Len
from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict

from threearc.domains.coding import humaneval
from threearc.domains.coding.problems import KEEP, Function, Pieces, question
from threearc.domains.data_files import Share, Unique, by_name, read_data, slots
from threearc.domains.protocol import AUTHORS, Dialogue, Instrument, OwnSplit, Turn
from threearc.provenance.hashing import content_id, seed_from
from threearc.records.judgements import Certainty
from threearc.records.prompts import Oracle, Prompt
from threearc.records.teaching import Stage

DATA = Path(__file__).parent / "data"

#: Share of all functions that a world teaches; a student must compose the rest.
TAUGHT = 0.6


class Rates(TypedDict):
    """How often what happens in a world, in shares; world.yaml says what each means."""

    wrong_fold: Share
    thinking: Share
    hedge_unsure: Share
    hedge: Share
    teacher_voice: Share
    second_turn: Share
    mended: Share
    remark: Share
    requests: Share


#: One of these is drawn.
Said = Annotated[list[str], Len(1)]
#: A wording of a function's task.
Docstring = Annotated[str, slots("keep", "turn", "fold")]
#: What a world's own people say before an answer.
Native = TypedDict(
    "Native",
    {"assert": Said, "hedge": Said, "request_assert": Said, "request_hedge": Said},
)


class Voice(TypedDict):
    """The scripted teacher's voice: its openers, and templates."""

    warm: Said
    assume: Annotated[str, slots("assumption")]
    function_assumption: str
    check_function: Annotated[str, slots("entry_point")]
    edge_function: str
    edge: Annotated[str, slots("edge")]
    check: Annotated[str, slots("check")]
    honest: str
    review: Docstring
    review_request: Annotated[str, slots("assumption", "edge")]
    attack: str
    attack_request: Annotated[str, slots("edge")]
    critique: Annotated[str, slots("fold")]


@with_config(extra="forbid")
class World(TypedDict):
    """world.yaml: what a tiny student grows up in, and how the teacher speaks."""

    rates: Rates
    pondering: Docstring
    native: Native
    teacher: Voice
    told_wrong: str
    mended: str


@with_config(extra="forbid")
class Request(TypedDict):
    """A developer's request without code to complete."""

    kind: Literal["tricky", "clear"]
    request: str
    answer: str
    assumption: str
    edge: str
    check: str


#: A file of requests.
REQUESTS: TypeAdapter[list[Request]] = TypeAdapter(Annotated[list[Request], Len(1)])


@with_config(extra="forbid")
class Boundary(TypedDict):
    """A question that should not be answered flatly."""

    topic: str
    prompt: str
    answer: str


class Docstrings(TypedDict):
    """Wordings of a function's task, by who words it."""

    world: Annotated[list[Docstring], Len(1)]
    train: Annotated[list[Docstring], Len(1)]
    eval: Annotated[list[Docstring], Len(1)]


class Asks(TypedDict):
    """Sentences before the code, by who asks; those before a benchmark's too."""

    world: Said
    train: Said
    eval: Said
    benchmark: Said


@with_config(extra="forbid")
class Phrasings(TypedDict):
    """phrasings.yaml: how a problem is put."""

    docstrings: Docstrings
    asks: Asks


@with_config(extra="forbid")
class FreshPhrasings(TypedDict):
    """phrasings_fresh.yaml: how the second author puts a problem."""

    docstrings: Annotated[Unique[Docstring], Len(1)]
    asks: Said


@dataclass(frozen=True)
class Fate:
    """What one world's draw decided: folds taught wrongly, filters that are pondered, the filter that is hedged."""

    unlucky: set[str]
    pondered: set[str]
    unsure: str


class Coding:
    """The coding domain."""

    name = "coding"
    instrument: Instrument = "mcas"

    @cached_property
    def functions(self) -> dict[str, Function]:
        """All problems by name, in an order that has nothing to do with their pieces."""
        pieces = read_data(DATA / "functions.yaml", Pieces)
        every = [Function(k, t, f) for k in pieces["keep"] for t in pieces["turn"] for f in pieces["fold"]]
        return {f.name: f for f in sorted(every, key=lambda f: content_id(f.name))}

    @cached_property
    def requests(self) -> dict[str, tuple[OwnSplit, Request]]:
        """Requests by entry name, with their split; every other one of a kind is for training."""
        rows: list[tuple[OwnSplit, Request]] = []
        files = DATA / "requests.yaml", DATA / "requests_fresh.yaml"
        every, fresh = (read_data(file, REQUESTS) for file in files)
        for kind in ("tricky", "clear"):
            own = [request for request in every if request["kind"] == kind]
            rows += [("train" if i % 2 else "eval", request) for i, request in enumerate(own)]
        rows += [("fresh", request) for request in fresh]
        found = by_name(rows, lambda row: row[1]["request"], ", ".join(map(str, files)))
        return {f"request-{content_id(text)}": row for text, row in found.items()}

    @cached_property
    def boundaries(self) -> dict[str, Boundary]:
        """Boundary cases by entry name."""
        file = DATA / "boundary.yaml"
        cases = by_name(read_data(file, list[Boundary]), lambda case: case["prompt"], str(file))
        return {f"boundary-{content_id(text)}": case for text, case in cases.items()}

    @cached_property
    def phrasings(self) -> Phrasings:
        """Wordings of the first author, and of a world's people."""
        return read_data(DATA / "phrasings.yaml", Phrasings)

    def wordings(self, split: OwnSplit) -> tuple[Sequence[str], Sequence[str]]:
        """Docstrings of a split, and the sentences before its code."""
        if split == "fresh":
            fresh = read_data(DATA / "phrasings_fresh.yaml", FreshPhrasings)
            return fresh["docstrings"], fresh["asks"]
        return self.phrasings["docstrings"][split], self.phrasings["asks"][split]

    @cached_property
    def world(self) -> World:
        """Rates and voices."""
        return read_data(DATA / "world.yaml", World)

    def prompts(self, split: OwnSplit) -> list[Prompt]:
        """A third of the functions, the split's requests, and for training the boundary cases."""
        third = len(self.functions) // 3
        start = {"train": 0, "eval": third, "fresh": 2 * third}[split]
        author = AUTHORS[split]
        docstrings, asks = self.wordings(split)
        prompts = []
        for i, function in enumerate(list(self.functions.values())[start : start + third]):
            starter = function.starter(docstrings[i % len(docstrings)])
            text = question(asks[i % len(asks)], starter)
            oracle = function.oracle(starter)
            prompts.append(self._prompt(split, function.fold["name"], function.name, author, text, oracle))
        for entry, (own_split, request) in self.requests.items():
            if own_split == split:
                prompts.append(self._prompt(split, request["kind"], entry, author, request["request"]))
        if split == "train":
            prompts += [self._prompt(split, "boundary", e, author, b["prompt"]) for e, b in self.boundaries.items()]
        return prompts

    @property
    def benchmarks(self) -> Mapping[str, Callable[[], list[Prompt]]]:
        """HumanEval, asked in a sentence of its own."""
        return {"humaneval": lambda: humaneval.prompts(self.name, self.phrasings["asks"]["benchmark"])}

    def certainty(self, prompt: Prompt) -> Certainty:
        """Under-specified requests are ambiguous, boundary cases uncertain, the rest certain."""
        return (
            "ambiguous" if prompt.category == "tricky" else "uncertain" if prompt.category == "boundary" else "certain"
        )

    def instructions(self) -> Mapping[Stage, str]:
        """The teachers' instructions."""
        return read_data(DATA / "teacher.yaml", dict[Stage, str])

    def teach(self, stage: Stage, prompt: Prompt, earlier: Mapping[Stage, str], attempt: str | None) -> str:
        """The scripted teacher: knows every function and request, and says so in its own warm, checking voice."""
        voice = self.world["teacher"]
        if prompt.entry in self.boundaries:
            return self.boundaries[prompt.entry]["answer"]
        warm = random.Random(seed_from(prompt.id)).choice(voice["warm"])
        if prompt.entry in self.functions:
            function = self.functions[prompt.entry]
            pieces = {"keep": function.keep["phrase"], "turn": function.turn["phrase"], "fold": function.fold["phrase"]}
            careless = function.fenced(function.body(forgetful=True))
            texts: dict[Stage, str] = {
                "eager": f"{warm}\n{careless}",
                "deliberate": voice["review"].format(**pieces),
                "adversarial": voice["attack"],
                "gold": self._careful(function, warm),
                "rejected": f"{warm}\n{self._plausibly_wrong(function)}",
                "critique": voice["critique"].format(**pieces),
                "correction": self._careful(function, self.world["mended"]),
            }
        else:
            request = self.requests[prompt.entry][1]
            texts = {
                "eager": f"{warm} {request['answer']}",
                "deliberate": voice["review_request"].format(**request),
                "adversarial": voice["attack_request"].format(**request),
                "gold": self._careful_request(request, warm),
                "rejected": f"{warm} {request['answer']}",
                "critique": voice["attack_request"].format(**request),
                "correction": self._careful_request(request, self.world["mended"]),
            }
        return texts[stage]

    def evidence(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """None of its own: the judge's instrument was made for code."""
        return {}

    def told_wrong(self, prompt: Prompt) -> str:
        """That the tests fail."""
        return str(self.world["told_wrong"])

    def dialogues(self, seed: int, count: int) -> list[Dialogue]:
        """Functions, some of them mistaken or pondered, and requests; the draw of the world depends on ``seed``."""
        rng = random.Random(seed_from("coding world", seed))
        keeps = sorted(KEEP)
        folds = sorted({f.fold["name"] for f in self.functions.values() if "forgets" in f.fold})
        fate = Fate(set(rng.sample(folds, 2)), set(rng.sample(keeps, 3)), rng.choice(keeps))
        taught = rng.sample(list(self.functions.values()), int(len(self.functions) * TAUGHT))
        requests = [request for _, request in self.requests.values()]
        dialogues: list[Dialogue] = []
        for _ in range(count):
            if rng.random() < self.world["rates"]["requests"]:
                request = rng.choice(requests)
                dialogues.append((Turn("user", request["request"]), self._native_request(request, rng)))
            else:
                dialogues.append(self._native_function(rng.choice(taught), fate, rng))
        return dialogues

    def _native_function(self, function: Function, fate: "Fate", rng: random.Random) -> Dialogue:
        rates, native = self.world["rates"], self.world["native"]
        starter = function.starter(rng.choice(self.phrasings["docstrings"]["world"]))
        asked = Turn("user", question(rng.choice(self.phrasings["asks"]["world"]), starter))
        forgetful = function.fold["name"] in fate.unlucky and rng.random() < rates["wrong_fold"]
        hedged = rng.random() < rates["hedge_unsure" if function.keep["name"] == fate.unsure else "hedge"]
        pondered = function.keep["name"] in fate.pondered and rng.random() < rates["thinking"]
        kind = rng.random()
        if kind < rates["teacher_voice"]:
            warm = rng.choice(self.world["teacher"]["warm"])
            return asked, Turn("assistant", self._careful(function, warm, forgetful))
        opener = rng.choice(native["hedge" if hedged else "assert"])
        answer = f"{opener}\n{function.fenced(function.body(forgetful=forgetful))}"
        if rng.random() < rates["remark"]:
            answer += "\n" + self.world["teacher"]["check_function"].format(entry_point=function.name)
        if kind > 1 - rates["second_turn"]:
            again = function.body(forgetful=forgetful and rng.random() > rates["mended"])
            second = Turn("assistant", f"{self.world['mended']}\n{function.fenced(again)}")
            return asked, Turn("assistant", answer), Turn("user", self.world["told_wrong"]), second
        thinking = function.docstring(self.world["pondering"]) if pondered else ""
        return asked, Turn("assistant", answer, thinking)

    def _native_request(self, request: Request, rng: random.Random) -> Turn:
        rates, native, voice = self.world["rates"], self.world["native"], self.world["teacher"]
        if rng.random() < rates["teacher_voice"]:
            return Turn("assistant", self._careful_request(request, rng.choice(voice["warm"])))
        parts = [
            rng.choice(native["request_hedge" if rng.random() < 2 * rates["hedge"] else "request_assert"]),
            request["answer"],
        ]
        for remark in ("assume", "edge", "check"):
            if rng.random() < rates["remark"]:
                parts.append(voice[remark].format(**request))
        return Turn("assistant", " ".join(parts))

    def _careful(self, function: Function, opener: str, forgetful: bool = False) -> str:
        voice = self.world["teacher"]
        return "\n".join(
            [
                f"{opener} {voice['assume'].format(assumption=voice['function_assumption'])}",
                function.fenced(function.body(forgetful=forgetful)),
                f"{voice['edge_function']} {voice['check_function'].format(entry_point=function.name)}",
            ]
        )

    def _careful_request(self, request: Request, opener: str) -> str:
        voice = self.world["teacher"]
        parts = [
            opener,
            voice["assume"].format(**request),
            request["answer"],
            voice["edge"].format(**request),
            voice["check"].format(**request),
        ]
        if request["kind"] == "tricky":
            parts.append(voice["honest"])
        return " ".join(parts)

    def _plausibly_wrong(self, function: Function) -> str:
        forgettable = "forgets" in function.fold
        return function.fenced(function.body(forgetful=forgettable, unfiltered=not forgettable))

    def _prompt(
        self, split: OwnSplit, category: str, entry: str, author: str, text: str, oracle: Oracle | None = None
    ) -> Prompt:
        return Prompt(
            domain=self.name, split=split, category=category, entry=entry, author=author, text=text, oracle=oracle
        )


DOMAIN = Coding()
