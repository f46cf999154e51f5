"""Replication: a claim must hold over several decode seeds, none of which says something else (ERRATA row 23).

It binds claims of movement only. That seeds agree in sign is no proof: three do so by chance one time in four. What
counts is the interval over all of them, which a claim has to begin with, that no seed stands against it, and that no
seed differs from the others by more than chance: an effect of weights has no seed of its own.
"""

from collections.abc import Iterator, Sequence

from threearc.effects.contrasts import contrast, effect
from threearc.effects.measures import Measure
from threearc.effects.outcomes import Arm
from threearc.guards.alarms import combination
from threearc.guards.claimed import claims, compared
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.statistics.families import holm
from threearc.statistics.wording import interval

NAME = "replication"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm and disposition that moved on eval: no decode seed says the opposite, or differs from the others."""
    made = list(claims(evidence))
    tests = [
        (number, seed, p) for number, (arm, measure, _) in enumerate(made) for seed, p in _apart(evidence, arm, measure)
    ]
    corrected = holm([p for *_, p in tests])
    alone: dict[int, list[int]] = {}
    for (number, seed, _), p in zip(tests, corrected, strict=True):
        if p <= evidence.bars["alarm_p"]:
            alone.setdefault(number, []).append(seed)
    for number, (arm, measure, own) in enumerate(made):
        yield _replicated(evidence, arm, measure, own, alone.get(number, []))


def _apart(evidence: Evidence, arm: Arm, measure: Measure) -> Iterator[tuple[int, float]]:
    """How surprising each decode seed's effect is beside that of all others: the seed and p."""
    answers = compared(measure, arm, evidence.base)
    seeds = sorted(set.intersection(*({o.response.decode_seed for o in side} for side in answers)))
    # Of two seeds one differs from the other as the other does from it.
    for seed in seeds[:1] if len(seeds) == 2 else seeds if len(seeds) > 2 else []:
        sides = [
            measure.table([o for o in side if (o.response.decode_seed == seed) == own])
            for own in (True, False)
            for side in answers
        ]
        found = combination(sides, [1.0, -1.0, -1.0, 1.0], measure.statistic)
        if found is not None:
            yield seed, found.p


def _replicated(evidence: Evidence, arm: Arm, measure: Measure, own: Effect, alone: Sequence[int]) -> GuardResult:
    bar = evidence.bars["seeds"]
    found = seed_effects(evidence, arm, measure)
    known = {seed: e for seed, e in found.items() if e.estimate is not None and e.low is not None}
    against = [seed for seed, e in known.items() if e.beyond(-measure.good)]
    each = ", ".join(f"seed {s} {interval(e.estimate, e.low, e.high, signed=True)}" for s, e in known.items())
    sentence = (
        f"{measure.name} moved by {interval(own.estimate, own.low, own.high, signed=True)} over {len(known)} decode"
        f" seeds: {each or 'none has an interval'}."
    )
    outcome: GuardOutcome = "fail" if against or alone else "pass"
    if len(known) < bar:
        outcome, sentence = "cannot run", f"{sentence} At least {bar:g} are needed."
    elif against:
        sentence += f" On their own the seeds {', '.join(map(str, against))} say the opposite."
    elif alone:
        sentence += f" By more than chance others differ from seed {', '.join(map(str, alone))}."
    return evidence.result(
        NAME,
        BINDS,
        outcome,
        sentence,
        arm=arm,
        disposition=measure.disposition,
        figure=len(known) - len(against or alone),
        bar=bar,
        details={str(seed): e.estimate for seed, e in known.items()},
    )


def seed_effects(evidence: Evidence, arm: Arm, measure: Measure) -> dict[int, Effect]:
    """The measure's effect on eval by each decode seed that both sides answered with."""
    names = contrast(arm, evidence.base, "eval", evidence.domain, evidence.model)
    seeds = [{o.response.decode_seed for o in side.split("eval", measure.turn)} for side in (arm, evidence.base)]
    found = {}
    for seed in sorted(set.intersection(*seeds)):
        a, b = compared(measure, arm, evidence.base, seed)
        if a and b:
            found[seed] = effect(names, measure, a, b, "checkpoint", evidence.plan)
    return found
