"""What all cells show together, instead of counting verdicts: random effects of every contrast that cells share."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threearc.records.findings import Effect, MeasureInfo
from threearc.statistics.families import holm
from threearc.statistics.pooling import Pooled, pooled
from threearc.statistics.wording import interval
from threearc.verdicts.facts import of_arm
from threearc.verdicts.synthesis import Cell, contrasts


@dataclass(frozen=True)
class _Shown:
    """One cell's effect on eval, and the measure that it is of."""

    cell: Cell
    measure: MeasureInfo
    effect: Effect


def across(cells: Sequence[Cell], analysis: Mapping[str, Any]) -> dict[str, Any]:
    """Rows, one per operator, variant and disposition, and a sentence per operator: which handle moved.

    Measures of different domains stand for one disposition (MEASURES), and are pooled where they share a margin's unit.

    Args:
        cells: of the students, controls left out.
    """
    groups: dict[tuple[str, str, str], list[_Shown]] = {}
    for cell in cells:
        for contrast in contrasts(cell):
            own = of_arm(cell.effects, contrast.arm_condition, "eval")
            for measure in cell.claims:
                if measure.name in own and measure.disposition is not None:
                    key = contrast.operator, contrast.variant, measure.disposition
                    groups.setdefault(key, []).append(_Shown(cell, measure, own[measure.name]))
    rows = [_row(*key, found, analysis) for key, found in groups.items()]
    told = [row for row in rows if row["p"] is not None]
    for row, p in zip(told, holm([row["p"] for row in told]), strict=True):
        row["p_adjusted"] = round(p, 6)
        stands_out = p <= 1 - analysis["level"]
        row["moved"] = ("good" if row["estimate"] * row["good"] > 0 else "bad") if stands_out else "open"
    return {"rows": rows, "sentences": [_sentence(o, rows) for o in dict.fromkeys(row["operator"] for row in rows)]}


def standard_error(effect: Effect) -> float | None:
    """A recipe's own, else from the interval's half width, by Student's t; None without an interval.

    Of one without a width what its entries need not have shown stands for the half: to leave out the cells in which
    nothing moved would leave the others' mean.
    """
    from scipy.special import stdtrit

    df = effect.clusters - 1
    if effect.low is None or effect.high is None or df <= 0:
        return None
    if effect.error:
        return effect.error
    half = (effect.high - effect.low) / 2 or effect.unseen or 0.0
    return half / float(stdtrit(df, (1 + effect.level) / 2)) if half else None


def _row(
    operator: str, variant: str, disposition: str, shown: Sequence[_Shown], analysis: Mapping[str, Any]
) -> dict[str, Any]:
    errors = [(own, standard_error(own.effect)) for own in shown]
    known = [(own, error) for own, error in errors if error is not None]
    estimates = [own.effect.estimate or 0.0 for own, _ in known]
    found = pooled(estimates, [error**2 for _, error in known], analysis["level"])
    measure = shown[0].measure
    return {
        "operator": operator,
        "variant": variant,
        "disposition": disposition,
        "good": measure.good,
        "margin": analysis["margins"][measure.margin],
        "target": shown[0].effect.target,
        "k": len(known),
        "untouched": sum(own.effect.moved == 0 and own.effect.estimate is not None for own in shown),
        "undefined": sum(own.effect.estimate is None for own in shown),
        **_numbers(found),
        "p_adjusted": None,
        "moved": "open",
        "cells": [
            {
                "domain": own.cell.found.domain,
                "model": own.cell.found.model,
                "effect": own.effect.id,
                "estimate": own.effect.estimate,
                "error": round(error, 6),
            }
            for own, error in known
        ],
    }


def _numbers(found: Pooled) -> dict[str, float | None]:
    values = {
        "estimate": found.mean.estimate,
        "low": found.mean.low,
        "high": found.mean.high,
        "p": found.p,
        "tau2": found.tau2,
        "predicted_low": found.low,
        "predicted_high": found.high,
    }
    return {name: None if math.isnan(value) else round(value, 6) for name, value in values.items()}


def _sentence(operator: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Which of an operator's handles moved over all cells."""
    own = [row for row in rows if row["operator"] == operator]
    tested = [row for row in own if row["p"] is not None]
    if not tested:
        return {"operator": operator, "sentence": f"{operator} has no contrast that two cells share."}
    parts = [
        f"{says} {_listed([row for row in tested if row['moved'] == way])}"
        for way, says in (("good", "moved"), ("bad", "moved the wrong way:"))
        if any(row["moved"] == way for row in tested)
    ]
    counted = f"{len(tested)} contrasts" if len(tested) > 1 else "one contrast"
    if not parts:
        nearest = min(tested, key=lambda row: row["p"])
        parts = [f"moved nothing that stands out of {counted}; what came nearest is {_listed([nearest])}"]
    return {"operator": operator, "sentence": f"{operator} {'; '.join(parts)}."}


def _listed(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{row['disposition'].replace('_', ' ')} ({row['variant']}) by"
        f" {interval(row['estimate'], row['low'], row['high'], signed=True)} over {row['k']} cells"
        for row in rows
    )
