"""Saturation: an axis on which nearly all of base's answers score high tells them apart no more (ERRATA row 22)."""

from collections.abc import Sequence

from threearc.domains.protocol import HIGH
from threearc.effects.outcomes import Outcome


def share_high(outcomes: Sequence[Outcome], axis: str) -> float | None:
    """Share of the answers that score high on an axis; None if none is scored on it."""
    scores = [o.scores[axis] for o in outcomes if axis in o.scores]
    return sum(score >= HIGH for score in scores) / len(scores) if scores else None
