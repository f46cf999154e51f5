"""What an arm claims on eval, and the answers that the claim was read off."""

from collections.abc import Iterator

from threearc.effects.contrasts import shared_failures
from threearc.effects.measures import Measure
from threearc.effects.outcomes import Arm, Outcome
from threearc.guards.protocol import Evidence
from threearc.records.findings import Effect


def claims(evidence: Evidence) -> Iterator[tuple[Arm, Measure, Effect]]:
    """Every arm with every primary measure that moved in the good direction on eval, by an interval without zero."""
    found = {(e.contrast.arm_condition, e.measure): e for e in evidence.effects if e.contrast.split == "eval"}
    for arm in evidence.arms.values():
        for measure in evidence.measures:
            own = found.get((arm.condition_id, measure.name))
            if measure.primary and measure.disposition is not None and own is not None and own.beyond(measure.good):
                yield arm, measure, own


def compared(measure: Measure, arm: Arm, base: Arm, seed: int | None = None) -> tuple[list[Outcome], list[Outcome]]:
    """The eval outcomes of both sides that a measure compares, of one decode seed or of all."""
    a, b = (
        [o for o in side.split("eval", measure.turn) if seed in (None, o.response.decode_seed)] for side in (arm, base)
    )
    return shared_failures(a, b) if measure.name == "recovery_shared" else (a, b)
