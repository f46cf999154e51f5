"""Reasoning: how much of its thinking an arm keeps, and how it does where it keeps little (FACTS, arc 1)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Plan
from threearc.effects.outcomes import Outcome
from threearc.provenance.hashing import seed_from
from threearc.records.prompts import Split
from threearc.statistics.clusters import as_json, cluster_sums, ratio, single_interval

#: Upper ends of the bands of retention, as the paper has them; the last one is open.
BANDS = (0.25, 0.5, 0.75, 1.5)


def retention(arm: Arm, base: Arm, split: Split, plan: Plan) -> dict[str, Any] | None:
    """The arm's thinking over base's, on the answers before which base thought; None where it never did.

    Returns:
        n and clusters; median lengths of both in characters; retention: the arm's characters over base's with an
        interval; bands: by retention of the single answer, n and how many were right.
    """
    pairs = _pairs(arm.split(split), base.split(split))
    if not pairs:
        return None
    columns = np.array([(len(a.response.thinking), len(b.response.thinking)) for a, b in pairs], dtype=float)
    clusters = [a.prompt.entry for a, _ in pairs]
    sums = cluster_sums(columns, clusters, sorted(set(clusters)))
    interval = single_interval(sums, ratio, plan.draws, plan.level, seed_from(plan.seed, "reasoning"))
    own, theirs = np.median(columns, axis=0)
    return {
        "n": len(pairs),
        "clusters": len(sums),
        "median": float(own),
        "base_median": float(theirs),
        "retention": as_json(interval),
        "bands": _bands(pairs),
    }


def _pairs(arm: Sequence[Outcome], base: Sequence[Outcome]) -> list[tuple[Outcome, Outcome]]:
    """Finished answers of both arms to the same prompt and decode seed, where base thought.

    Where a budget ended an answer its thinking is as long as the budget, and says nothing of what was kept.
    """
    finished = [[o for o in side if o.response.finish_reason == "stop"] for side in (arm, base)]
    thought = {(o.prompt.id, o.response.decode_seed): o for o in finished[1] if o.response.thinking}
    keys = [((o.prompt.id, o.response.decode_seed), o) for o in finished[0]]
    return [(o, thought[key]) for key, o in keys if key in thought]


def _bands(pairs: Sequence[tuple[Outcome, Outcome]]) -> list[dict[str, Any]]:
    judged = [(len(a.response.thinking) / len(b.response.thinking), a.right) for a, b in pairs if a.right is not None]
    low, rows = 0.0, []
    for high in (*BANDS, float("inf")):
        inside = [right for kept, right in judged if low <= kept < high]
        band = f"{low:g} to {high:g}" if high < float("inf") else f"{low:g} and more"
        rows.append({"band": band, "n": len(inside), "right": sum(map(bool, inside))})
        low = high
    return rows
