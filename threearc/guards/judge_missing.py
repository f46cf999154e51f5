"""Missing judgements: a judge that stays silent more often on one arm decides by its silence (ERRATA rows 2, 24)."""

from collections.abc import Iterator

from threearc.guards.protocol import Evidence, percent
from threearc.records.findings import GuardOutcome, GuardResult

NAME = "judge_missing"
QUESTIONS = ("coverage", "oracle", "delivery", "scores", "style")


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: the largest share of missing judgements over the questions, its own or base's."""
    bar = evidence.bars["missing"]
    for arm in evidence.arms.values():
        shares = {question: max(arm.missing(question), evidence.base.missing(question)) for question in QUESTIONS}
        worst = max(shares, key=lambda question: shares[question])
        figure = shares[worst]
        sentence = "No judgement is missing."
        if figure > 0:
            sentence = f"Up to {percent(figure)} of the judgements on {worst} are missing in one of the arms."
        outcome: GuardOutcome = "fail" if figure > bar else "pass"
        yield evidence.result(NAME, outcome, sentence, arm=arm, figure=figure, bar=bar, details={**shares})
