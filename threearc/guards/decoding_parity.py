"""Decoding parity: an arm and base answer alike in all but what the operator itself changes (ERRATA row 14)."""

from collections.abc import Iterator, Mapping

from threearc.effects.arms import Arm
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.records.responses import Setup

NAME = "decoding_parity"
BINDS: Binds = "every verdict"
#: What an operator changes is named by ``condition`` and ``train_seed``; the rest of a set-up is the experiment's.
SHARED = ("model", "revision", "student", "template", "engine", "dtype")


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm, those of base's own text included: how many parts of its set-up differ from base's."""
    base = evidence.base.first.setup
    for arm in evidence.arms.values():
        own = arm.first.setup
        unknown = [name for side in (own, base) for name in _unknown(side)]
        if unknown:
            why = f"The set-up does not say its {unknown[0]}."
            yield evidence.result(NAME, BINDS, "cannot run", why, arm=arm)
            continue
        yield _alike(evidence, arm, _differences(own, base))


def _alike(evidence: Evidence, arm: Arm, differing: Mapping[str, tuple[object, object]]) -> GuardResult:
    outcome: GuardOutcome = "fail" if differing else "pass"
    sentence = "Student, template, decoding, engine, versions and dtype are base's."
    if differing:
        told = [f"{name} is {own}, base's {base}" for name, (own, base) in differing.items()]
        sentence = f"The arm was not run as base was: {'; '.join(told)}."
    return evidence.result(
        NAME,
        BINDS,
        outcome,
        sentence,
        arm=arm,
        figure=len(differing),
        bar=0.0,
        details={name: [str(own), str(base)] for name, (own, base) in differing.items()},
    )


def _unknown(setup: Setup) -> list[str]:
    return [name for name in (*SHARED, "versions") if not getattr(setup, name)]


def _differences(own: Setup, base: Setup) -> dict[str, tuple[object, object]]:
    """Both values of what differs. A library that the operator needs and base does not is the operator's own."""
    pairs = {name: (getattr(own, name), getattr(base, name)) for name in SHARED}
    theirs = base.decoding.model_dump()
    pairs |= {f"decoding.{name}": (value, theirs[name]) for name, value in own.decoding.model_dump().items()}
    pairs |= {f"versions.{name}": (own.versions.get(name), version) for name, version in base.versions.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
