"""Effects: every measure of an arm held against base, on the prompts that both arms answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from threearc.effects.measures import Measure, Table
from threearc.effects.outcomes import Arm, Outcome
from threearc.operators.base import unshifted
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Contrast, Effect, Seeds, Target
from threearc.records.prompts import Split
from threearc.statistics.clusters import Interval, cluster_sums, paired_interval, swap_test, unseen_shift
from threearc.statistics.mcnemar import exact_mcnemar, single_answers

#: Tests of no difference, by the names that effects give them: whole clusters swap arms, or single pairs do.
SWAP, MCNEMAR = "cluster swap", "exact McNemar"
#: Why an effect is not defined.
NOTHING_COUNTS = "no answer counts in one of the arms"
EMPTY_GROUP = "a group that the measure divides by is empty"


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
    tables: tuple[Table, Table] | None = None,
) -> Effect:
    """One measure's difference, arm minus base, with an interval and a test over clusters.

    The test is McNemar's where the clusters are single pairs of yes or no, else the swap test. Only prompts that count
    in both arms are compared, so that a judgement that is missing on one side does not shift the other; a conditional
    measure takes each arm's own.

    Args:
        seeds: which decode seeds the given outcomes are of.
        tables: the measure's of both sides, where they are known.
    """
    both = aligned(measure, [arm, base], tables)
    if both is None:
        return described(names, measure, target, plan, seeds=seeds, undefined=NOTHING_COUNTS)
    arm_sums, base_sums = both.sums
    seed = seed_from(plan.seed, names.split)
    interval = paired_interval(arm_sums, base_sums, measure.statistic, plan.draws, plan.level, seed)
    if isnan(interval.estimate):
        return described(names, measure, target, plan, seeds=seeds, undefined=EMPTY_GROUP)
    # An arm made of base's own text leaves alone what it leaves alone everywhere, not only in these clusters.
    untouched = both.moved == 0 and arm[0].response.derived_from is not None
    if untouched:
        interval = Interval(0.0, 0.0, 0.0, plan.level)
    test = MCNEMAR if single_answers(arm_sums, base_sums) else SWAP
    return described(
        names,
        measure,
        target,
        plan,
        both,
        interval,
        seeds=seeds,
        arm_value=known(measure.statistic(arm_sums.sum(axis=0))),
        unseen=_unseen(measure, both.total, plan.level, untouched),
        test=test,
        p=known(_p(test, arm_sums, base_sums, measure, plan, seed)) if tested(measure, seeds) else None,
    )


@dataclass(frozen=True)
class Sides:
    """Arms on the same clusters, base the last of them.

    Attributes:
        sums: cluster sums (c, k) of each.
        prompts: how many count.
    """

    sums: Sequence[np.ndarray]
    prompts: int

    @property
    def moved(self) -> int:
        """Clusters in which any arm differs from base."""
        return int(np.any([(own != self.sums[-1]).any(axis=1) for own in self.sums[:-1]], axis=0).sum())

    @property
    def total(self) -> np.ndarray:
        """The sums of all sides together, (c, k)."""
        added: np.ndarray = np.sum(self.sums, axis=0)
        return added


def aligned(
    measure: Measure, sides: Sequence[Sequence[Outcome]], tables: Sequence[Table] | None = None
) -> Sides | None:
    """Cluster sums of what a measure reads, on the prompts that count on every side; of a conditional one, on its own.

    Args:
        sides: outcomes of arms, and of base at the end.
        tables: the measure's of them, where they are known.

    Returns:
        None if a side has nothing that counts.
    """
    if tables is None:
        tables = [measure.table(side) for side in sides]
    if not measure.conditional and any(table.prompts != tables[0].prompts for table in tables):
        shared = set.intersection(*(set(table.prompts) for table in tables))
        tables = [table.only(shared) for table in tables]
    if not all(table.prompts for table in tables):
        return None
    clusters = sorted({cluster for table in tables for cluster in table.clusters})
    sums = [cluster_sums(table.columns, table.clusters, clusters) for table in tables]
    return Sides(sums, len({prompt for table in tables for prompt in table.prompts}))


def tested(measure: Measure, seeds: Seeds = "all") -> bool:
    """Does a verdict read the test: one that none reads would only invite reading it uncorrected."""
    return (measure.primary or measure.keep) and seeds == "all"


def described(
    names: Contrast,
    measure: Measure,
    target: Target,
    plan: Plan,
    sides: Sides | None = None,
    found: Interval | None = None,
    **more: Any,
) -> Effect:
    """The record of an effect, or of one that is not defined: ``more`` says why, or what else is known."""
    base = None if sides is None else known(measure.statistic(sides.sums[-1].sum(axis=0)))
    values = {} if found is None else {name: known(getattr(found, name)) for name in ("estimate", "low", "high")}
    own = {"arm_value": None, "estimate": None, "low": None, "high": None, "unseen": None, "test": SWAP, "p": None}
    return Effect(
        contrast=names,
        target=target,
        measure=measure.name,
        disposition=measure.disposition,
        base_value=base,
        level=plan.level,
        n=0 if sides is None else sides.prompts,
        clusters=0 if sides is None else len(sides.sums[-1]),
        moved=0 if sides is None else sides.moved,
        **(own | values | more),
    )


def _p(test: str, arm: np.ndarray, base: np.ndarray, measure: Measure, plan: Plan, seed: int) -> float:
    if test == MCNEMAR:
        return exact_mcnemar(arm, base)
    return swap_test(arm, base, measure.statistic, plan.permutations, seed)


def _unseen(measure: Measure, sums: np.ndarray, level: float, untouched: bool) -> float | None:
    return 0.0 if untouched and measure.reach is not None else need_not_show(measure, sums, level)


def need_not_show(measure: Measure, sums: np.ndarray, level: float) -> float | None:
    """How large a shift the clusters (c, k) may fail to show, by the smallest group that the statistic divides by."""
    if measure.reach is None:
        return None
    return known(unseen_shift(int((sums[:, 1::2] > 0).sum(axis=0).min()), measure.reach, level))


def compared(measure: Measure, arms: Sequence[Arm], split: Split) -> list[list[Outcome]]:
    """The outcomes that a measure compares between arms on a split, base's at the end."""
    sides = [arm.split(split, measure.turn) for arm in arms]
    return failures_of_all(sides) if measure.name == "recovery_shared" else sides


def failures_of_all(sides: Sequence[Sequence[Outcome]]) -> list[list[Outcome]]:
    """Second answers of every side to the (prompt, decode seed) pairs that all failed at first."""
    keys = set.intersection(*({_question(o) for o in side} for side in sides))
    return [[o for o in side if _question(o) in keys] for side in sides]


def shared_failures(arm: Sequence[Outcome], base: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Second answers of both arms to the (prompt, decode seed) pairs that both failed at first.

    An A/A arm's own seeds stand for those of base, one by one.
    """
    first, second = failures_of_all([arm, base])
    return first, second


def _question(outcome: Outcome) -> tuple[str, int]:
    return outcome.prompt.id, unshifted(outcome.response)


def known(value: float | np.ndarray) -> float | None:
    """A number as a record keeps it; None where it is not defined."""
    return None if isnan(value) else round(float(value), 10)
