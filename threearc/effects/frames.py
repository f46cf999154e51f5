"""Outcomes as columns: what a measure adds up over thousands of answers is read off them once, all at the same time."""

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from threearc.effects.outcomes import Outcome
from threearc.records.untouched import unshifted


class Frame:
    """Some outcomes of one arm, on one split and turn; columns have one value per outcome, nan where there is none.

    A part of a frame takes from it what was read off its outcomes already, and has its entries and prompts, also those
    of which nothing is left.

    Args:
        whole, places: what the frame is a part of, and which of its outcomes it has.
        among: a frame whose entries and prompts it has too, as second answers have those of the first.
    """

    def __init__(
        self,
        outcomes: Sequence[Outcome],
        whole: "Frame | None" = None,
        places: Sequence[int] = (),
        among: "Frame | None" = None,
    ) -> None:
        self.outcomes = outcomes
        self._whole, self._places, self._among = whole, np.array(places, dtype=int), among
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.outcomes)

    @cached_property
    def entries(self) -> tuple[tuple[str, ...], np.ndarray]:
        """The names of all entries in order, and which of them each outcome is of."""
        if self._whole is not None:
            return self._whole.entries[0], self._whole.entries[1][self._places]
        return _coded([o.prompt.entry for o in self.outcomes], () if self._among is None else self._among.entries[0])

    @cached_property
    def prompts(self) -> tuple[tuple[str, ...], np.ndarray]:
        """The ids of all prompts in order, and which of them each outcome is of."""
        if self._whole is not None:
            return self._whole.prompts[0], self._whole.prompts[1][self._places]
        return _coded([o.prompt.id for o in self.outcomes], () if self._among is None else self._among.prompts[0])

    @cached_property
    def seeds(self) -> set[int]:
        """The decode seeds."""
        return {o.response.decode_seed for o in self.outcomes}

    @cached_property
    def unshifted(self) -> tuple[tuple[int, ...], np.ndarray]:
        """The decode seeds in order, an A/A arm's own by base's that they stand for, and which each outcome is of."""
        seeds, codes = np.unique([unshifted(o.response) for o in self.outcomes], return_inverse=True)
        return tuple(seeds.tolist()), codes

    @cached_property
    def questions(self) -> dict[tuple[str, int], int]:
        """Places by prompt and decode seed, an A/A arm's own seeds by those of base that they stand for."""
        return {(o.prompt.id, unshifted(o.response)): place for place, o in enumerate(self.outcomes)}

    @cached_property
    def right(self) -> np.ndarray:
        """1 where right, 0 where wrong."""
        return self.each(lambda o: o.right)

    @cached_property
    def right_again(self) -> np.ndarray:
        """1 where base, asked the same once more, was right, 0 where it was wrong."""
        return self.each(lambda o: o.right_again)

    @cached_property
    def asserts(self) -> np.ndarray:
        """1 where the answer stands by itself, 0 where it does not."""
        return self.each(lambda o: o.asserts)

    @cached_property
    def coverage(self) -> np.ndarray:
        """Share of claims covered."""
        return self.each(lambda o: o.coverage)

    @cached_property
    def settled(self) -> np.ndarray:
        """1 where the prompt has one settled answer, 0 where not."""
        return self.each(lambda o: None if o.certainty is None else o.certainty == "certain")

    @cached_property
    def stated_checks(self) -> np.ndarray:
        """How many checks the answer states."""
        return self.each(lambda o: None if o.checks is None else o.checks.stated)

    @cached_property
    def real_checks(self) -> np.ndarray:
        """How many of them are real."""
        return self.each(lambda o: None if o.checks is None else o.checks.real)

    def scores(self, axis: str) -> np.ndarray:
        """Scores on an axis."""
        return self.read(("scores", axis), lambda frame: frame.each(lambda o: o.scores.get(axis)))

    def style(self, feature: str) -> np.ndarray:
        """Values of a feature of style."""
        return self.read(("style", feature), lambda frame: frame.each(lambda o: o.style.get(feature)))

    def each(self, value: Callable[[Outcome], float | None]) -> np.ndarray:
        """A value of every outcome; None becomes nan."""
        return np.array([value(o) for o in self.outcomes], dtype=float)

    def kept(self, name: Hashable, work: Callable[[], Any]) -> Any:
        """What was worked out of the frame already, by its name: several contrasts ask for the same."""
        if name not in self._kept:
            self._kept[name] = work()
        return self._kept[name]

    def read(self, name: Hashable, work: Callable[["Frame"], np.ndarray]) -> np.ndarray:
        """Work with a row for every outcome, (n, ...), from that alone: done once, a part takes its whole's rows."""
        whole = self._whole
        found: np.ndarray = self.kept(
            name, lambda: work(self) if whole is None else whole.read(name, work)[self._places]
        )
        return found

    def of(self, seeds: Sequence[int]) -> "Frame":
        """The outcomes of some decode seeds."""
        return self.part([i for i, o in enumerate(self.outcomes) if o.response.decode_seed in seeds])

    def part(self, places: Sequence[int]) -> "Frame":
        """The outcomes in so many places."""
        return Frame([self.outcomes[i] for i in places], self, places)


def decode_seeds(frames: Sequence[Frame]) -> list[int]:
    """The decode seeds that all frames have."""
    return sorted(set.intersection(*(frame.seeds for frame in frames)))


def alike(frames: Sequence[Frame]) -> list[Frame]:
    """Answers to the (prompt, decode seed) pairs that every side answered rightly, or every side wrongly."""
    first, *others = (frame.questions for frame in frames)
    keys = [key for key in first if all(key in other for other in others)]
    places = np.array([[frame.questions[key] for key in keys] for frame in frames], dtype=int)
    right = np.stack([frame.right[own] for frame, own in zip(frames, places, strict=True)])
    same = (right == right[0]).all(axis=0)
    return [frame.part(own[same]) for frame, own in zip(frames, places, strict=True)]


def shared_failures(frames: Sequence[Frame]) -> list[Frame]:
    """Second answers of every side to the (prompt, decode seed) pairs that all failed at first."""
    keys = set.intersection(*(set(frame.questions) for frame in frames))
    return [frame.part([place for key, place in frame.questions.items() if key in keys]) for frame in frames]


def _coded(each: Sequence[str], known: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray]:
    """The names in order, and which of them each is; names that are known are taken as they are if they are enough."""
    own = set(each)
    names = known if own.issubset(known) else tuple(sorted(own.union(known)))
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[name] for name in each], dtype=int)
