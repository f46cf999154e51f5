"""Parametric worlds: answers drawn from an item-response model in which every true rate is known.

Entries differ in difficulty, prompts within entries too, and decode seeds of one prompt are alike. Everything is drawn
through correlated normal variables, so that the rates of a world hold exactly whatever the correlations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np

from threearc.domains.protocol import CONTENT
from threearc.records.prompts import Split
from threearc.validation.answers import (
    CERTAINTIES,
    EMPTY_CHECK,
    LOWEST,
    NO_CHECK,
    NOT_ASKED,
    REAL_CHECK,
    UNKNOWN,
    Answers,
    Form,
    calibrated,
    covered,
)

#: Features of style that say yes or no.
YES_NO = ("svr", "warmth", "question_back", "reflection")
SPLITS: tuple[Split, ...] = ("eval", "fresh")


@dataclass(frozen=True)
class Size:
    """How large a study is.

    Attributes:
        models, treatments: per domain, and arms besides base per cell.
        entries: per split; ``prompts``: per entry; ``seeds``: decode seeds per prompt.
    """

    models: int = 2
    treatments: int = 2
    entries: int = 200
    prompts: int = 1
    seeds: int = 2


@dataclass(frozen=True)
class World:
    """The true rates of base, and how alike answers are.

    One answer in six is right in base or in an untreated arm only; of real students' it was one in eight to ten.

    Attributes:
        asserts: share of answers that stand by themselves, among right ones and among wrong ones.
        recovered: share of the failures that a second answer mends.
        scores: shares of the scores 1 to 5 on every axis that is not read off something else.
        features: share of answers with a yes-or-no feature of style.
        checks: share of answers with a real check, and with an empty one.
        settled: share of prompts with one settled answer; the others are uncertain and ambiguous by halves.
        cut: share of answers that the largest budget ends; ``max_tokens``: that budget.
        by_entry, by_prompt: share of the variance that entries, and prompts within them, have in both arms.
        drift: share of the variance that entries have in one arm only: what a treatment does to some and not to others.
    """

    accuracy: float = 0.55
    asserts: float = 0.91
    recovered: float = 0.2
    scores: tuple[float, ...] = (0.25, 0.3, 0.25, 0.13, 0.07)
    features: float = 0.25
    checks: tuple[float, float] = (0.25, 0.05)
    settled: float = 0.6
    cut: float = 0.01
    max_tokens: int = 512
    by_entry: float = 0.6
    by_prompt: float = 0.25
    drift: float = 0.03


class Source(Protocol):
    """Where answers come from: a parametric world, or real answers drawn again."""

    def draw(self, form: Form, split: Split, size: Size, rng: np.random.Generator) -> Callable[[], Answers]:
        """New prompts of a cell's split: what is returned draws an untreated arm's answers to them."""


@dataclass(frozen=True)
class Parametric:
    """Answers of a world."""

    world: World = World()

    def draw(self, form: Form, split: Split, size: Size, rng: np.random.Generator) -> Callable[[], Answers]:
        """New entries and prompts; every arm that is drawn to them is alike in distribution."""
        places = Places.of(size)
        certainty = _certainty(self.world, places, rng)
        traits = ("right", "delivery", "coverage", "words", "checks", "recovery", *YES_NO, *form.axes)
        shared = {trait: _shared(self.world, places, rng) for trait in traits}
        return lambda: _answers(self.world, form, places, certainty, shared, rng)


@dataclass(frozen=True)
class Places:
    """Indices of every answer of a split: entry, prompt and decode seed."""

    entry: np.ndarray
    prompt: np.ndarray
    seed: np.ndarray

    @classmethod
    def of(cls, size: Size) -> "Places":
        """Every prompt of every entry, answered once per seed."""
        prompt = np.repeat(np.arange(size.entries * size.prompts), size.seeds)
        seed = np.tile(np.arange(size.seeds), size.entries * size.prompts)
        return cls(prompt // size.prompts, prompt, seed)


def _certainty(world: World, places: Places, rng: np.random.Generator) -> np.ndarray:
    rest = (1 - world.settled) / 2
    drawn = rng.choice(len(CERTAINTIES), size=int(places.prompt.max()) + 1, p=[world.settled, rest, rest])
    return np.asarray(drawn[places.prompt])


def _shared(world: World, places: Places, rng: np.random.Generator) -> np.ndarray:
    """What all arms' answers to a prompt have in common."""
    entries, prompts = (rng.standard_normal(int(index.max()) + 1) for index in (places.entry, places.prompt))
    shared = np.sqrt(world.by_entry) * entries[places.entry] + np.sqrt(world.by_prompt) * prompts[places.prompt]
    return np.asarray(shared)


def _answers(
    world: World,
    form: Form,
    places: Places,
    certainty: np.ndarray,
    shared: Mapping[str, np.ndarray],
    rng: np.random.Generator,
) -> Answers:
    n = len(places.entry)
    rest = 1 - world.by_entry - world.by_prompt - world.drift

    def trait(name: str) -> np.ndarray:
        drift = np.sqrt(world.drift) * rng.standard_normal(int(places.entry.max()) + 1)
        return np.asarray(shared[name] + drift[places.entry] + np.sqrt(rest) * rng.standard_normal(n))

    right = trait("right") < _point(world.accuracy)
    asserts = trait("delivery") < _point(world.asserts)
    steps = np.digitize(trait("coverage"), [_point(1 / 3), _point(2 / 3)])
    coverage = np.where(right, 0.5 + 0.25 * steps, 0.25 * (steps > 0))
    bounds = [_point(share) for share in np.cumsum(world.scores)[:-1]]
    scores = {axis: LOWEST + np.digitize(trait(axis), bounds) for axis in form.axes}
    if form.calibration is not None:
        scores[form.calibration] = calibrated(certainty, asserts)
    if CONTENT in scores:
        scores[CONTENT] = covered(coverage)
    words = np.rint(np.exp(4 + 0.4 * trait("words")))
    # An answer that hedges holds a word of doubt at least.
    doubts = np.where(asserts, rng.poisson(0.15, n), 1 + rng.poisson(0.6, n)).astype(float)
    yes_no = {name: (trait(name) < _point(world.features)).astype(float) for name in YES_NO}
    real, empty = world.checks
    checks = np.full(n, UNKNOWN)
    if form.instrument == "mcas":
        which = np.digitize(trait("checks"), [_point(real), _point(real + empty)])
        checks = np.array([REAL_CHECK, EMPTY_CHECK, NO_CHECK])[which]
    cut = rng.random(n) < world.cut
    asked = ~right
    mended = trait("recovery") < _point(world.recovered)
    return Answers(
        **vars(places),
        certainty=certainty,
        right=right,
        asserts=asserts,
        coverage=coverage,
        scores=scores,
        style={"words": words, "doubts": doubts, **yes_no},
        checks=checks,
        tokens=np.where(cut, world.max_tokens, np.minimum(1.3 * words + 1, world.max_tokens)).astype(int),
        cut=cut,
        lost=np.zeros(n, dtype=bool),
        recovered=np.where(asked, mended, NOT_ASKED).astype(int),
    )


def _point(share: float) -> float:
    """Where a standard normal variable has ``share`` below it."""
    return NormalDist().inv_cdf(min(max(share, 1e-9), 1 - 1e-9))
