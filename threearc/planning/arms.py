"""The arms of a cell before any of them has answered, named and counted as the operators make them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threearc.models.tempering import Head
from threearc.operators import controls, sidecar, tempering
from threearc.operators.adapters import variant_of
from threearc.records.reports import HeadRanking
from threearc.records.responses import Role
from threearc.statistics.seeds import LEAST_SEEDS

#: Operators whose arms are adapters, each with a training seed.
TRAINED = ("sft", "dpo")


@dataclass(frozen=True)
class Arm:
    """One arm.

    Attributes:
        derived: its text is base's own, so that no model runs and nobody asks it again.
        dose: of an arm that differs from others of its variant in that only.
        recipe: what was trained, under a training seed of its own; None where nothing was.
    """

    operator: str
    variant: str
    role: Role
    derived: bool = False
    dose: float | None = None
    recipe: str | None = None

    @property
    def trained(self) -> tuple[str, str | None]:
        """What runs under several training seeds have in common."""
        return self.operator, self.recipe


def planned_arms(
    operators: Sequence[str],
    adapters: Sequence[Mapping[str, Any]],
    damping: Mapping[str, Any],
    doses: Sequence[float] = (),
    seeds: int = 1,
) -> list[Arm]:
    """Every arm beside base and its A/A arms, as if each operator found something to act on.

    Args:
        adapters: method, recipe and train_seed of every adapter that answers.
        damping: dispositions, lambdas, control_lambda and controls of tempering.
        doses: of the controls of known truth; none where the study has none.
        seeds: decode seeds.
    """
    arms = [
        Arm(a["method"], variant_of(a["recipe"], a["train_seed"]), "treatment", recipe=a["recipe"]) for a in adapters
    ]
    if tempering.OPERATOR in operators:
        arms += _tempered(damping)
    if sidecar.OPERATOR in operators:
        arms.append(Arm(sidecar.OPERATOR, "gate", "treatment", derived=True))
    known = controls.controls_with(several=seeds > 1)
    arms += [Arm(controls.OPERATOR, c.name, "calibration", True, dose) for dose in doses for c in known]
    return arms


def _tempered(damping: Mapping[str, Any]) -> list[Arm]:
    """The operator's own conditions, of rankings whose heads are not known yet."""
    unknown: tuple[Head, ...] = ((0, 0),)
    rankings = [
        HeadRanking(
            disposition=disposition,
            way="magnitude",
            asked=True,
            cohort_sizes=(0, 0),
            not_attributable=None,
            collinear=None,
            maximum=None,
            ranking=(),
            selected=dict.fromkeys(("top", *damping["controls"]), unknown),
        )
        for disposition in damping["dispositions"]
    ]
    conditions = tempering.tempering_conditions(rankings, damping["lambdas"], damping["control_lambda"])
    return [Arm(c.operator, c.variant, c.role, dose=c.dose) for c in conditions]


def of_recipes(arms: Sequence[Arm]) -> set[tuple[str, str | None]]:
    """The recipes with so many training seeds that verdicts are about them, not about their checkpoints."""
    runs = Counter(arm.trained for arm in arms if arm.role == "treatment" and arm.recipe is not None)
    return {recipe for recipe, seeds in runs.items() if seeds >= LEAST_SEEDS}


def damaging(arms: Sequence[Arm]) -> list[Arm]:
    """The treatments that are tested for damage: every dose, but of a recipe's runs one that stands for all."""
    recipes = of_recipes(arms)
    found: dict[Any, Arm] = {}
    for arm in arms:
        if arm.role == "treatment":
            found.setdefault(arm.trained if arm.trained in recipes else arm, arm)
    return list(found.values())


def claiming(arms: Sequence[Arm]) -> list[Arm]:
    """The treatments that verdicts are about: of arms that differ in dose only, the strongest."""
    found: dict[tuple[str, str], Arm] = {}
    for arm in sorted(damaging(arms), key=lambda arm: arm.dose or 0.0):
        found[arm.operator, arm.variant] = arm
    return [arm for arm in arms if arm in found.values()]
