"""Arms: all outcomes under one condition, by split and turn, and as frames that several contrasts share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from threearc.effects.frames import Frame
from threearc.effects.outcomes import Outcome
from threearc.records.prompts import MEASURED, Split
from threearc.records.responses import Response, Role


@dataclass(frozen=True)
class Arm:
    """All outcomes under one condition."""

    condition_id: str
    outcomes: tuple[Outcome, ...]

    @property
    def first(self) -> Response:
        """Any of its responses: their set-up is the same."""
        return self.outcomes[0].response

    @property
    def role(self) -> Role:
        """What a comparison with base means for it."""
        return self.first.setup.condition.role

    @property
    def is_control(self) -> bool:
        """Is the truth about it known: it stands in a study for the engine's sake, and bears on no other arm."""
        return self.role == "calibration"

    def splits(self) -> list[Split]:
        """The measured splits that the arm answered."""
        answered = {split for split, _ in self._by_part}
        return [split for split in MEASURED if split in answered]

    def split(self, split: str, turn: int = 1) -> list[Outcome]:
        """Its outcomes on one split, of first or of second answers."""
        return self._by_part.get((split, turn), [])

    @cached_property
    def _by_part(self) -> dict[tuple[str, int], list[Outcome]]:
        """Every measure asks for its part again: they are told apart once."""
        parts: dict[tuple[str, int], list[Outcome]] = {}
        for outcome in self.outcomes:
            parts.setdefault((outcome.prompt.split, outcome.response.turn), []).append(outcome)
        return parts

    def frame(self, split: str, turn: int = 1, seeds: Sequence[int] | None = None) -> Frame:
        """Its outcomes on one split as a frame, of all decode seeds or of some; the same one every time."""
        key = split, turn, None if seeds is None else tuple(seeds)
        if key not in self._frames:
            if seeds is not None:
                self._frames[key] = self.frame(split, turn).of(seeds)
            else:
                # Second answers are of the first ones' entries, so that both are drawn together.
                self._frames[key] = Frame(self.split(split, turn), among=self.frame(split) if turn > 1 else None)
        return self._frames[key]

    @cached_property
    def _frames(self) -> dict[tuple[str, int, tuple[int, ...] | None], Frame]:
        return {}

    def parts(self) -> Iterator[tuple[str, list[Outcome]]]:
        """Its measured outcomes, first and second answers of each split apart, by name."""
        for split in self.splits():
            for turn, name in ((1, split), (2, f"{split}, second answers")):
                found = self.split(split, turn)
                if found:
                    yield name, found


def arms(outcomes: Sequence[Outcome]) -> dict[str, Arm]:
    """The outcomes by condition."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.response.condition_id, []).append(outcome)
    return {name: Arm(name, tuple(group)) for name, group in groups.items()}
