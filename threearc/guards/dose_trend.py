"""Dose trend: more of a treatment must do more (ERRATA row 23).

It binds claims of movement only, of every dose. The trend is the one that verdicts on the strongest dose are read off.
"""

from collections.abc import Iterator

from threearc.effects.contrasts import contrast
from threearc.effects.trends import curve_of, trend
from threearc.guards.claimed import claims
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.wording import interval

NAME = "dose_trend"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm and disposition that moved on eval: p of the slope over the doses of its variant, in the good direction.

    A variant with one dose has no slope.
    """
    bar = evidence.bars["trend_p"]
    for arm, measure, _ in claims(evidence):
        curve = curve_of(evidence.arms.values(), arm)
        if not curve:
            why = "The arm has no dose, or is the only one of its variant that has one."
            yield evidence.result(NAME, BINDS, "not applicable", why, arm=arm, disposition=measure.disposition)
            continue
        names = contrast(curve[-1], evidence.base, "eval", evidence.domain, evidence.model)
        found = trend(names, measure, curve, evidence.base, evidence.plan)
        if found.estimate is None or found.low is None or found.p is None:
            why = f"{measure.name} is not defined at every dose, or hardly any entry counts in all of them."
            yield evidence.result(NAME, BINDS, "cannot run", why, arm=arm, disposition=measure.disposition)
            continue
        p = found.p / 2 if found.estimate * measure.good > 0 else 1 - found.p / 2
        outcome: GuardOutcome = "pass" if p <= bar else "fail"
        sentence = (
            f"{measure.name} moves by {interval(found.estimate, found.low, found.high, signed=True)} per unit of dose"
            f" over {len(curve)} doses and base (p = {p:.2g}, one-sided)."
        )
        yield evidence.result(
            NAME, BINDS, outcome, sentence, arm=arm, disposition=measure.disposition, figure=p, bar=bar
        )
