"""Tables of single arms: the 2×2 of correctness and delivery, and the sweep of budgets."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Plan
from threearc.effects.outcomes import Outcome
from threearc.provenance.hashing import seed_from
from threearc.statistics.clusters import (
    Statistic,
    as_json,
    cluster_sums,
    difference_of_rates,
    rate,
    single_interval,
)

#: Cells of the 2×2, in the paper's order: confident-right, hedged-right, confident-wrong, hedged-wrong.
CELLS = (("cr", True, True), ("hr", True, False), ("cw", False, True), ("hw", False, False))


def two_by_two(outcomes: Sequence[Outcome], plan: Plan) -> dict[str, Any]:
    """Counts and rates of one arm on one split, rates with intervals."""
    judged = [o for o in outcomes if o.right is not None and o.asserts is not None]
    counts = {name: sum(o.right is r and o.asserts is a for o in judged) for name, r, a in CELLS}
    rows = [(float(bool(o.right)), float(bool(o.asserts)), 1.0) for o in judged]
    columns = np.array(rows).reshape(-1, 3)
    clusters = [o.prompt.entry for o in judged]
    right, asserts = columns[:, 0], columns[:, 1]
    wrong, one = 1 - right, columns[:, 2]
    rates: dict[str, tuple[list[np.ndarray], Statistic]] = {
        "accuracy": ([right, one], rate),
        "assertion_rate": ([asserts, one], rate),
        "hallucination_rate": ([asserts * wrong, wrong], rate),
        "over_hedging_rate": ([(1 - asserts) * right, right], rate),
        "assertion_asymmetry": ([asserts * wrong, wrong, asserts * right, right], difference_of_rates),
    }
    return {
        "n": len(judged),
        "clusters": len(set(clusters)),
        "cells": counts,
        "rates": {name: _interval(np.stack(c, axis=1), clusters, s, plan) for name, (c, s) in rates.items()},
        "mean_coverage": _mean([o.coverage for o in outcomes if o.coverage is not None]),
        "truncated": _mean([float(o.response.finish_reason == "length") for o in outcomes]),
    }


def budget_sweep(arm: Arm, split: str, budgets: Sequence[int], plan: Plan) -> list[dict[str, Any]]:
    """Accuracy and share cut at every budget, all from the one long generation."""
    outcomes = [o for o in arm.split(split) if o.right is not None and o.response.token_ids is not None]
    points = []
    for budget in sorted(budgets):
        pairs = [(o.right_within(budget), o) for o in outcomes]
        rows = [(float(right), 1.0) for right, _ in pairs if right is not None]
        clusters = [o.prompt.entry for right, o in pairs if right is not None]
        if not rows:
            continue
        accuracy = _interval(np.array(rows), clusters, rate, plan)
        cut = _mean([float(o.cut_at(budget)) for o in outcomes])
        points.append({"budget": budget, "accuracy": accuracy, "cut": cut, "n": len(rows)})
    return points


def _interval(columns: np.ndarray, clusters: list[str], statistic: Statistic, plan: Plan) -> dict[str, float | None]:
    names = sorted(set(clusters))
    if not names:
        return {"estimate": None, "low": None, "high": None}
    sums = cluster_sums(columns, clusters, names)
    return as_json(single_interval(sums, statistic, plan.draws, plan.level, seed_from(plan.seed, "tables")))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), 6) if known else None
