"""What an arm claims on eval."""

from collections.abc import Iterator

from threearc.effects.arms import Arm
from threearc.effects.measures import Measure
from threearc.guards.protocol import Evidence
from threearc.records.findings import Effect


def claims(evidence: Evidence) -> Iterator[tuple[Arm, Measure, Effect]]:
    """Every arm with every primary measure that moved in the good direction on eval, by an interval without zero.

    What repeats base claims nothing.
    """
    found = {(e.contrast.arm_condition, e.measure): e for e in evidence.effects if e.contrast.split == "eval"}
    for arm in (arm for arm in evidence.arms.values() if arm.first.setup.condition.role != "noise floor"):
        for measure in evidence.measures:
            own = found.get((arm.condition_id, measure.name))
            if measure.primary and measure.disposition is not None and own is not None and own.beyond(measure.good):
                yield arm, measure, own
