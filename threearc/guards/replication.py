"""Replication: a claim must hold over several decode seeds (ERRATA row 23).

It binds claims of movement only. That seeds agree in sign is no proof: three do so by chance one time in four. What
counts is the interval over all of them, which a claim has to begin with, and that no seed stands against it. That it
rests on none of them alone the verdict itself asks for, since that takes a correction over the whole study.
"""

from collections.abc import Iterator

from threearc.effects.contrasts import Asked, compared, effects
from threearc.effects.frames import decode_seeds
from threearc.effects.recipes import recipe_effect_of
from threearc.guards.claimed import claims
from threearc.guards.protocol import Claim, Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.statistics.wording import interval

NAME = "replication"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per claim: there are enough decode seeds, and none says the opposite."""
    for claim in claims(evidence):
        yield _replicated(evidence, claim)


def _replicated(evidence: Evidence, claim: Claim) -> GuardResult:
    bar, measure, own = evidence.bars["seeds"], claim.measure, claim.own
    found = seed_effects(evidence, claim)
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
    details = {str(seed): e.estimate for seed, e in known.items()}
    figure = len(known) - len(against)
    return evidence.result(NAME, BINDS, outcome, sentence, claim=claim, figure=figure, bar=bar, details={**details})


def seed_effects(evidence: Evidence, claim: Claim) -> dict[int, Effect]:
    """The claim's effect on eval by each decode seed that all of its arms and base answered with."""
    measure, arms, names = claim.measure, [*claim.arms, evidence.base], claim.own.contrast
    sides = {
        seed: compared(measure, arms, "eval", [seed])
        for seed in decode_seeds([arm.frame("eval", measure.turn) for arm in arms])
    }
    sides = {seed: own for seed, own in sides.items() if all(len(side) for side in own)}
    if len(claim.arms) > 1:
        return {
            seed: recipe_effect_of(names, measure, claim.arms, own, evidence.plan, "one") for seed, own in sides.items()
        }
    asked = [Asked(measure, own, "one") for own in sides.values()]
    return dict(zip(sides, effects(names, asked, "checkpoint", evidence.plan), strict=True))
