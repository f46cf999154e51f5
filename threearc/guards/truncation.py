"""Truncation: an answer that a budget cut off says nothing of what the student would have said (ERRATA rows 1, 26)."""

from collections.abc import Iterator

from threearc.effects.outcomes import Arm
from threearc.guards.protocol import Evidence, percent
from threearc.records.findings import GuardOutcome, GuardResult

NAME = "truncation"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: the larger share of answers cut at the largest budget, its own or base's."""
    bar = evidence.bars["truncated"]
    base = cut_share(evidence.base)
    for arm in evidence.arms.values():
        own = cut_share(arm)
        worst = max(own, base)
        sentence = f"{percent(own)} of the arm's answers and {percent(base)} of base's were cut at the largest budget."
        outcome: GuardOutcome = "fail" if worst > bar else "pass"
        shares = {"arm": own, "base": base}
        yield evidence.result(NAME, outcome, sentence, arm=arm, figure=worst, bar=bar, details={**shares})


def cut_share(arm: Arm) -> float:
    """Share of an arm's measured first answers that the budget ended."""
    answers = [o for o in arm.outcomes if o.prompt.split != "train" and o.response.turn == 1]
    return sum(o.response.finish_reason == "length" for o in answers) / len(answers)
