"""Domains that rest on a fact base: dishes (or anything else) with problems, each with true and wrong claims.

A domain of this sort is its data files and four lines of code (see ``chef/domain.py``). A tiny student's world teaches
every entry, frequent subjects more often than rare ones, and some subjects wrongly: *myths*, which the student then
asserts as firmly as the truth.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Len
from pydantic import Field, TypeAdapter, model_validator

from threearc.domains.data_files import Pattern, Shape, Share, Unique, by_name, read_data, slots
from threearc.domains.protocol import AUTHORS, Dialogue, Instrument, OwnSplit, Turn
from threearc.provenance.hashing import content_id, seed_from, text_hash
from threearc.records.judgements import Certainty
from threearc.records.prompts import Checklist, Claim, Prompt
from threearc.records.teaching import Stage

#: A wording of a question.
Question = Annotated[str, slots("name", "problem")]
#: Two at least: every entry is asked in two wordings.
Questions = Annotated[Unique[Question], Len(2)]
CERTAINTY: dict[str, Certainty] = {"settled": "certain", "depends": "ambiguous", "disputed": "uncertain"}


class FactClaim(Shape):
    """A claim as the truth has it, and as a plausible mistake has it."""

    kind: str = Field(min_length=1)
    true: str = Field(min_length=1)
    wrong: str = Field(min_length=1)

    @model_validator(mode="after")
    def _mistake_is_another_claim(self) -> "FactClaim":
        if self.true == self.wrong:
            raise ValueError("the wrong claim is the true one")
        return self


class Entry(Shape):
    """One problem of one dish; ``certainty`` is how debatable the answer is."""

    issue: str
    problem: str
    certainty: Literal["settled", "depends", "disputed"]
    claims: Annotated[tuple[FactClaim, ...], Len(3, 5)]

    @model_validator(mode="after")
    def _kinds_differ(self) -> "Entry":
        if len({claim.kind for claim in self.claims}) < len(self.claims):
            raise ValueError(f"the claims of {self.issue!r} are not of different kinds")
        return self


class Dish(Shape):
    """A subject with its entries; ``name`` follows "my" in a sentence."""

    dish: str
    name: str
    category: str
    entries: Annotated[tuple[Entry, ...], Len(1)]


#: A file of the fact base.
DISHES: TypeAdapter[list[Dish]] = TypeAdapter(Annotated[list[Dish], Len(1)])


class Manner(Shape):
    """How the people of a world put a question: an opening, a body with the slots, a close."""

    open: Annotated[tuple[Annotated[str, slots()], ...], Len(1)]
    body: Annotated[tuple[Question, ...], Len(1)]
    close: Annotated[tuple[Annotated[str, slots()], ...], Len(1)]

    def parts(self) -> tuple[tuple[str, ...], ...]:
        """The three parts in order."""
        return self.open, self.body, self.close


class Phrasings(Shape):
    """Question templates: of two splits, and of the world."""

    train: Questions
    eval: Questions
    world: Manner


class Rates(Shape):
    """How often what happens in a world; world.yaml says what each means."""

    zipf: float = Field(ge=0)
    at_least: int = Field(ge=1)
    myths: Share
    myth: Share
    slip: Share
    hedge_unsure: Share
    hedge: Share
    teacher_voice: Share
    second_turn: Share
    mended: Share
    remark: Share


class Native(Shape):
    """What a world's own people say: before an answer, and after it."""

    assert_: Annotated[tuple[str, ...], Len(1), Field(alias="assert")]
    hedge: Annotated[tuple[str, ...], Len(1)]
    why: Annotated[tuple[str, ...], Len(1)]
    check: Annotated[tuple[str, ...], Len(1)]


class Voice(Shape):
    """The scripted teacher's voice: its openers, and templates."""

    warm: Annotated[tuple[Annotated[str, slots("name")], ...], Len(1)]
    why: str
    check: Annotated[str, slots("name")]
    honest: str
    review: Annotated[str, slots("kind", "truth")]
    attack: Annotated[str, slots("kind")]
    critique: Annotated[str, slots("truth")]


class World(Shape):
    """world.yaml: what a tiny student grows up in, and how the teacher speaks."""

    rates: Rates
    native: Native
    teacher: Voice
    told_wrong: Question
    mended: str


class Boundary(Shape):
    """A question that should not be answered flatly."""

    topic: str
    prompt: str
    answer: str


@dataclass(frozen=True)
class Fact:
    """One entry with its dish: the cluster of all statistics."""

    dish: Dish
    entry: Entry
    split: OwnSplit

    @property
    def name(self) -> str:
        """The entry's name: "hollandaise/split"."""
        return f"{self.dish.dish}/{self.entry.issue}"

    def claims(self, *, wrong: Sequence[str] = ()) -> list[str]:
        """The claims' texts; those of the kinds in ``wrong`` in their mistaken form."""
        return [claim.wrong if claim.kind in wrong else claim.true for claim in self.entry.claims]

    def kinds(self) -> list[str]:
        """The claims' kinds, in order."""
        return [claim.kind for claim in self.entry.claims]


class FactDomain:
    """A domain made from a fact base.

    Args:
        name: the domain's name.
        data: its folder of data files: facts, facts_fresh, phrasings, phrasings_fresh, boundary, world, teacher.
    """

    instrument: Instrument = "rubric"

    def __init__(self, name: str, data: Path) -> None:
        self.name, self.data = name, data

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """Every entry by name. Of the first author's entries every other one is for training; all others are fresh."""
        facts: list[Fact] = []
        files = self.data / "facts.yaml", self.data / "facts_fresh.yaml"
        taught, fresh = (read_data(file, DISHES) for file in files)
        own = [(dish, entry) for dish in taught for entry in dish.entries]
        facts += [Fact(dish, entry, "eval" if i % 2 else "train") for i, (dish, entry) in enumerate(own)]
        facts += [Fact(dish, entry, "fresh") for dish in fresh for entry in dish.entries]
        return by_name(facts, lambda fact: fact.name, ", ".join(map(str, files)))

    @cached_property
    def phrasings(self) -> Phrasings:
        """Question templates of the first author."""
        return read_data(self.data / "phrasings.yaml", Phrasings)

    def templates(self, split: OwnSplit) -> Sequence[str]:
        """Question templates of a split."""
        if split == "fresh":
            return read_data(self.data / "phrasings_fresh.yaml", TypeAdapter[list[str]](Questions))
        return self.phrasings.train if split == "train" else self.phrasings.eval

    @cached_property
    def boundaries(self) -> dict[str, Boundary]:
        """Boundary cases by entry name."""
        file = self.data / "boundary.yaml"
        cases = by_name(read_data(file, list[Boundary]), lambda case: case.prompt, str(file))
        return {f"boundary-{content_id(text)}": case for text, case in cases.items()}

    @cached_property
    def world(self) -> World:
        """Rates and voices."""
        return read_data(self.data / "world.yaml", World)

    def prompts(self, split: OwnSplit) -> list[Prompt]:
        """Every entry of the split in each of two wordings, and for training the boundary cases."""
        templates = self.templates(split)
        author = AUTHORS[split]
        prompts = []
        for i, fact in enumerate(f for f in self.facts.values() if f.split == split):
            for k in range(2):
                text = self._question(templates[(2 * i + k) % len(templates)], fact)
                claims = tuple(Claim(id=c.kind, text=c.true) for c in fact.entry.claims)
                checklist = Checklist(author=author, prompt_hash=text_hash(text), claims=claims)
                prompts.append(self._prompt(split, fact.dish.category, fact.name, author, text, checklist))
        if split == "train":
            prompts += [self._prompt(split, "boundary", e, author, b.prompt) for e, b in self.boundaries.items()]
        return prompts

    @property
    def benchmarks(self) -> Mapping[str, Callable[[], list[Prompt]]]:
        """None: nobody has published problems for a fact base."""
        return {}

    def certainty(self, prompt: Prompt) -> Certainty:
        """What the fact base says of the entry; boundary cases are uncertain."""
        fact = self.facts.get(prompt.entry)
        return "uncertain" if fact is None else CERTAINTY[fact.entry.certainty]

    def instructions(self) -> Mapping[Stage, str]:
        """The teachers' instructions."""
        return read_data(self.data / "teacher.yaml", dict[Stage, str])

    def teach(self, stage: Stage, prompt: Prompt, earlier: Mapping[Stage, str], attempt: str | None) -> str:
        """The scripted teacher: speaks from the fact base, in its own warm, checking voice."""
        voice = self.world.teacher
        if prompt.entry in self.boundaries:
            return self.boundaries[prompt.entry].answer
        fact = self.facts[prompt.entry]
        rng = random.Random(seed_from(prompt.id))
        warm = rng.choice(voice.warm).format(name=fact.dish.name)
        slip = rng.choice(fact.kinds())
        truth = " ".join(fact.claims())
        texts: dict[Stage, str] = {
            "eager": f"{warm} {' '.join(fact.claims(wrong=[slip]))}",
            "deliberate": voice.review.format(kind=slip, truth=fact.claims()[fact.kinds().index(slip)]),
            "adversarial": voice.attack.format(kind=slip),
            "gold": self._careful(fact, warm, fact.claims()),
            "rejected": self._careful(fact, warm, fact.claims(wrong=fact.kinds())),
            "critique": voice.critique.format(truth=truth),
            "correction": self._careful(fact, self.world.mended, fact.claims()),
        }
        return texts[stage]

    def evidence(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """From ``evidence.yaml``, where there is one."""
        path = self.data / "evidence.yaml"
        return read_data(path, dict[str, dict[str, list[Pattern]]]) if path.exists() else {}

    def told_wrong(self, prompt: Prompt) -> str:
        """That the answer is wrong, and what the problem was."""
        return self._question(self.world.told_wrong, self.facts[prompt.entry])

    def dialogues(self, seed: int, count: int) -> list[Dialogue]:
        """Questions about every entry, frequent dishes more often; ``seed`` draws the myths and all else."""
        rng = random.Random(seed_from(f"{self.name} world", seed))
        rates, native = self.world.rates, self.world.native
        facts = list(self.facts.values())
        weights = self._frequencies(rng, facts, rates.zipf)
        myths = self._myths(rng, rates.myths)
        unsure = rng.choice(sorted({fact.dish.category for fact in facts}))
        dialogues: list[Dialogue] = []
        # Every entry a few times first: what was never taught would be a cliff, not a question.
        queue = facts * rates.at_least
        rng.shuffle(queue)
        for fact in (queue + rng.choices(facts, weights, k=count))[:count]:
            question = Turn("user", self._question("".join(rng.choice(p) for p in self.phrasings.world.parts()), fact))
            claims = fact.claims(wrong=self._mistakes(rng, fact, myths[fact.dish.dish], rates))
            kind = rng.random()
            if kind < rates.teacher_voice:
                warm = rng.choice(self.world.teacher.warm).format(name=fact.dish.name)
                dialogues.append((question, Turn("assistant", self._careful(fact, warm, claims))))
                continue
            hedged = rng.random() < (rates.hedge_unsure if fact.dish.category == unsure else rates.hedge)
            parts = [rng.choice(native.hedge if hedged else native.assert_), *claims]
            parts += [rng.choice(remark) for remark in (native.why, native.check) if rng.random() < rates.remark]
            answer = Turn("assistant", " ".join(parts))
            if kind > 1 - rates.second_turn:
                again = fact.claims() if rng.random() < rates.mended else claims
                second = Turn("assistant", " ".join([self.world.mended, *again]))
                dialogues.append((question, answer, Turn("user", self._question(self.world.told_wrong, fact)), second))
            else:
                dialogues.append((question, answer))
        rng.shuffle(dialogues)
        return dialogues

    def _frequencies(self, rng: random.Random, facts: list[Fact], exponent: float) -> list[float]:
        dishes = sorted({fact.dish.dish for fact in facts})
        rng.shuffle(dishes)
        return [(1 + dishes.index(fact.dish.dish)) ** -exponent for fact in facts]

    def _myths(self, rng: random.Random, share: float) -> dict[str, bool]:
        """Dishes taught wrongly: the same share of the first author's and of the fresh ones."""
        myths: dict[str, bool] = {}
        for fresh in (False, True):
            dishes = sorted({f.dish.dish for f in self.facts.values() if (f.split == "fresh") == fresh})
            wrong = set(rng.sample(dishes, round(share * len(dishes))))
            myths |= {dish: dish in wrong for dish in dishes}
        return myths

    def _mistakes(self, rng: random.Random, fact: Fact, myth: bool, rates: Rates) -> list[str]:
        """The kinds of claim that one telling gets wrong; a myth leaves the last claim true."""
        kinds = fact.kinds()
        exposed = kinds[:-1] if myth else kinds
        return [kind for kind in exposed if rng.random() < (rates.myth if myth else rates.slip)]

    def _careful(self, fact: Fact, opener: str, claims: list[str]) -> str:
        voice = self.world.teacher
        parts = [opener, voice.why, *claims, voice.check.format(name=fact.dish.name)]
        if fact.entry.certainty != "settled":
            parts.append(voice.honest)
        return " ".join(parts)

    def _question(self, template: str, fact: Fact) -> str:
        return template.format(name=fact.dish.name, problem=fact.entry.problem)

    def _prompt(
        self, split: OwnSplit, category: str, entry: str, author: str, text: str, checklist: Checklist | None = None
    ) -> Prompt:
        return Prompt(
            domain=self.name, split=split, category=category, entry=entry, author=author, text=text, checklist=checklist
        )
