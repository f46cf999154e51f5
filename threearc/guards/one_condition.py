"""One condition: all that is said of an arm comes from one set-up, and is held against one base (ERRATA row 25)."""

from collections import Counter
from collections.abc import Iterator

from threearc.effects.arms import Arm
from threearc.effects.outcomes import Outcome
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.records.responses import Condition, Response

NAME = "one_condition"
BINDS: Binds = "every verdict"
#: Arms that are the untouched student: a text made of theirs is made of one thing.
UNTOUCHED = ("base", "noise floor")


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: answers that are not of the condition that its name stands for, and base's under a second set-up.

    An arm is what shares a condition, the hash of its whole set-up, so that answers under another are another arm, of
    the same name, and a base under two set-ups is one base and another arm: effects are held against the first alone.
    """
    arms = {evidence.base.condition_id: evidence.base, **evidence.arms}
    by_id = {o.response.id: o.response for arm in arms.values() for o in arm.outcomes}
    other_base = sum(len(arm.outcomes) for arm in evidence.arms.values() if arm.role == "base")
    for arm in evidence.arms.values():
        measured = [o for _, outcomes in arm.parts() for o in outcomes]
        sources = {source for o in measured for source in (o.response.parent_id, o.response.derived_from)}
        lost = sorted(source for source in sources if source is not None and source not in by_id)
        if lost:
            why = f"Answers of the arm go on from {len(lost)} answers that are not there, {lost[0]} among them."
            yield evidence.result(NAME, BINDS, "cannot run", why, arm=arm)
            continue
        strays = _strays(arm, measured, by_id)
        strays["answers of another arm by the same name"] = sum(
            len(other.outcomes) for other in arms.values() if other is not arm and _name(other) == _name(arm)
        )
        strays["answers of base under another set-up"] = other_base
        yield _told(evidence, arm, {name: count for name, count in strays.items() if count})


def _told(evidence: Evidence, arm: Arm, strays: dict[str, int]) -> GuardResult:
    outcome: GuardOutcome = "fail" if strays else "pass"
    sentence = "All of the arm's figures come from one condition."
    if strays:
        told = ", ".join(f"{count} {name}" for name, count in strays.items())
        sentence = f"The arm's figures come from several conditions: {told}."
    figure = sum(strays.values())
    return evidence.result(NAME, BINDS, outcome, sentence, arm=arm, figure=figure, bar=0.0, details={**strays})


def _strays(arm: Arm, measured: list[Outcome], by_id: dict[str, Response]) -> dict[str, int]:
    texts = [by_id[o.response.derived_from] for o in measured if o.response.derived_from is not None]
    kinds = Counter("untouched" if r.setup.condition.role in UNTOUCHED else r.condition_id for r in texts)
    return {
        "answers from another training seed": 0 if _one_seed(arm) else len(measured),
        "second answers to another arm's first": sum(
            by_id[o.response.parent_id].condition_id != arm.condition_id
            for o in measured
            if o.response.parent_id is not None
        ),
        "texts taken from another arm than most": kinds.total() - max(kinds.values(), default=0),
    }


def _one_seed(arm: Arm) -> bool:
    """Is the training seed that the operator names the one that the answers carry?"""
    setup = arm.first.setup
    return setup.condition.settings.get("train_seed", setup.train_seed) == setup.train_seed


def _name(arm: Arm) -> tuple[str, str, float | None]:
    condition: Condition = arm.first.setup.condition
    return condition.operator, condition.variant, condition.dose
