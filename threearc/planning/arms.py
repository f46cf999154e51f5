"""The arms of a cell before any of them has answered, named and counted as the operators make them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threearc.models.tempering import Head
from threearc.operators import sidecar, tempering
from threearc.operators.adapters import variant_of
from threearc.records.reports import HeadRanking
from threearc.records.responses import Role

#: Operators whose arms are adapters, each with a training seed.
TRAINED = ("sft", "dpo")


@dataclass(frozen=True)
class Arm:
    """One arm.

    Attributes:
        derived: its text is base's own, so that no model runs and nobody asks it again.
    """

    operator: str
    variant: str
    role: Role
    derived: bool = False


def planned_arms(
    operators: Sequence[str], adapters: Sequence[Mapping[str, Any]], damping: Mapping[str, Any]
) -> list[Arm]:
    """Every arm beside base and its A/A arms, as if each operator found something to act on.

    Args:
        adapters: method, recipe and train_seed of every adapter that answers.
        damping: dispositions, lambdas, control_lambda and controls of tempering.
    """
    arms = [Arm(a["method"], variant_of(a["recipe"], a["train_seed"]), "treatment") for a in adapters]
    if tempering.OPERATOR in operators:
        arms += _tempered(damping)
    if sidecar.OPERATOR in operators:
        arms.append(Arm(sidecar.OPERATOR, "gate", "treatment", derived=True))
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
    return [Arm(c.operator, c.variant, c.role) for c in conditions]
