"""Labels by hand beside what a judge said of the same answers."""

from collections.abc import Mapping, Sequence

from threearc.effects.measures import Measure
from threearc.effects.outcomes import Outcome
from threearc.guards.protocol import Evidence
from threearc.records.labels import LABELS, SCORES, HumanLabel
from threearc.statistics.agreement import Agreement, agreement

#: The judge whose rules define the measures.
DEFINING = "rules"
#: Labels by response and question.
ByHand = Mapping[str, Mapping[str, str]]


def by_response(labels: Sequence[HumanLabel]) -> ByHand:
    """Labels by response and question."""
    found: dict[str, dict[str, str]] = {}
    for row in labels:
        found.setdefault(row.response_id, {})[row.question] = row.label
    return found


def reads(measure: Measure) -> set[str]:
    """The questions whose answers a primary measure, or one that must stay, is read off."""
    if measure.margin == "axis":
        axis = measure.name.removesuffix("_settled_right")
        return {axis} if axis == measure.name else {axis, "correctness"}
    return {"correctness", "delivery"} if measure.margin == "asymmetry" else {"correctness"}


def judged_by(outcomes: Sequence[Outcome], question: str) -> set[str]:
    """Names of those who were asked a question that labels answer: correctness, delivery or an axis."""
    asked = {"correctness": ("coverage", "oracle"), "delivery": ("delivery",)}.get(question, ("scores",))
    each = {frozenset(o.judges[name]) for o in outcomes for name in asked if name in o.judges}
    # Who was asked stands with the hash of what it went by.
    return {judge.rpartition(" ")[0] for judges in each for judge in judges}


def said(outcome: Outcome, question: str) -> str | None:
    """What the judge said to a question that labels answer, as a label would; None where it is not known."""
    if question not in LABELS:
        score = outcome.scores.get(question)
        return None if score is None else str(score)
    found = outcome.right if question == "correctness" else outcome.asserts
    return None if found is None else LABELS[question][0 if found else 1]


def agreed(evidence: Evidence, outcomes: Sequence[Outcome], labels: ByHand, question: str) -> Agreement:
    """Agreement of judge and labels on labelled answers; of scores kappa is weighted."""
    pairs = [
        (answer, labels[o.response.id][question], o.prompt.entry)
        for o in outcomes
        if (answer := said(o, question)) is not None
    ]
    plan, ordered = evidence.plan, question not in LABELS
    judged, by_hand, clusters = ([pair[i] for pair in pairs] for i in range(3))
    every = SCORES if ordered else LABELS[question]
    return agreement(judged, by_hand, every, clusters, plan.draws, plan.level, plan.seed, ordered=ordered)
