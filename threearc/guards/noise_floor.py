"""Noise floor: what the untouched student does when nothing is done to it, twice over (ERRATA row 16).

An A/A arm with base's own decode seeds, in another batch order, must give base's own answers. One with other seeds
must not differ from base in anything that a verdict reads. And a claim must be larger than what the A/A arms show of
the same measure. All three bind claims of movement only.
"""

from collections.abc import Iterator, Sequence

from threearc.effects.outcomes import Arm, Outcome
from threearc.guards.alarms import effect_p
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult, MeasureInfo
from threearc.statistics.families import holm
from threearc.statistics.wording import percent

NAME = "noise_floor"
BINDS: Binds = "claims"


def check(evidence: Evidence, measures: Sequence[MeasureInfo]) -> Iterator[GuardResult]:
    """For the cell, each A/A arm beside base; for each claim, its size beside the A/A arms'."""
    floor = [arm for arm in evidence.arms.values() if arm.first.setup.condition.role == "noise floor"]
    if not floor:
        why = "No arm of this cell repeats base, so that the noise floor is not known."
        yield evidence.result(NAME, BINDS, "cannot run", why)
        return
    base = {_draw(o): o for o in evidence.base.outcomes}
    again = [arm for arm in floor if any(_draw(o) in base for o in arm.outcomes)]
    for arm in again:
        yield _repeated(evidence, arm, base)
    yield from _unmoved(evidence, [arm for arm in floor if arm not in again])
    names = {arm.condition_id for arm in floor}
    for effect in _claims(evidence, measures):
        own = [e for e in evidence.effects if (e.measure, e.contrast.split) == (effect.measure, "eval")]
        shown = [abs(e.estimate) for e in own if e.contrast.arm_condition in names and e.estimate is not None]
        yield _above(evidence, effect, shown)


def _claims(evidence: Evidence, measures: Sequence[MeasureInfo]) -> list[Effect]:
    """The effects that a verdict might claim: they stand out in the cell, and so may in the whole study's family."""
    good = {measure.name: measure.good for measure in measures if measure.primary and measure.disposition is not None}
    tested = [
        (e.p, e)
        for e in evidence.effects
        if e.measure in good and (e.contrast.role, e.contrast.split) == ("treatment", "eval")
        if e.p is not None and e.moved > 0
    ]
    adjusted = zip(holm([p for p, _ in tested]), (e for _, e in tested), strict=True)
    return [e for p, e in adjusted if p <= 1 - evidence.plan.level and e.beyond(good[e.measure])]


def _repeated(evidence: Evidence, arm: Arm, base: dict[tuple[str, int, int], Outcome]) -> GuardResult:
    pairs = [(o.response.text, base[_draw(o)].response.text) for o in arm.outcomes if _draw(o) in base]
    share = sum(own != theirs for own, theirs in pairs) / len(pairs)
    bar = evidence.bars["batch"]
    outcome: GuardOutcome = "fail" if share > bar else "pass"
    sentence = f"{percent(share)} of base's answers came out otherwise with the same seeds ({_variant(arm)})."
    return evidence.result(NAME, BINDS, outcome, sentence, figure=share, bar=bar)


def _unmoved(evidence: Evidence, arms: Sequence[Arm]) -> Iterator[GuardResult]:
    """One result over all of these arms: their tests share a correction."""
    if not arms:
        return
    names = {arm.condition_id: arm for arm in arms}
    effects = [e for e in evidence.effects if e.contrast.arm_condition in names and e.estimate is not None]
    tests = [(p, e) for e in effects if (p := effect_p(e, evidence.plan.permutations)) is not None]
    if not tests:
        why = f"Nothing that a verdict reads is defined in both base and its repetition ({_variant(arms[0])})."
        yield evidence.result(NAME, BINDS, "cannot run", why)
        return
    bar = evidence.bars["alarm_p"]
    p, effect = min(zip(holm([p for p, _ in tests]), (e for _, e in tests), strict=True), key=lambda row: row[0])
    outcome: GuardOutcome = "fail" if p <= bar else "pass"
    sentence = (
        f"Of {len(tests)} differences between base and its repetition the most surprising is {effect.estimate:+.3f} in"
        f" {effect.measure.replace('_', ' ')} on {effect.contrast.split} answers (p = {p:.2g};"
        f" {_variant(names[effect.contrast.arm_condition])})."
    )
    yield evidence.result(NAME, BINDS, outcome, sentence, figure=p, bar=bar)


def _above(evidence: Evidence, effect: Effect, shown: Sequence[float]) -> GuardResult:
    disposition = effect.disposition
    arm, name = evidence.arms[effect.contrast.arm_condition], effect.measure.replace("_", " ")
    if not shown:
        why = f"No A/A arm has a value of {name} to hold the claim against."
        return evidence.result(NAME, BINDS, "cannot run", why, arm=arm, disposition=disposition)
    size, floor = abs(effect.estimate or 0.0), max(shown)
    outcome: GuardOutcome = "pass" if size > floor else "fail"
    sentence = f"{name} moved by {effect.estimate:+.3f}; with nothing done to the student it moved by {floor:.3f}."
    return evidence.result(NAME, BINDS, outcome, sentence, arm=arm, disposition=disposition, figure=size, bar=floor)


def _draw(outcome: Outcome) -> tuple[str, int, int]:
    return outcome.prompt.id, outcome.response.decode_seed, outcome.response.turn


def _variant(arm: Arm) -> str:
    return arm.first.setup.condition.variant
