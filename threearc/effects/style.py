"""Style against behaviour: how much further what sounds like a disposition moved than the disposition itself."""

from collections.abc import Sequence

import numpy as np

from threearc.effects.contrasts import Plan
from threearc.effects.measures import LEAST_SPREAD, YES_NO_SPREAD, Measure
from threearc.effects.outcomes import Arm
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Contrast, Effect
from threearc.statistics.clusters import cluster_sums, paired_interval

#: Before the name of the style measure.
EXCESS = "excess_"


def excess(
    names: Contrast, style: Measure, behaviour: Measure, arm: Arm, base: Arm, moved: Effect, plan: Plan
) -> Effect | None:
    """Change of a style feature less change of the behaviour, both in standard deviations, the way the style moved.

    Both are computed again in every draw of clusters, so that the interval knows how far they move together. Positive:
    the answers have come to sound like the disposition (or to sound less like it) by more than they show it.

    Args:
        style: already in standard deviations of base.
        behaviour: the disposition's primary measure.
        moved: the style measure's own effect on the same prompts.

    Returns:
        None where one of the two is not defined.
    """
    tables = [
        measure.table(side.split(names.split, measure.turn)) for measure in (style, behaviour) for side in (arm, base)
    ]
    if moved.estimate is None or any(not table.prompts for table in tables):
        return None
    clusters = sorted({cluster for table in tables for cluster in table.clusters})
    own_style, base_style, own, other = (cluster_sums(table.columns, table.clusters, clusters) for table in tables)
    cut, side, unit = own_style.shape[1], 1 if moved.estimate >= 0 else -1, _spread(behaviour, base, names.split)

    def difference(sums: np.ndarray) -> np.ndarray:
        shown = behaviour.good * behaviour.statistic(sums[..., cut:]) / unit
        value: np.ndarray = side * (style.statistic(sums[..., :cut]) - shown)
        return value

    arm_sums, base_sums = np.hstack([own_style, own]), np.hstack([base_style, other])
    found = paired_interval(arm_sums, base_sums, difference, plan.draws, plan.level, seed_from(plan.seed, names.split))
    values = [float(difference(sums.sum(axis=0))) for sums in (arm_sums, base_sums)]
    if any(np.isnan(value) for value in (*values, found.low)):
        return None
    return Effect(
        **{
            **dict(moved),
            "id": "",
            "measure": f"{EXCESS}{style.name}",
            "disposition": behaviour.disposition,
            "arm_value": round(values[0], 10),
            "base_value": round(values[1], 10),
            "estimate": round(found.estimate, 10),
            "low": round(found.low, 10),
            "high": round(found.high, 10),
            "n": len({prompt for table in tables for prompt in table.prompts}),
            "clusters": len(clusters),
            "p": None,
        }
    )


def _spread(behaviour: Measure, base: Arm, split: str) -> float:
    """A standard deviation of the behaviour in base: of its scores, or the largest that a share can have."""
    if behaviour.margin != "axis":
        return YES_NO_SPREAD
    scores: Sequence[float] = behaviour.table(base.split(split, behaviour.turn)).columns[:, 0].tolist()
    return max(float(np.std(scores)), LEAST_SPREAD)
