"""Dose trend: more of a treatment must do more (ERRATA row 23).

It binds claims of movement only, of every dose. The trend is the one that verdicts on the strongest dose are read off.
"""

from collections.abc import Iterator

from threearc.effects.contrasts import contrast
from threearc.effects.trends import curve_of, trend
from threearc.guards.claimed import claims
from threearc.guards.protocol import Claim, Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.statistics.wording import interval

NAME = "dose_trend"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per claim: p of the slope over the doses of its variant, in the good direction; of a recipe its worst run's.

    A variant with one dose has no slope.
    """
    bar = evidence.bars["trend_p"]
    for claim in claims(evidence):
        measure, trends = claim.measure, _trends(evidence, claim)
        if not trends:
            why = "The arm has no dose, or is the only one of its variant that has one."
            yield evidence.result(NAME, BINDS, "not applicable", why, claim=claim)
            continue
        if any(e.low is None or e.p is None for e in trends):
            why = f"{measure.name} is not defined at every dose, or hardly any entry counts in all of them."
            yield evidence.result(NAME, BINDS, "cannot run", why, claim=claim)
            continue
        p, found = max(((_one_sided(e, measure.good), e) for e in trends), key=lambda row: row[0])
        outcome: GuardOutcome = "pass" if p <= bar else "fail"
        sentence = (
            f"{measure.name} moves by {interval(found.estimate, found.low, found.high, signed=True)} per unit of dose"
            f" over {len(found.arms)} doses and base (p = {p:.2g}, one-sided)."
        )
        yield evidence.result(NAME, BINDS, outcome, sentence, claim=claim, figure=p, bar=bar)


def _trends(evidence: Evidence, claim: Claim) -> list[Effect]:
    """The slope over the doses of every arm of the claim that is one of several."""
    curves = [curve for arm in claim.arms if (curve := curve_of(evidence.arms.values(), arm))]
    return [
        trend(
            contrast(curve[-1], evidence.base, "eval", evidence.domain, evidence.model),
            claim.measure,
            curve,
            evidence.base,
            evidence.plan,
        )
        for curve in curves
    ]


def _one_sided(found: Effect, good: int) -> float:
    p, estimate = found.p or 0.0, found.estimate or 0.0
    return p / 2 if estimate * good > 0 else 1 - p / 2
