"""One cell's effects: every arm against base, on every measure and split, and the tables of every arm."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from threearc.domains.protocol import HIGH, SATURATED, Instrument
from threearc.effects.arms import Arm, arms
from threearc.effects.contrasts import Asked, Plan, compared, contrast, effects, tested
from threearc.effects.measures import Measure, measures
from threearc.effects.outcomes import Outcome
from threearc.effects.reasoning import retention
from threearc.effects.recipes import decode_parts, recipe_effects, recipe_parts, recipes
from threearc.effects.saturation import share_high
from threearc.effects.style import excesses
from threearc.effects.tables import budget_sweep, two_by_two
from threearc.effects.trends import curves, trend
from threearc.provenance.errors import REMAKE, StudyError
from threearc.records.findings import ArmSummary, CellEffects, Effect, Unattributable
from threearc.records.untouched import OTHER_SEEDS, unshifted


def assess_cell(
    domain: str,
    model: str,
    instrument: Instrument,
    axes: Sequence[str],
    outcomes: Sequence[Outcome],
    budgets: Sequence[int],
    unattributable: Sequence[Unattributable],
    ranks: Mapping[str, Mapping[str, Any]],
    plan: Plan,
    *,
    brief: bool = False,
) -> tuple[CellEffects, Arm, dict[str, Arm]]:
    """The cell's effects.json, its base arm and its other arms by condition.

    Args:
        outcomes: of every operator's responses and of the second answers.
        unattributable: what operators reported of themselves; saturated axes are added.
        ranks: by condition id, how many directions a trained student's states moved in.
        brief: only what verdicts and guards read, without the other measures and without the tables of arms.

    Raises:
        StudyError: if there is no base arm.
    """
    every = arms(outcomes)
    _ask_again(every.values())
    base = next((arm for arm in every.values() if arm.role == "base"), None)
    if base is None:
        raise StudyError(
            "No response is of the base arm: there is nothing to hold the others against.",
            where=f"{domain}/{model}/responses/base.jsonl",
            remedy=REMAKE,
        )
    others = {name: arm for name, arm in every.items() if arm is not base}
    # Of base's repetitions no verdict is drawn, and no part read.
    judged = [arm for arm in others.values() if arm.role != "noise floor"]
    known = [m for m in measures(instrument, axes, base.split("eval"), budgets) if m.read or not brief]
    # Of base's repetitions guards read what is tested.
    floor = [m for m in known if tested(m) or not brief]
    found = [
        e
        for arm in others.values()
        for e in _effects(domain, model, arm, base, floor if arm.role == "noise floor" else known, plan)
    ]
    groups = recipes(list(others.values()))
    together = {arm.condition_id for runs in groups for arm in runs}
    # What an arm adds to the one that it goes on from; no verdict reads this.
    steps = [
        e
        for arm in others.values()
        if (earlier := others.get(arm.first.setup.condition.continues or "")) is not None
        for e in _effects(domain, model, arm, earlier, known, plan)
    ]
    return (
        CellEffects(
            domain=domain,
            model=model,
            measures=tuple(measure.info() for measure in known),
            arms=() if brief else tuple(_summary(arm, base, budgets, ranks, plan) for arm in every.values()),
            effects=tuple(found),
            steps=tuple(steps),
            parts=(
                *(e for arm in judged for e in _parts(domain, model, arm, base, known, plan)),
                *(e for runs in groups for e in recipe_parts(runs, base, known, domain, model, plan)),
            ),
            trends=tuple(
                _trends(
                    domain, model, [a for a in others.values() if a.condition_id not in together], base, known, plan
                )
            ),
            recipes=tuple(e for runs in groups for e in recipe_effects(runs, base, known, domain, model, plan)),
            unattributable=(*unattributable, *_saturated(known, base)),
        ),
        base,
        others,
    )


def _ask_again(every: Collection[Arm]) -> None:
    """Enter beside every first answer whether base's repetition under other decode seeds was right there."""
    repeated = [arm for arm in every if arm.first.setup.condition == OTHER_SEEDS]
    again = {
        (o.prompt.id, unshifted(o.response)): o.right for arm in repeated for o in arm.outcomes if o.response.turn == 1
    }
    for arm in every:
        for o in arm.outcomes if again and arm.role != "noise floor" else ():
            if o.response.turn == 1:
                o.right_again = again.get((o.prompt.id, o.response.decode_seed))


def _effects(domain: str, model: str, arm: Arm, base: Arm, known: Sequence[Measure], plan: Plan) -> Iterator[Effect]:
    again = any(o.response.turn == 2 for o in arm.outcomes)
    # An arm that was never asked again (an A/A arm, or one whose second answer would be base's own) has one turn.
    asked = [measure for measure in known if again or measure.turn == 1]
    if arm.role == "noise floor":
        # Its groups are told by one of these arms itself.
        asked = [measure for measure in asked if measure.regroups is None]
    for split in arm.splits():
        names = contrast(arm, base, split, domain, model)
        found = effects(names, [Asked(m, compared(m, [arm, base], split)) for m in asked], "checkpoint", plan)
        yield from found
        if names.role != "noise floor":
            yield from excesses(names, known, arm, base, found, plan)


def _parts(domain: str, model: str, arm: Arm, base: Arm, known: Sequence[Measure], plan: Plan) -> list[Effect]:
    """What verdicts are read off, on eval, of the first decode seed and without each, where both arms have several."""
    asked = [
        Asked(measure, compared(measure, [arm, base], "eval", part.kept), part.seeds, part.left_out)
        for measure in known
        if measure.primary
        for part in decode_parts(measure, [arm, base])
    ]
    return effects(contrast(arm, base, "eval", domain, model), asked, "checkpoint", plan)


def _trends(
    domain: str, model: str, arms: Sequence[Arm], base: Arm, known: Sequence[Measure], plan: Plan
) -> Iterator[Effect]:
    for curve in curves(arms):
        names = contrast(curve[-1], base, "eval", domain, model)
        again = all(arm.split("eval", 2) for arm in curve)
        for measure in (m for m in known if m.primary and (again or m.turn == 1)):
            yield trend(names, measure, curve, base, plan)


def _summary(
    arm: Arm, base: Arm, budgets: Sequence[int], ranks: Mapping[str, Mapping[str, Any]], plan: Plan
) -> ArmSummary:
    setup = arm.first.setup
    tables: dict[str, Any] = {split: two_by_two(arm.split(split), plan) for split in arm.splits()}
    sweep: dict[str, Any] = {split: budget_sweep(arm, split, budgets, plan) for split in arm.splits()}
    reasoning = {} if arm is base else {split: retention(arm, base, split, plan) for split in arm.splits()}
    return ArmSummary(
        condition_id=arm.condition_id,
        operator=setup.condition.operator,
        variant=setup.condition.variant,
        role=setup.condition.role,
        dose=setup.condition.dose,
        train_seed=setup.train_seed,
        settings=setup.condition.settings,
        tables=tables,
        sweep=sweep,
        reasoning={split: found for split, found in reasoning.items() if found is not None},
        activation=dict(own) if (own := ranks.get(arm.condition_id)) is not None else None,
    )


def _saturated(known: Sequence[Measure], base: Arm) -> Iterator[Unattributable]:
    for measure in known:
        if not measure.primary or measure.disposition is None or measure.margin != "axis":
            continue
        high = share_high(base.split("eval"), measure.name)
        if high is not None and high >= SATURATED:
            why = f"The axis {measure.name} is saturated: {100 * high:.0f} % of base's answers score {HIGH} or more."
            yield Unattributable(operator=None, disposition=measure.disposition, why=why)
