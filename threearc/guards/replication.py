"""Replication: a claim must hold over several decode seeds, and rest on none of them alone (ERRATA row 23).

It binds claims of movement only. That seeds agree in sign is no proof: three do so by chance one time in four. What
counts is the interval over all of them, which a claim has to begin with, that no seed stands against it, and that it
stands out without any one of them too, after Holm's correction over the cell's claims.
"""

from collections.abc import Iterator, Sequence

from threearc.effects.contrasts import compared, contrast, effect
from threearc.effects.frames import decode_seeds, frame_of
from threearc.effects.measures import Measure
from threearc.effects.outcomes import Arm
from threearc.guards.alarms import difference
from threearc.guards.claimed import claims
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.statistics.families import holm
from threearc.statistics.wording import interval

NAME = "replication"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm and disposition that moved on eval: no decode seed says the opposite, and it rests on none alone."""
    made = list(claims(evidence))
    without = [_without_each(evidence, arm, measure) for arm, measure, _ in made]
    tested = [found for found in without if found]
    corrected = dict(zip(map(id, tested), holm([max(found.values()) for found in tested]), strict=True))
    for (arm, measure, own), found in zip(made, without, strict=True):
        # What a claim rests on is the seed without which it is weakest.
        carried = bool(found) and corrected[id(found)] > 1 - evidence.plan.level
        rests = [max(found, key=lambda seed: found[seed])] if carried else []
        yield _replicated(evidence, arm, measure, own, rests)


def _without_each(evidence: Evidence, arm: Arm, measure: Measure) -> dict[int, float]:
    """By decode seed, p of what is left without it; 1 where that is not defined, or not in the good direction."""
    sides = [arm, evidence.base]
    seeds = decode_seeds(compared(measure, sides, "eval"))
    left = {}
    for seed in seeds if len(seeds) > 1 else []:
        others = [other for other in seeds if other != seed]
        found = difference(compared(measure, sides, "eval", others), measure.rows, measure.statistic)
        left[seed] = found.p if found is not None and found.estimate * measure.good > 0 else 1.0
    return left


def _replicated(evidence: Evidence, arm: Arm, measure: Measure, own: Effect, rests: Sequence[int]) -> GuardResult:
    bar = evidence.bars["seeds"]
    found = seed_effects(evidence, arm, measure)
    known = {seed: e for seed, e in found.items() if e.estimate is not None and e.low is not None}
    against = [seed for seed, e in known.items() if e.beyond(-measure.good)]
    each = ", ".join(f"seed {s} {interval(e.estimate, e.low, e.high, signed=True)}" for s, e in known.items())
    sentence = (
        f"{measure.name} moved by {interval(own.estimate, own.low, own.high, signed=True)} over {len(known)} decode"
        f" seeds: {each or 'none has an interval'}."
    )
    outcome: GuardOutcome = "fail" if against or rests else "pass"
    if len(known) < bar:
        outcome, sentence = "cannot run", f"{sentence} At least {bar:g} are needed."
    elif against:
        sentence += f" On their own the seeds {', '.join(map(str, against))} say the opposite."
    elif rests:
        sentence += f" Without seed {rests[0]} it is not to be told from zero, over the cell's claims."
    return evidence.result(
        NAME,
        BINDS,
        outcome,
        sentence,
        arm=arm,
        disposition=measure.disposition,
        figure=len(known) - len(against or rests),
        bar=bar,
        details={str(seed): e.estimate for seed, e in known.items()},
    )


def seed_effects(evidence: Evidence, arm: Arm, measure: Measure) -> dict[int, Effect]:
    """The measure's effect on eval by each decode seed that both sides answered with."""
    names = contrast(arm, evidence.base, "eval", evidence.domain, evidence.model)
    arms = [arm, evidence.base]
    found = {}
    for seed in decode_seeds([frame_of(side, "eval", measure.turn) for side in arms]):
        sides = compared(measure, arms, "eval", [seed])
        if all(len(side) for side in sides):
            found[seed] = effect(names, measure, sides, "checkpoint", evidence.plan, "one")
    return found
