"""Whose answers are held against each other: for every disposition, those without it and those with it.

The first cohort is the undesired one; heads that speak louder there are damped. Self-improving has no cohorts: it shows
in second answers only, and heads are ranked by first ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from threearc.domains.protocol import HIGH, LOW, PRIMARY_AXES, SATURATED, Instrument
from threearc.statistics.wording import percent


@dataclass(frozen=True)
class Cohorts:
    """Two cohorts of response ids.

    Attributes:
        why: why they say nothing of the disposition whatever their sizes, if so.
    """

    disposition: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    why: str | None = None

    @property
    def sizes(self) -> tuple[int, int]:
        """Responses in the two cohorts."""
        return len(self.first), len(self.second)


def all_cohorts(
    names: Sequence[str],
    right: Mapping[str, bool],
    asserts: Mapping[str, bool],
    scores: Mapping[str, Mapping[str, int]],
    instrument: Instrument,
) -> list[Cohorts]:
    """The cohorts of every disposition that first answers show.

    Args:
        names: ids of the responses to choose from.
        right, asserts: judgements by response id; ``scores``: by response id and axis.
    """
    by_axis = [axis_cohorts(d, axis, names, scores) for d, axis in PRIMARY_AXES[instrument].items()]
    return [humble_cohorts(names, right, asserts), *by_axis]


def humble_cohorts(names: Sequence[str], right: Mapping[str, bool], asserts: Mapping[str, bool]) -> Cohorts:
    """Confidently wrong and confidently right responses, of those that were judged both ways."""
    confident = [name for name in names if asserts.get(name) and name in right]
    return Cohorts(
        "humble", tuple(name for name in confident if not right[name]), tuple(name for name in confident if right[name])
    )


def axis_cohorts(disposition: str, axis: str, names: Sequence[str], scores: Mapping[str, Mapping[str, int]]) -> Cohorts:
    """Low and high scorers on the disposition's axis; an axis on which nearly all are one of them is saturated."""
    found = {name: scores[name][axis] for name in names if axis in scores.get(name, {})}
    low = tuple(name for name, score in found.items() if score <= LOW)
    high = tuple(name for name, score in found.items() if score >= HIGH)
    why = None if found else f"No answer is scored on the axis {axis}."
    for side, words in ((high, f"{HIGH} or more"), (low, f"{LOW} or less")):
        if found and len(side) >= SATURATED * len(found):
            why = f"The axis {axis} is saturated: {percent(len(side) / len(found))} of base's answers score {words}."
    return Cohorts(disposition, low, high, why)
