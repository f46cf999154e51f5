"""Effects: every measure of an arm held against base, on the prompts that both arms answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from math import isnan
from typing import Any, NamedTuple, TypeVar

import numpy as np

from threearc.effects.arms import Arm
from threearc.effects.frames import Frame, alike, shared_failures
from threearc.effects.measures import Measure
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Contrast, Effect, Seeds, Target
from threearc.records.prompts import Split
from threearc.statistics.clusters import PAIRED, Combination, Interval, combined_intervals, unseen_shift
from threearc.statistics.mcnemar import exact_mcnemar, single_answers
from threearc.statistics.sparse import FEWEST_EVENTS
from threearc.statistics.swaps import swap_test

#: Tests of no difference, by the names that effects give them: whole clusters swap arms, or single pairs do.
SWAP, MCNEMAR = "cluster swap", "exact McNemar"
#: Of an entry or a prompt, or a decode seed.
Name = TypeVar("Name", str, int)
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


class Asked(NamedTuple):
    """One difference that is asked for.

    Attributes:
        sides: outcomes of the arm and of base; ``seeds`` and ``left_out``: which decode seeds these are of.
    """

    measure: Measure
    sides: Sequence[Frame]
    seeds: Seeds = "all"
    left_out: int | None = None


def effects(names: Contrast, every: Sequence[Asked], target: Target, plan: Plan) -> list[Effect]:
    """Differences of one arm and split, arm minus base, each with an interval and a test over clusters.

    The test is McNemar's where the clusters are single pairs of yes or no, else the swap test. Only answers that count
    in both arms are compared, seed by seed, so that a judgement that is missing on one side does not shift the other; a
    conditional measure takes each arm's own.
    """
    seed = seed_from(plan.seed, names.split)
    both = [aligned(asked.measure, asked.sides) for asked in every]
    combinations = [
        Combination(sides.sums, PAIRED, asked.measure.statistic)
        for asked, sides in zip(every, both, strict=True)
        if sides is not None
    ]
    intervals = iter(combined_intervals(combinations, plan.draws, plan.level, seed))
    return [
        described(
            names, asked.measure, target, plan, seeds=asked.seeds, left_out=asked.left_out, undefined=NOTHING_COUNTS
        )
        if sides is None
        else _effect(names, asked, sides, next(intervals), target, plan, seed)
        for asked, sides in zip(every, both, strict=True)
    ]


def _effect(
    names: Contrast, asked: Asked, both: "Sides", interval: Interval, target: Target, plan: Plan, seed: int
) -> Effect:
    measure, (arm_sums, base_sums) = asked.measure, both.sums
    part: dict[str, Any] = {"seeds": asked.seeds, "left_out": asked.left_out}
    if isnan(interval.estimate):
        return described(names, measure, target, plan, **part, undefined=EMPTY_GROUP)
    # An arm made of base's own text leaves its content alone everywhere, not only in these clusters. That a gate has
    # not fired in these says less of others, and in a handful nothing.
    derived = asked.sides[0].outcomes[0].response.derived_from is not None
    enough = measure.disposition is None or both.counting >= FEWEST_EVENTS
    untouched = both.moved == 0 and derived and measure.keep and enough
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
        **part,
        arm_value=known(measure.statistic(arm_sums.sum(axis=0))),
        unseen=_unseen(measure, both.total, plan.level, untouched),
        test=test,
        p=known(_p(test, arm_sums, base_sums, measure, plan, seed)) if tested(measure, asked.seeds) else None,
    )


@dataclass(frozen=True)
class Sides:
    """Arms on the same clusters, base the last of them.

    Attributes:
        clusters: their names, in order; ``sums``: cluster sums (c, k) of each arm.
        prompts: how many count.
    """

    clusters: tuple[str, ...]
    sums: Sequence[np.ndarray]
    prompts: int

    @cached_property
    def counting(self) -> int:
        """Clusters in which any answer counts."""
        return int((self.total[:, 1::2] > 0).any(axis=1).sum())

    @cached_property
    def moved(self) -> int:
        """Clusters in which any arm differs from base."""
        *arms, base = self.sums
        return int(reduce(np.logical_or, [(own != base).any(axis=1) for own in arms]).sum())

    @cached_property
    def total(self) -> np.ndarray:
        """The sums of all sides together, (c, k)."""
        return reduce(np.add, self.sums)


def aligned(measure: Measure, frames: Sequence[Frame]) -> Sides | None:
    """Cluster sums of what a measure reads, on the answers that count on every side; of a conditional one, on its own.

    Clusters are all entries of the frames, also those in which nothing counts: which do is drawn with them, and all
    measures of an arm share their draws.

    Args:
        frames: of arms, and of base at the end.

    Returns:
        None if a side has nothing that counts.
    """
    return summed([measure] * len(frames), frames, 0 if measure.conditional else len(frames))


def summed(measures: Sequence[Measure], frames: Sequence[Frame], deciding: int = 0) -> Sides | None:
    """Cluster sums of a measure on each frame; None where nothing counts in one of them.

    Args:
        deciding: only answers are taken that count in all of so many of the first frames, prompts where these have
            other decode seeds; with 0, all are.
    """
    counts = [measure.counts(frame) for measure, frame in zip(measures, frames, strict=True)]
    names, places = common([frame.prompts for frame in frames])
    several = 1
    if len({frame.unshifted[0] for frame in frames[:deciding]}) == 1:
        seeds, codes = common([frame.unshifted for frame in frames])
        several = len(seeds)
        places = [prompt * several + seed for prompt, seed in zip(places, codes, strict=True)]
    held = [_among(place[own], several * len(names)) for place, own in zip(places, counts, strict=True)]
    # Where all of a frame counts, its sums are known from other contrasts.
    whole = [True] * len(frames)
    if deciding:
        shared = np.logical_and.reduce(held[:deciding])
        whole = [not (own & ~shared).any() for own in held]
        counts = [own & shared[place] for own, place in zip(counts, places, strict=True)]
        held = [own & shared for own in held]
    if not all(own.any() for own in held):
        return None
    sums = [
        measure.sums(frame) if all_of_it else measure.sums_of(frame, own)
        for measure, frame, own, all_of_it in zip(measures, frames, counts, whole, strict=True)
    ]
    clusters, entries = common([(frame.entries[0], np.arange(len(frame.entries[0]))) for frame in frames])
    sums = [_spread(own, place, len(clusters)) for own, place in zip(sums, entries, strict=True)]
    return Sides(clusters, sums, int(np.logical_or.reduce(held).reshape(-1, several).any(axis=1).sum()))


def beside(first: Sides, second: Sides) -> Sides:
    """The sums of two measures of the same arms, side by side."""
    clusters, places = common([(own.clusters, np.arange(len(own.clusters))) for own in (first, second)])
    sums = [
        np.hstack([_spread(own, place, len(clusters)) for own, place in zip(pair, places, strict=True)])
        for pair in zip(first.sums, second.sums, strict=True)
    ]
    return Sides(clusters, sums, max(first.prompts, second.prompts))


def _among(places: np.ndarray, names: int) -> np.ndarray:
    """Which of so many names come, (names,)."""
    return np.asarray(np.bincount(places, minlength=names) > 0)


def _spread(sums: np.ndarray, places: np.ndarray, clusters: int) -> np.ndarray:
    """Sums (c, k) put in their places among more clusters, zero elsewhere."""
    if len(sums) == clusters:
        return sums
    every = np.zeros((clusters, sums.shape[1]))
    every[places] = sums
    return every


def common(
    coded: Sequence[tuple[tuple[Name, ...], np.ndarray]],
) -> tuple[tuple[Name, ...], list[np.ndarray]]:
    """Names in order, and each side's codes by them, from each side's own names and codes."""
    if all(names == coded[0][0] for names, _ in coded):
        return coded[0][0], [codes for _, codes in coded]
    every = tuple(sorted(set().union(*(names for names, _ in coded))))
    place = {name: i for i, name in enumerate(every)}
    return every, [np.array([place[name] for name in names], dtype=int)[codes] for names, codes in coded]


def tested(measure: Measure, seeds: Seeds = "all") -> bool:
    """Does a verdict read the test: one that none reads would only invite reading it uncorrected."""
    return (measure.primary or measure.keep or measure.regroups is not None) and seeds in ("all", "others")


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
        clusters=0 if sides is None else sides.counting,
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
    """How large a shift the clusters (c, k) may fail to show, by the smallest group that the statistic divides by.

    A cluster that counts in several groups may move all of them, each its own way.
    """
    if measure.reach is None:
        return None
    counts = sums[:, 1::2] > 0
    reach = measure.reach * max(1, int(counts.sum(axis=1).max()))
    return known(unseen_shift(int(counts.sum(axis=0).min()), reach, level))


def compared(measure: Measure, arms: Sequence[Arm], split: Split, seeds: Sequence[int] | None = None) -> list[Frame]:
    """The outcomes that a measure compares between arms on a split, base's at the end; of some decode seeds or all."""
    frames = [arm.frame(split, measure.turn, seeds) for arm in arms]
    if measure.name == "assertion_asymmetry_alike":
        return alike(frames)
    return shared_failures(frames) if measure.name == "recovery_shared" else frames


def known(value: float | np.ndarray) -> float | None:
    """A number as a record keeps it; None where it is not defined."""
    return None if isnan(value) else round(float(value), 10)
