"""Style against behaviour: how much further what sounds like a disposition moved than the disposition itself."""

from collections.abc import Iterator, Sequence

import numpy as np

from threearc.effects.contrasts import Plan, Sides, counting, summed
from threearc.effects.frames import frame_of
from threearc.effects.measures import LEAST_SPREAD, YES_NO_SPREAD, Measure
from threearc.effects.outcomes import Arm
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Contrast, Effect
from threearc.statistics.clusters import Interval, Statistic, paired_interval
from threearc.statistics.seeds import recipe_effect

#: Before the name of the style measure.
EXCESS = "excess_"


def excess(
    names: Contrast, style: Measure, behaviour: Measure, arm: Arm, base: Arm, moved: Effect, plan: Plan
) -> Effect | None:
    """Change of a style feature less change of the behaviour, both in standard deviations, the way the style moved.

    Both are computed again in every draw of clusters, so that the interval knows how far they move together. Positive:
    the answers have come to sound like the disposition (or to sound less like it) by more than they show it.

    Args:
        style: already in standard deviations of base.
        behaviour: the disposition's primary measure.
        moved: the style measure's own effect on the same prompts.

    Returns:
        None where one of the two is not defined.
    """
    sides = _sides(names, style, behaviour, [arm, base])
    if moved.estimate is None or sides is None:
        return None
    difference = _difference(names, style, behaviour, base, moved.estimate)
    own, other = sides.sums
    found = paired_interval(own, other, difference, plan.draws, plan.level, seed_from(plan.seed, names.split))
    return _told(style, behaviour, moved, sides, difference, found)


def recipe_excess(
    names: Contrast, style: Measure, behaviour: Measure, runs: Sequence[Arm], base: Arm, moved: Effect, plan: Plan
) -> Effect | None:
    """The same of all training seeds of a recipe together."""
    sides = _sides(names, style, behaviour, [*runs, base])
    if moved.estimate is None or sides is None:
        return None
    difference = _difference(names, style, behaviour, base, moved.estimate)
    found = recipe_effect(sides.sums[:-1], sides.sums[-1], difference, plan.level).interval
    return _told(style, behaviour, moved, sides, difference, found)


def sounding(measures: Sequence[Measure]) -> Iterator[tuple[Measure, Measure]]:
    """Every style measure that sounds like a disposition, with the measure of that disposition."""
    for style in measures:
        behaviour = next((m for m in measures if m.primary and m.disposition == style.disposition), None)
        if style.margin == "style" and behaviour is not None:
            yield style, behaviour


def _sides(names: Contrast, style: Measure, behaviour: Measure, arms: Sequence[Arm]) -> Sides | None:
    """Cluster sums of both measures side by side, for every arm; None where one of them has nothing that counts."""
    measures = [style, behaviour] * len(arms)
    frames = [frame_of(arm, names.split, m.turn) for arm in arms for m in (style, behaviour)]
    counts = [counting(measure, frame) for measure, frame in zip(measures, frames, strict=True)]
    each = summed(measures, frames, counts)
    if each is None:
        return None
    return Sides([np.hstack(each.sums[i : i + 2]) for i in range(0, len(frames), 2)], each.prompts)


def _difference(names: Contrast, style: Measure, behaviour: Measure, base: Arm, moved: float) -> Statistic:
    """Style less behaviour in one unit, the way that style moved, from the sums of both side by side."""
    side, unit = 1 if moved >= 0 else -1, _spread(behaviour, base, names.split)
    cut = style.rows(frame_of(base, names.split, style.turn)).shape[1]

    def difference(sums: np.ndarray) -> np.ndarray:
        shown = behaviour.good * behaviour.statistic(sums[..., cut:]) / unit
        value: np.ndarray = side * (style.statistic(sums[..., :cut]) - shown)
        return value

    return difference


def _told(
    style: Measure,
    behaviour: Measure,
    moved: Effect,
    sides: Sides,
    difference: Statistic,
    found: Interval,
) -> Effect | None:
    values = [float(difference(side.sum(axis=0))) for side in sides.sums]
    if any(np.isnan(value) for value in (*values, found.low)):
        return None
    return Effect(
        **{
            **dict(moved),
            "id": "",
            "measure": f"{EXCESS}{style.name}",
            "disposition": behaviour.disposition,
            "arm_value": round(sum(values[:-1]) / (len(values) - 1), 10),
            "base_value": round(values[-1], 10),
            "estimate": round(found.estimate, 10),
            "low": round(found.low, 10),
            "high": round(found.high, 10),
            "n": sides.prompts,
            "clusters": sides.counting,
            "p": None,
        }
    )


def _spread(behaviour: Measure, base: Arm, split: str) -> float:
    """A standard deviation of the behaviour in base: of its scores, or the largest that a share can have."""
    if behaviour.margin != "axis":
        return YES_NO_SPREAD
    return max(float(np.nanstd(behaviour.rows(frame_of(base, split, behaviour.turn))[:, 0])), LEAST_SPREAD)
