"""Style against behaviour: how much further what sounds like a disposition moved than the disposition itself."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Plan, Sides, aligned, beside, compared
from threearc.effects.measures import LEAST_SPREAD, YES_NO_SPREAD, Measure
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Contrast, Effect
from threearc.statistics.clusters import PAIRED, Combination, Interval, Statistic, combined_intervals
from threearc.statistics.seeds import recipe_effect

#: Before the name of the style measure.
EXCESS = "excess_"


class Sounding(NamedTuple):
    """A style measure that sounds like a disposition, and the disposition's primary measure, on some arms and base.

    Attributes:
        style: in standard deviations of base; ``moved``: its own effect on the same prompts.
        sides: cluster sums of both side by side; ``difference``: style less behaviour from those, in one unit.
    """

    style: Measure
    behaviour: Measure
    moved: Effect
    sides: Sides
    difference: Statistic


def excesses(
    names: Contrast, measures: Sequence[Measure], arm: Arm, base: Arm, found: Sequence[Effect], plan: Plan
) -> Iterator[Effect]:
    """Change of a style feature less change of the behaviour, both in standard deviations, the way the style moved.

    Both are computed again in every draw of clusters, so that the interval knows how far they move together. Positive:
    the answers have come to sound like the disposition (or to sound less like it) by more than they show it. Nothing
    where one of the two is not defined.

    Args:
        found: the arm's effects, on the same split.
    """
    every = list(_sounding(names, measures, [arm], base, found))
    combinations = [Combination(own.sides.sums, PAIRED, own.difference) for own in every]
    intervals = combined_intervals(combinations, plan.draws, plan.level, seed_from(plan.seed, names.split))
    for own, interval in zip(every, intervals, strict=True):
        yield from _told(own, interval)


def recipe_excesses(
    names: Contrast, measures: Sequence[Measure], runs: Sequence[Arm], base: Arm, found: Sequence[Effect], plan: Plan
) -> Iterator[Effect]:
    """The same of all training seeds of a recipe together."""
    for own in _sounding(names, measures, runs, base, found):
        *arms, theirs = own.sides.sums
        yield from _told(own, recipe_effect(arms, theirs, own.difference, plan.level).interval)


def _sounding(
    names: Contrast, measures: Sequence[Measure], arms: Sequence[Arm], base: Arm, found: Sequence[Effect]
) -> Iterator[Sounding]:
    """Every style measure that sounds like a disposition, where both were measured."""
    effects = {effect.measure: effect for effect in found}
    for style in measures:
        behaviour = next((m for m in measures if m.primary and m.disposition == style.disposition), None)
        if style.margin != "style" or behaviour is None or behaviour.name not in effects:
            continue
        moved, sides = effects[style.name], _sides(names, style, behaviour, [*arms, base])
        if moved.estimate is not None and sides is not None:
            difference = _difference(names, style, behaviour, base, moved.estimate)
            yield Sounding(style, behaviour, moved, sides, difference)


def _sides(names: Contrast, style: Measure, behaviour: Measure, arms: Sequence[Arm]) -> Sides | None:
    """Cluster sums of both measures side by side, for every arm; None where one of them has nothing that counts."""
    one, other = (aligned(measure, compared(measure, arms, names.split)) for measure in (style, behaviour))
    return None if one is None or other is None else beside(one, other)


def _difference(names: Contrast, style: Measure, behaviour: Measure, base: Arm, moved: float) -> Statistic:
    """Style less behaviour in one unit, the way that style moved, from the sums of both side by side."""
    side, unit = 1 if moved >= 0 else -1, _spread(behaviour, base, names.split)
    cut = style.rows(base.frame(names.split, style.turn)).shape[1]

    def difference(sums: np.ndarray) -> np.ndarray:
        shown = behaviour.good * behaviour.statistic(sums[..., cut:]) / unit
        value: np.ndarray = side * (style.statistic(sums[..., :cut]) - shown)
        return value

    return difference


def _told(own: Sounding, found: Interval) -> Iterator[Effect]:
    values = [float(own.difference(side.sum(axis=0))) for side in own.sides.sums]
    if any(np.isnan(value) for value in (*values, found.low)):
        return
    yield Effect(
        **{
            **dict(own.moved),
            "id": "",
            "measure": f"{EXCESS}{own.style.name}",
            "disposition": own.behaviour.disposition,
            "arm_value": round(sum(values[:-1]) / (len(values) - 1), 10),
            "base_value": round(values[-1], 10),
            "estimate": round(found.estimate, 10),
            "low": round(found.low, 10),
            "high": round(found.high, 10),
            "n": own.sides.prompts,
            "clusters": own.sides.counting,
            "p": None,
        }
    )


def _spread(behaviour: Measure, base: Arm, split: str) -> float:
    """A standard deviation of the behaviour in base: of its scores, or the largest that a share can have."""
    if behaviour.margin != "axis":
        return YES_NO_SPREAD
    return max(float(np.nanstd(behaviour.rows(base.frame(split, behaviour.turn))[:, 0])), LEAST_SPREAD)
