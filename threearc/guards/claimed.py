"""What a cell claims on eval: arm by arm, and of what was trained with several seeds recipe by recipe."""

from collections.abc import Iterator

from threearc.effects.arms import Arm
from threearc.guards.protocol import Claim, Evidence


def claims(evidence: Evidence) -> Iterator[Claim]:
    """Every arm and recipe with every primary measure that moved in the good direction, by an interval without zero.

    What repeats base claims nothing, nor does a run of a recipe by itself: it has no verdict that could be held back.
    """
    effects = (*evidence.effects, *evidence.recipes)
    found = {(e.contrast.arm_condition, e.measure, e.contrast.split): e for e in effects}
    recipes = {e.contrast.arm_condition: e.arms for e in evidence.recipes}
    runs = {run for own in recipes.values() for run in own}
    about: dict[str, tuple[Arm, ...]] = {
        name: (arm,) for name, arm in evidence.arms.items() if name not in runs and arm.role != "noise floor"
    }
    about |= {name: tuple(evidence.arms[run] for run in own) for name, own in recipes.items()}
    for condition, arms in about.items():
        for measure in evidence.measures:
            own = found.get((condition, measure.name, "eval"))
            if measure.primary and measure.disposition is not None and own is not None and own.beyond(measure.good):
                yield Claim(condition, arms, measure, own, found.get((condition, measure.name, "fresh")))
