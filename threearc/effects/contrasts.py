"""Effects: every measure of an arm held against base, on the prompts that both arms answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from threearc.effects.measures import Measure
from threearc.effects.outcomes import Arm, Outcome
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Contrast, Effect, Seeds, Target
from threearc.records.prompts import Split
from threearc.statistics.clusters import Interval, cluster_sums, paired_interval, swap_test, unseen_shift
from threearc.statistics.mcnemar import exact_mcnemar, single_answers

#: Tests of no difference, by the names that effects give them: whole clusters swap arms, or single pairs do.
SWAP, MCNEMAR = "cluster swap", "exact McNemar"


@dataclass(frozen=True)
class Plan:
    """How effects are computed: draws of bootstrap and of permutation test, confidence level, seed."""

    draws: int
    permutations: int
    level: float
    seed: int


def contrast(arm: Arm, base: Arm, split: Split, domain: str, model: str) -> Contrast:
    """The names of an arm and of its base on one split."""
    condition = arm.first.setup.condition
    return Contrast(
        domain=domain,
        model=model,
        operator=condition.operator,
        variant=condition.variant,
        role=condition.role,
        dose=condition.dose,
        split=split,
        arm_condition=arm.condition_id,
        base_condition=base.condition_id,
    )


def effect(
    names: Contrast,
    measure: Measure,
    arm: Sequence[Outcome],
    base: Sequence[Outcome],
    target: Target,
    plan: Plan,
    seeds: Seeds = "all",
) -> Effect:
    """One measure's difference, arm minus base, with an interval and a test over clusters.

    The test is McNemar's where the clusters are single pairs of yes or no, else the swap test. Only prompts that count
    in both arms are compared, so that a judgement that is missing on one side does not shift the other; a conditional
    measure takes each arm's own.

    Args:
        seeds: which decode seeds the given outcomes are of.
    """
    a, b = measure.table(arm), measure.table(base)
    if not measure.conditional:
        shared = set(a.prompts) & set(b.prompts)
        a, b = a.only(shared), b.only(shared)
    clusters = sorted({*a.clusters, *b.clusters})
    if not a.prompts or not b.prompts:
        return _undefined(names, measure, target, plan, seeds, "no answer counts in one of the arms")
    arm_sums, base_sums = (cluster_sums(table.columns, table.clusters, clusters) for table in (a, b))
    seed = seed_from(plan.seed, names.split)
    interval = paired_interval(arm_sums, base_sums, measure.statistic, plan.draws, plan.level, seed)
    if isnan(interval.estimate):
        return _undefined(names, measure, target, plan, seeds, "a group that the measure divides by is empty")
    moved = int((arm_sums != base_sums).any(axis=1).sum())
    # An arm made of base's own text leaves alone what it leaves alone everywhere, not only in these clusters.
    untouched = moved == 0 and arm[0].response.derived_from is not None
    if untouched:
        interval = Interval(0.0, 0.0, 0.0, plan.level)
    test = MCNEMAR if single_answers(arm_sums, base_sums) else SWAP
    # A test that no verdict reads would only invite reading it uncorrected; its interval says enough.
    tested = (measure.primary or measure.keep) and seeds == "all"
    return Effect(
        contrast=names,
        target=target,
        seeds=seeds,
        measure=measure.name,
        disposition=measure.disposition,
        arm_value=_known(float(measure.statistic(arm_sums.sum(axis=0)))),
        base_value=_known(float(measure.statistic(base_sums.sum(axis=0)))),
        estimate=_known(interval.estimate),
        low=_known(interval.low),
        high=_known(interval.high),
        level=plan.level,
        n=len({*a.prompts, *b.prompts}),
        clusters=len(clusters),
        moved=moved,
        unseen=_unseen(measure, arm_sums + base_sums, plan.level, untouched),
        test=test,
        p=_known(_p(test, arm_sums, base_sums, measure, plan, seed)) if tested else None,
    )


def _p(test: str, arm: np.ndarray, base: np.ndarray, measure: Measure, plan: Plan, seed: int) -> float:
    if test == MCNEMAR:
        return exact_mcnemar(arm, base)
    return swap_test(arm, base, measure.statistic, plan.permutations, seed)


def _unseen(measure: Measure, sums: np.ndarray, level: float, untouched: bool) -> float | None:
    """How large a shift the clusters (c, k) may fail to show, by the smallest group that the statistic divides by."""
    if measure.reach is None:
        return None
    if untouched:
        return 0.0
    return _known(unseen_shift(int((sums[:, 1::2] > 0).sum(axis=0).min()), measure.reach, level))


def _undefined(names: Contrast, measure: Measure, target: Target, plan: Plan, seeds: Seeds, why: str) -> Effect:
    return Effect(
        contrast=names,
        target=target,
        seeds=seeds,
        measure=measure.name,
        disposition=measure.disposition,
        arm_value=None,
        base_value=None,
        estimate=None,
        low=None,
        high=None,
        level=plan.level,
        n=0,
        clusters=0,
        moved=0,
        unseen=None,
        test=SWAP,
        p=None,
        undefined=why,
    )


def shared_failures(arm: Sequence[Outcome], base: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Second answers of both arms to the (prompt, decode seed) pairs that both failed at first."""
    keys = {_question(o) for o in arm} & {_question(o) for o in base}
    return [o for o in arm if _question(o) in keys], [o for o in base if _question(o) in keys]


def _question(outcome: Outcome) -> tuple[str, int]:
    return outcome.prompt.id, outcome.response.decode_seed


def _known(value: float) -> float | None:
    return None if isnan(value) else round(value, 10)
