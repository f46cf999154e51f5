"""Missing judgements: a judge that stays silent more often on one arm decides by its silence (ERRATA rows 2, 24)."""

from collections.abc import Iterator

from threearc.effects.outcomes import Arm
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.wording import percent

NAME = "judge_missing"
BINDS: Binds = "every verdict"
QUESTIONS = ("coverage", "oracle", "delivery", "scores", "checks", "style")


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: the largest share of missing judgements over questions, splits and turns, its own or base's."""
    bar = evidence.bars["missing"]
    base = missing_shares(evidence.base)
    for arm in evidence.arms.values():
        shares = {f"arm: {name}": share for name, share in missing_shares(arm).items()}
        shares |= {f"base: {name}": share for name, share in base.items()}
        if not shares:
            yield evidence.result(NAME, BINDS, "cannot run", "No judge was asked anything.", arm=arm)
            continue
        worst = max(shares, key=lambda name: shares[name])
        figure = shares[worst]
        sentence = "No judgement is missing."
        if figure > 0:
            sentence = f"{percent(figure)} of the judgements are missing where most are ({worst})."
        outcome: GuardOutcome = "fail" if figure > bar else "pass"
        details = {name: share for name, share in shares.items() if share}
        yield evidence.result(NAME, BINDS, outcome, sentence, arm=arm, figure=figure, bar=bar, details={**details})


def missing_shares(arm: Arm) -> dict[str, float]:
    """Share of the questions asked that have no verdict, by question and part of the arm."""
    shares = {}
    for part, outcomes in arm.parts():
        for question in QUESTIONS:
            asked = [o for o in outcomes if question in o.asked]
            if asked:
                shares[f"{question}, {part}"] = sum(question in o.missing for o in asked) / len(asked)
    return shares
