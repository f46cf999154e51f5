"""Dose curves: arms of one operator and variant that differ in dose only make one claim, that more does more."""

from collections.abc import Iterable, Sequence
from typing import Any

from threearc.effects.arms import Arm
from threearc.effects.contrasts import EMPTY_GROUP, NOTHING_COUNTS, Plan, aligned, compared, described, known
from threearc.effects.measures import Measure
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Contrast, Effect
from threearc.statistics.trend import dose_trend

#: The test of a trend, by the name that effects give it.
TREND = "dose trend"
#: One dose beside base's 0 makes no curve.
LEAST_DOSES = 2


def curves(arms: Sequence[Arm]) -> list[list[Arm]]:
    """Treatments that differ in dose only, from the weakest to the strongest dose, where there are several doses."""
    treatments = [arm for arm in arms if arm.role == "treatment"]
    found: dict[tuple[str, ...], list[Arm]] = {}
    for arm in treatments:
        curve = curve_of(treatments, arm)
        if curve:
            found.setdefault(tuple(own.condition_id for own in curve), curve)
    return list(found.values())


def curve_of(arms: Iterable[Arm], arm: Arm) -> list[Arm]:
    """The arms that differ from an arm in dose only, in order of dose; empty if they have fewer than two doses."""
    same = sorted((own for own in arms if dose(own) > 0 and _but_dose(own) == _but_dose(arm)), key=dose)
    several = len({dose(own) for own in same}) >= LEAST_DOSES
    return same if several and any(own is arm for own in same) else []


def dose(arm: Arm) -> float:
    """The arm's dose, 0 where nothing has one."""
    return arm.first.setup.condition.dose or 0.0


def _but_dose(arm: Arm) -> tuple[str, str, str, int | None]:
    setup = arm.first.setup
    condition = setup.condition
    return condition.operator, condition.variant, condition.role, setup.train_seed


def trend(names: Contrast, measure: Measure, curve: Sequence[Arm], base: Arm, plan: Plan) -> Effect:
    """The slope of a measure over the doses of a curve and base, with its interval and test.

    Args:
        names: of the strongest dose's arm; they say on which split.
        curve: in order of dose.
    """
    doses = (0.0, *(dose(arm) for arm in curve))
    told: dict[str, Any] = {"arms": tuple(arm.condition_id for arm in curve), "doses": doses, "test": TREND}
    sides = aligned(measure, compared(measure, [*curve, base], names.split))
    if sides is None:
        return described(names, measure, "checkpoint", plan, undefined=NOTHING_COUNTS, **told)
    found = dose_trend(
        [*doses[1:], doses[0]],
        sides.sums,
        measure.statistic,
        plan.draws,
        plan.permutations,
        plan.level,
        seed_from(plan.seed, names.split),
    )
    if known(found.slope.estimate) is None:
        return described(names, measure, "checkpoint", plan, undefined=EMPTY_GROUP, **told)
    strongest = known(measure.statistic(sides.sums[-2].sum(axis=0)))
    told |= {"arm_value": strongest, "p": known(found.p)}
    return described(names, measure, "checkpoint", plan, sides, found.slope, **told)
