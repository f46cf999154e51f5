"""Replication: a claim must hold over several decode seeds (ERRATA row 23).

It binds claims of movement only. That seeds agree in sign is no proof: three do so by chance one time in four. What
counts is the interval over all of them, which a claim has to begin with, and that no seed stands against it. That it
rests on none of them alone the verdict itself asks for, since that takes a correction over the whole study.
"""

from collections.abc import Iterator

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Asked, compared, contrast, effects
from threearc.effects.frames import decode_seeds
from threearc.effects.measures import Measure
from threearc.guards.claimed import claims
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.statistics.wording import interval

NAME = "replication"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm and disposition that moved on eval: there are enough decode seeds, and none says the opposite."""
    for arm, measure, own in claims(evidence):
        yield _replicated(evidence, arm, measure, own)


def _replicated(evidence: Evidence, arm: Arm, measure: Measure, own: Effect) -> GuardResult:
    bar = evidence.bars["seeds"]
    found = seed_effects(evidence, arm, measure)
    known = {seed: e for seed, e in found.items() if e.estimate is not None and e.low is not None}
    against = [seed for seed, e in known.items() if e.beyond(-measure.good)]
    each = ", ".join(f"seed {s} {interval(e.estimate, e.low, e.high, signed=True)}" for s, e in known.items())
    sentence = (
        f"{measure.name} moved by {interval(own.estimate, own.low, own.high, signed=True)} over {len(known)} decode"
        f" seeds: {each or 'none has an interval'}."
    )
    outcome: GuardOutcome = "fail" if against else "pass"
    if len(known) < bar:
        outcome, sentence = "cannot run", f"{sentence} At least {bar:g} are needed."
    elif against:
        sentence += f" On their own the seeds {', '.join(map(str, against))} say the opposite."
    return evidence.result(
        NAME,
        BINDS,
        outcome,
        sentence,
        arm=arm,
        disposition=measure.disposition,
        figure=len(known) - len(against),
        bar=bar,
        details={str(seed): e.estimate for seed, e in known.items()},
    )


def seed_effects(evidence: Evidence, arm: Arm, measure: Measure) -> dict[int, Effect]:
    """The measure's effect on eval by each decode seed that both sides answered with."""
    arms = [arm, evidence.base]
    sides = {
        seed: compared(measure, arms, "eval", [seed])
        for seed in decode_seeds([side.frame("eval", measure.turn) for side in arms])
    }
    asked = {seed: Asked(measure, own, "one") for seed, own in sides.items() if all(len(side) for side in own)}
    names = contrast(arm, evidence.base, "eval", evidence.domain, evidence.model)
    return dict(zip(asked, effects(names, list(asked.values()), "checkpoint", evidence.plan), strict=True))
