"""Truncation: an answer that a budget cut off says nothing of what the student would have said (ERRATA rows 1, 26)."""

from collections.abc import Iterator

from threearc.effects.arms import Arm
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.wording import percent

NAME = "truncation"
BINDS: Binds = "every verdict"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: the largest share of answers cut at the largest budget over splits and turns, its own or base's."""
    bar = evidence.bars["truncated"]
    base = cut_shares(evidence.base)
    for arm in evidence.arms.values():
        own = cut_shares(arm)
        part = max(own, key=lambda name: max(own[name], base.get(name, 0.0)))
        figure = max(own[part], base.get(part, 0.0))
        sentence = (
            f"{percent(own[part])} of the arm's answers and {percent(base.get(part, 0.0))} of base's were cut at the"
            f" largest budget ({part})."
        )
        outcome: GuardOutcome = "fail" if figure > bar else "pass"
        details = {**{f"arm: {k}": v for k, v in own.items()}, **{f"base: {k}": v for k, v in base.items()}}
        yield evidence.result(NAME, BINDS, outcome, sentence, arm=arm, figure=figure, bar=bar, details={**details})


def cut_shares(arm: Arm) -> dict[str, float]:
    """Share of the answers that the budget ended, by part of the arm."""
    return {
        part: sum(o.response.finish_reason == "length" for o in outcomes) / len(outcomes)
        for part, outcomes in arm.parts()
    }
