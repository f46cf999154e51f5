"""Arc 2: damping a few attention heads while the student answers, with control heads beside the chosen ones."""

from collections.abc import Iterator, Sequence

from threearc.models.interventions import Intervention
from threearc.models.tempering import Head
from threearc.operators.answering import Interview
from threearc.provenance.hashing import canonical
from threearc.records.base import Part
from threearc.records.prompts import Prompt
from threearc.records.reports import HeadRanking
from threearc.records.responses import Condition, Response

OPERATOR = "tempered"


class TemperingSettings(Part):
    """What was damped, and how much."""

    disposition: str
    attribution: str
    selection: str
    heads: tuple[Head, ...]
    factor: float


def tempering_conditions(
    rankings: Sequence[HeadRanking], factors: Sequence[float], control_factor: float
) -> list[Condition]:
    """The arms of every ranking: the top heads at every factor, the control heads at one.

    Args:
        rankings: those with selections: "top", and controls such as "random" and "bottom".
        factors: what the top heads' outputs are multiplied by; 1 leaves them alone.
        control_factor: the same for control heads.
    """
    return [condition for ranking in rankings for condition in _arms(ranking, factors, control_factor)]


def _arms(ranking: HeadRanking, factors: Sequence[float], control_factor: float) -> list[Condition]:
    arms = [("top", factor) for factor in sorted(factors, reverse=True)]
    arms += [(selection, control_factor) for selection in ranking.selected if selection != "top"]
    return [
        Condition(
            operator=OPERATOR,
            variant=ranking.variant(selection),
            # A factor of 1 changes nothing: a point of the curve, not a claim.
            role="treatment" if selection == "top" and factor != 1 else "control",
            dose=round(1 - factor, 6),
            settings=TemperingSettings(
                disposition=ranking.disposition,
                attribution=ranking.way,
                selection=selection,
                heads=ranking.selected[selection],
                factor=factor,
            ).model_dump(mode="json"),
        )
        for selection, factor in arms
    ]


def answer_tempered(
    interview: Interview,
    conditions: Sequence[Condition],
    prompts: Sequence[Prompt],
    decode_seeds: Sequence[int],
) -> Iterator[list[Response]]:
    """The answers of every arm, one arm at a time, all in one loaded model."""
    for condition in conditions:
        damped = interview.under(damping(condition))
        yield damped.ask(prompts, damped.setup(condition), decode_seeds)


def damping(condition: Condition) -> Intervention:
    """What a tempered arm's condition says is done to the model."""
    settings = TemperingSettings.model_validate_json(canonical(condition.settings))
    return Intervention(heads=settings.heads, factor=settings.factor)
