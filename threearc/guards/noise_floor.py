"""Noise floor: what the untouched student does when nothing is done to it, twice over (ERRATA row 16).

Neither an A/A arm with other decode seeds nor one with base's own seeds in another batch order may differ from base in
anything that a verdict reads. That batches change single answers is told, and no failure: in half precision they do.
And a claim must be larger than what the A/A arms show of the same measure. Both bind claims of movement only.
"""

from collections.abc import Iterator, Sequence

from threearc.effects.arms import Arm
from threearc.effects.outcomes import Outcome
from threearc.guards.alarms import effect_p
from threearc.guards.claimed import claims
from threearc.guards.protocol import Claim, Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.statistics.families import holm
from threearc.statistics.wording import percent

NAME = "noise_floor"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """For the cell, the A/A arms beside base; for each claim, its size beside the A/A arms'."""
    floor = [arm for arm in evidence.arms.values() if arm.role == "noise floor"]
    if not floor:
        why = "No arm of this cell repeats base, so that the noise floor is not known."
        yield evidence.result(NAME, BINDS, "cannot run", why)
        return
    yield _unmoved(evidence, floor)
    names = {arm.condition_id for arm in floor}
    for claim in claims(evidence):
        own = [e for e in evidence.effects if (e.measure, e.contrast.split) == (claim.measure.name, "eval")]
        shown = [abs(e.estimate) for e in own if e.contrast.arm_condition in names and e.estimate is not None]
        yield _above(evidence, claim, shown)


def _unmoved(evidence: Evidence, floor: Sequence[Arm]) -> GuardResult:
    """One result over all A/A arms: their tests share a correction."""
    names = {arm.condition_id: arm.first.setup.condition.variant for arm in floor}
    tests = {
        name: [(p, e) for e in _defined(evidence, name) if (p := effect_p(e, evidence.plan.permutations)) is not None]
        for name in names
    }
    silent = [names[name] for name, own in tests.items() if not own]
    if silent:
        why = f"Nothing that a verdict reads is defined in both base and its repetition ({', '.join(silent)})."
        return evidence.result(NAME, BINDS, "cannot run", why)
    # Where no cluster moved p is 1 whatever the bar, as in a batch order that changes nothing: out of the family.
    moved = [(p, e) for own in tests.values() for p, e in own if e.moved > 0]
    bar = evidence.bars["alarm_p"]
    corrected = zip(holm([p for p, _ in moved]), (e for _, e in moved), strict=True)
    p, effect = min(corrected, key=lambda row: row[0], default=(1.0, None))
    outcome: GuardOutcome = "fail" if p <= bar else "pass"
    sentence = "Base and its repetitions differ in nothing that a verdict reads."
    if effect is not None:
        sentence = (
            f"Of {len(moved)} differences between base and its repetitions the most surprising is"
            f" {effect.estimate:+.3f} in {effect.measure.replace('_', ' ')} on {effect.contrast.split} answers"
            f" (p = {p:.2g}; {names[effect.contrast.arm_condition]})."
        )
    changed = {names[arm.condition_id]: share for arm in floor if (share := _changed(evidence.base, arm)) is not None}
    for variant, share in changed.items():
        sentence += f" With the same seeds {percent(share)} of base's answers came out otherwise ({variant})."
    details = {f"changed, {variant}": round(share, 6) for variant, share in changed.items()}
    return evidence.result(NAME, BINDS, outcome, sentence, figure=p, bar=bar, details={**details})


def _defined(evidence: Evidence, condition: str) -> list[Effect]:
    return [e for e in evidence.effects if e.contrast.arm_condition == condition and e.estimate is not None]


def _changed(base: Arm, arm: Arm) -> float | None:
    """Share of the answers with base's own seeds that are not base's own; None where there are none with these."""
    texts = {_draw(o): o.response.text for o in base.outcomes}
    pairs = [(o.response.text, texts[_draw(o)]) for o in arm.outcomes if _draw(o) in texts]
    return sum(own != theirs for own, theirs in pairs) / len(pairs) if pairs else None


def _above(evidence: Evidence, claim: Claim, shown: Sequence[float]) -> GuardResult:
    name, estimate = claim.measure.name.replace("_", " "), claim.own.estimate or 0.0
    if not shown:
        why = f"No A/A arm has a value of {name} to hold the claim against."
        return evidence.result(NAME, BINDS, "cannot run", why, claim=claim)
    size, floor = abs(estimate), max(shown)
    outcome: GuardOutcome = "pass" if size > floor else "fail"
    sentence = f"{name} moved by {estimate:+.3f}; with nothing done to the student it moved by {floor:.3f}."
    return evidence.result(NAME, BINDS, outcome, sentence, claim=claim, figure=size, bar=floor)


def _draw(outcome: Outcome) -> tuple[str, int, int]:
    return outcome.prompt.id, outcome.response.decode_seed, outcome.response.turn
