"""Dose trend: more of a treatment must do more (ERRATA row 23).

It binds claims of movement only. Arms that differ in dose only, with base at dose 0, give a slope of the measure over
the dose; its draws take the same entries in every arm.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from threearc.effects.measures import Measure
from threearc.effects.outcomes import Arm
from threearc.guards.claimed import claims, compared
from threearc.guards.protocol import Evidence
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.clusters import Interval, Statistic, cluster_sums, percentile_interval, resample
from threearc.statistics.wording import interval

NAME = "dose_trend"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm and disposition that moved on eval: p of the slope over the doses of its variant, in the good direction.

    A variant with one dose has no slope.
    """
    bar = evidence.bars["trend_p"]
    for arm, measure, _ in claims(evidence):
        curve = curve_of(evidence, arm)
        doses = {dose for dose, _ in curve if dose > 0}
        if len(doses) < 2:
            why = "The arm has no dose, or is the only one of its variant that has one."
            yield evidence.result(NAME, BINDS, "not applicable", why, arm=arm, disposition=measure.disposition)
            continue
        found = _slope(evidence, measure, curve)
        if found is None:
            why = f"{measure.name} is not defined at every dose, or hardly any entry counts in all of them."
            yield evidence.result(NAME, BINDS, "cannot run", why, arm=arm, disposition=measure.disposition)
            continue
        slope, p = found
        outcome: GuardOutcome = "pass" if p <= bar else "fail"
        sentence = (
            f"{measure.name} moves by {interval(slope.estimate, slope.low, slope.high, signed=True)} per unit of dose"
            f" over {len(doses)} doses and base (p = {p:.2g}, one-sided)."
        )
        yield evidence.result(
            NAME, BINDS, outcome, sentence, arm=arm, disposition=measure.disposition, figure=p, bar=bar
        )


def curve_of(evidence: Evidence, arm: Arm) -> list[tuple[float, Arm]]:
    """Base and the arms that differ from an arm in dose only, with their doses; empty for an arm without a dose."""
    curve = [
        (other.first.setup.condition.dose or 0.0, other)
        for other in evidence.arms.values()
        if _but_dose(other) == _but_dose(arm) and other.first.setup.condition.dose is not None
    ]
    return [(0.0, evidence.base), *curve] if any(other is arm for _, other in curve) else []


def _but_dose(arm: Arm) -> tuple[str, str, str, int | None]:
    setup = arm.first.setup
    condition = setup.condition
    return condition.operator, condition.variant, condition.role, setup.train_seed


def _slope(evidence: Evidence, measure: Measure, curve: Sequence[tuple[float, Arm]]) -> tuple[Interval, float] | None:
    tables = [measure.table(compared(measure, arm, evidence.base)[0]) for _, arm in curve]
    if not measure.conditional:
        shared = set.intersection(*(set(table.prompts) for table in tables))
        tables = [table.only(shared) for table in tables]
    if not all(table.prompts for table in tables):
        return None
    clusters = sorted({cluster for table in tables for cluster in table.clusters})
    sums = [cluster_sums(table.columns, table.clusters, clusters) for table in tables]
    plan = evidence.plan
    seed = seed_from(plan.seed, "eval")
    slope, p = trend([dose for dose, _ in curve], sums, measure.statistic, measure.good, plan.draws, plan.level, seed)
    return None if np.isnan(slope.low) else (slope, p)


def trend(
    doses: Sequence[float],
    sums: Sequence[np.ndarray],
    statistic: Statistic,
    good: int,
    draws: int,
    level: float,
    seed: int,
) -> tuple[Interval, float]:
    """Least-squares slope of a statistic over doses, and the share of its draws that do not go the good way.

    Args:
        doses: of each arm, not all the same.
        sums: each arm's cluster sums (c, k), over the same clusters.
        good: +1 or −1.
    """
    centred = np.asarray(doses, dtype=float) - np.mean(doses)
    pull = centred / (centred**2).sum()
    weights = resample(len(sums[0]), draws, seed)
    point = sum(w * float(statistic(own.sum(axis=0))) for w, own in zip(pull, sums, strict=True))
    drawn = np.sum([w * statistic(weights @ own) for w, own in zip(pull, sums, strict=True)], axis=0)
    # Draws in which the slope is undefined count against it; the observed slope counts as one draw.
    p = (1 + int((~(drawn * good > 0)).sum())) / (1 + draws)
    return percentile_interval(float(point), drawn, level), p
