"""Recipes: what several training seeds show together holds of how the arm was trained, not of one checkpoint."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from threearc.effects.arms import Arm
from threearc.effects.contrasts import (
    EMPTY_GROUP,
    NOTHING_COUNTS,
    Plan,
    aligned,
    compared,
    contrast,
    described,
    known,
    need_not_show,
    tested,
)
from threearc.effects.frames import Frame, decode_seeds
from threearc.effects.measures import Measure
from threearc.effects.style import recipe_excesses
from threearc.provenance.hashing import canonical, content_id
from threearc.records.findings import Contrast, Effect, Seeds
from threearc.records.prompts import Split
from threearc.statistics.seeds import LEAST_SEEDS, recipe_effect

#: The test of a recipe, by the name that effects give it.
CROSSED = "training seeds crossed with prompts"
#: Settings by which runs of one recipe differ: the seed, and the weights that came of it.
OF_THE_RUN = ("train_seed", "adapter")


def recipes(arms: Sequence[Arm]) -> list[list[Arm]]:
    """Treatments that differ in their training seed only, in order of seeds, where there are enough seeds."""
    found: dict[str, list[Arm]] = {}
    for arm in arms:
        setup = arm.first.setup
        condition = setup.condition
        if condition.role == "treatment" and setup.train_seed is not None:
            settings = {name: value for name, value in condition.settings.items() if name not in OF_THE_RUN}
            name = canonical([condition.operator, _variant(arm), condition.dose, settings])
            found.setdefault(name, []).append(arm)
    groups = [sorted(group, key=lambda arm: arm.first.setup.train_seed or 0) for group in found.values()]
    return [group for group in groups if len({arm.first.setup.train_seed for arm in group}) >= LEAST_SEEDS]


def _variant(arm: Arm) -> str:
    """The arm's variant but for its training seed."""
    setup = arm.first.setup
    return but_seed(setup.condition.variant, setup.train_seed)


def but_seed(variant: str, train_seed: int | None) -> str:
    """An arm's name without the end that names its training seed."""
    return variant.removesuffix(f"seed {train_seed}").removesuffix(", ")


def recipe_name(variant: str, seeds: int) -> str:
    """The name of a recipe's runs together.

    Args:
        variant: without the training seed.
    """
    return ", ".join(filter(None, (variant, f"{seeds} training seeds")))


def recipe_contrast(runs: Sequence[Arm], base: Arm, split: Split, domain: str, model: str) -> Contrast:
    """The names of a recipe and of base on one split; the condition stands for those of all its runs."""
    condition = content_id(sorted(arm.condition_id for arm in runs))
    variant = recipe_name(_variant(runs[0]), len(runs))
    return contrast(runs[0], base, split, domain, model).model_copy(
        update={"arm_condition": condition, "variant": variant}
    )


def recipe_effects(
    runs: Sequence[Arm], base: Arm, measures: Sequence[Measure], domain: str, model: str, plan: Plan
) -> Iterator[Effect]:
    """A recipe held against base, on every measure and on every split that all its runs answered."""
    # Of a run that failed nothing there are no second answers; that recovery is not defined then is told.
    again = any(arm.split("eval", 2) for arm in runs)
    for split in (split for split in runs[0].splits() if all(split in arm.splits() for arm in runs)):
        names = recipe_contrast(runs, base, split, domain, model)
        found = [
            recipe_effect_of(names, m, runs, compared(m, [*runs, base], split), plan)
            for m in measures
            if again or m.turn == 1
        ]
        yield from found
        yield from recipe_excesses(names, measures, runs, base, found, plan)


def recipe_parts(
    runs: Sequence[Arm], base: Arm, measures: Sequence[Measure], domain: str, model: str, plan: Plan
) -> Iterator[Effect]:
    """What verdicts are read off, on eval, of the first decode seed and without each, where all have several."""
    names = recipe_contrast(runs, base, "eval", domain, model)
    for measure in (measure for measure in measures if measure.primary):
        for part in decode_parts(measure, [*runs, base]):
            frames = compared(measure, [*runs, base], "eval", part.kept)
            yield recipe_effect_of(names, measure, runs, frames, plan, part.seeds, part.left_out)


class Part(NamedTuple):
    """Some of the decode seeds: the first alone, or all others than one of them."""

    seeds: Seeds
    left_out: int | None
    kept: list[int]


def decode_parts(measure: Measure, arms: Sequence[Arm]) -> list[Part]:
    """The first decode seed, and all others than each, of those that all arms have; nothing where they share one."""
    seeds = decode_seeds(compared(measure, arms, "eval"))
    if len(seeds) < 2:
        return []
    first = Part("first", None, seeds[:1])
    return [first, *(Part("others", seed, [other for other in seeds if other != seed]) for seed in seeds)]


def recipe_effect_of(
    names: Contrast,
    measure: Measure,
    runs: Sequence[Arm],
    frames: Sequence[Frame],
    plan: Plan,
    seeds: Seeds = "all",
    left_out: int | None = None,
) -> Effect:
    """A recipe's effect on one measure, or why it is not defined.

    Args:
        frames: what every run answered and is compared, base's at the end; ``seeds`` and ``left_out``: which decode
            seeds these are of.
    """
    told: dict[str, Any] = {"arms": tuple(arm.condition_id for arm in runs), "test": CROSSED}
    told |= {"seeds": seeds, "left_out": left_out}
    sides = aligned(measure, frames)
    if sides is None:
        return described(names, measure, "recipe", plan, undefined=NOTHING_COUNTS, **told)
    *arms, own = sides.sums
    found = recipe_effect(arms, own, measure.statistic, plan.level)
    if known(found.interval.estimate) is None:
        return described(names, measure, "recipe", plan, undefined=EMPTY_GROUP, **told)
    told |= {
        "arm_value": known(sum(measure.statistic(arm.sum(axis=0)) for arm in arms) / len(arms)),
        "error": known((found.between_prompts + found.between_seeds) ** 0.5),
        "unseen": need_not_show(measure, sides.total, plan.level),
        "p": known(found.p) if tested(measure, seeds) else None,
    }
    return described(names, measure, "recipe", plan, sides, found.interval, **told)
