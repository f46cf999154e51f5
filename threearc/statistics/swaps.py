"""Permutation tests over clusters: were the arms alike, swapping them within any cluster would change nothing."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from threearc.statistics.clusters import (
    Statistic,
    combined,
    difference_of_rates,
    difference_of_ratios,
    gradient,
    rate,
    ratio,
)

#: A test is left when so many draws were as extreme as what was observed; it looks after so many, and then whenever it
#: has four times as many.
ENOUGH, FIRST = 100, 500
#: Random bits of a word; words are drawn so many at a time, twice, or four times as many, so that most tests share
#: them.
BITS, SHARED = 64, 32
#: Ratios and differences of two, and of how many sums they are.
RATIOS: dict[Statistic, int] = {ratio: 2, rate: 2, difference_of_ratios: 4, difference_of_rates: 4}


def swap_test(arm: np.ndarray, base: np.ndarray, statistic: Statistic, draws: int, seed: int) -> float:
    """Two-sided p of no difference between two arms, from their cluster sums (c, k); see ``reversal_test``."""
    return reversal_test([base, arm], [-1.0, 1.0], statistic, draws, seed)


def reversal_test(
    arms: Sequence[np.ndarray], turns: Sequence[float], statistic: Statistic, draws: int, seed: int
) -> float:
    """Two-sided p of no trend over arms: turning their order round in any cluster would change nothing.

    Each draw turns a random half of the clusters round and computes the whole weighted statistic again, over its
    standard error in that draw. Studentised so, the test stays right where the arms differ in something else than what
    the statistic measures (an arm that hedges more, right or wrong, has moved no asymmetry); see Chung and Romano,
    Annals of Statistics 41 (2013). If the clusters that change can be turned in no more than ``draws`` ways, every way
    comes once. Else see ``sequential_p``.

    Args:
        arms: cluster sums (c, k) over the same clusters, in order.
        turns: weights of the arms' statistics.
    """
    rows = np.stack(arms).astype(float)
    # The last arm's are the first one's, turned round, and so on: one half of the arms says all.
    first = -(-len(rows) // 2)
    middle, gap = (np.hstack(list(half[:first])) for half in ((rows + rows[::-1]) / 2, (rows - rows[::-1]) / 2))
    if not gap.any():
        return float("nan") if np.isnan(combined(rows.sum(axis=1), turns, statistic)) else 1.0
    held, drawn = _by_kind(middle, gap)
    moved = int(drawn.sum())

    def studentised(swapped: np.ndarray, kinds: np.ndarray = held) -> np.ndarray:
        return _studentised(middle, gap, kinds, swapped, turns, statistic)

    unturned = drawn[:, None].astype(float)
    if 2**moved <= draws:
        observed = float(studentised(unturned)[0])
        ways = studentised(every_sign(moved), np.repeat(held, drawn, axis=0))
        return float("nan") if np.isnan(observed) else float(as_extreme(ways, observed).mean())
    # What was observed is computed together with the first draws, which are all that most tests take.
    start = slice(0, min(FIRST, draws))
    found = studentised(np.hstack([unturned, sign_sums(drawn, start, draws, seed)]))
    if np.isnan(found[0]):
        return float("nan")

    def null(draw: slice) -> np.ndarray:
        return found[1:] if draw == start else studentised(sign_sums(drawn, draw, draws, seed))

    return sequential_p(null, float(found[0]), draws)


def sequential_p(null: Callable[[slice], np.ndarray], observed: float, draws: int) -> float:
    """p of an observed value among as many random draws as it takes to know it.

    The observed value counts as one draw, so that p is never 0. As soon as ``ENOUGH`` draws are as extreme, p is their
    share of the draws so far, which is no less exact a test: Besag and Clifford, Biometrika 78 (1991). What is far from
    any bar is left early so.

    Args:
        null: the values of given draws.
    """
    extreme = np.zeros(0, dtype=bool)
    while len(extreme) < draws:
        draw = slice(len(extreme), min(max(FIRST, 4 * len(extreme)), draws))
        extreme = np.concatenate([extreme, as_extreme(null(draw), observed)])
        if extreme.sum() >= ENOUGH:
            return ENOUGH / float(1 + np.flatnonzero(extreme)[ENOUGH - 1])
    return float((1 + extreme.sum()) / (1 + draws))


def as_extreme(null: np.ndarray, observed: float) -> np.ndarray:
    """Which draws reach the observed value; those in which the statistic is undefined count against the effect."""
    return np.asarray(np.isnan(null) | (null >= observed * (1 - 1e-9)))


@lru_cache(maxsize=16)
def every_sign(clusters: int) -> np.ndarray:
    """All the ways to swap few clusters: (clusters, 2^clusters)."""
    ways = np.arange(2**clusters)
    chosen = 1.0 - 2.0 * ((ways[None, :] >> np.arange(clusters)[:, None]) & 1)
    chosen.flags.writeable = False
    return chosen


def sign_sums(counts: np.ndarray, draw: slice, draws: int, seed: int) -> np.ndarray:
    """Sums of as many random signs as ``counts`` (kinds,) says, (kinds, n), in some of all draws.

    A sign is −1 where a random bit is set: clusters that are alike need no sign each, only how many of them change
    sides, which is how many bits are set.
    """
    needed = -(-counts // BITS)
    ends = np.cumsum(needed)
    words = _words(SHARED << max(0, (int(ends[-1]) - 1) // SHARED).bit_length(), draws, seed)[: ends[-1], draw]
    # Of a kind's last word only as many bits count as there are clusters left.
    spare = np.zeros(int(ends[-1]), dtype=np.uint64)
    spare[ends - 1] = BITS * needed - counts
    turned = np.bitwise_count(words >> spare[:, None])
    if len(turned) > len(counts):
        turned = np.add.reduceat(turned, ends - needed, axis=0, dtype=np.int32)
    return np.asarray(counts[:, None] - 2.0 * turned)


@lru_cache(maxsize=8)
def _words(words: int, draws: int, seed: int) -> np.ndarray:
    """Random words (words, draws), read-only: fewer words are the first of more, so that tests share them."""
    drawn = np.random.default_rng(seed).integers(0, 2**BITS, size=(words, draws), dtype=np.uint64)
    drawn.flags.writeable = False
    return drawn


def _by_kind(middle: np.ndarray, gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows (kinds, 2, width) of middle and gap among clusters that change, and how often each comes."""
    moved = (gap != 0).any(axis=1)
    rows = np.ascontiguousarray(np.hstack([middle, gap])[moved])
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    return kinds.reshape(len(kinds), 2, middle.shape[1]), counts


def _studentised(
    middle: np.ndarray,
    gap: np.ndarray,
    kinds: np.ndarray,
    swapped: np.ndarray,
    turns: Sequence[float],
    statistic: Statistic,
) -> np.ndarray:
    """|weighted statistic| over its linearised standard error, (n,), in every draw at once.

    A cluster of an arm is middle + sign · gap, and of the arm opposite middle − sign · gap. A statistic of ratios has a
    gradient orthogonal to its sums, so that the clusters' linear shares add up to 0 and their squares to the variance.
    These shares are along · middle + sign · apart · gap, with the slopes of opposite arms added (along) and taken off
    each other (apart). Signs square to 1, so that what they change of the variance is one matrix of products, and
    clusters that are alike change it by the sum of their signs.

    Args:
        middle, gap: (c, h · k), of the first half of the arms; ``kinds``: rows of both, (m, 2, h · k).
        swapped: sums of the signs of each kind's clusters, (m, n).
    """
    width = middle.shape[1]
    crossed = (kinds[:, 0, :, None] * kinds[:, 1, None, :]).reshape(len(kinds), width * width)
    changed = np.hstack([kinds[:, 1], crossed]).T @ swapped
    cross = changed[width:].reshape(width, width, -1)
    slopes = _of_two if tuple(turns) == (-1.0, 1.0) and RATIOS.get(statistic) == width else _of_many
    value, along, apart = slopes(middle.sum(axis=0), changed[:width], turns, statistic)
    variance = np.einsum("in,in->n", (middle.T @ middle) @ along, along)
    variance += np.einsum("in,in->n", (gap.T @ gap) @ apart, apart)
    variance += 2 * np.einsum("in,in->n", along, np.einsum("ijn,jn->in", cross, apart))
    value[value < 1e-12] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised = value / np.sqrt(variance)
    # No variance: nothing moved, or every cluster moved by the same.
    flat = variance <= 1e-12 * value**2
    if flat.any():
        studentised[flat] = np.where(value[flat] == 0, 0.0, np.inf)
    studentised[value == 0] = 0.0
    return np.asarray(studentised)


def _of_many(
    whole: np.ndarray, shift: np.ndarray, turns: Sequence[float], statistic: Statistic
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """|weighted statistic|, (n,), and slopes of opposite arms added and taken off each other, (h · k, n)."""
    arms = len(turns)
    own, opposite = (np.split(whole + way * shift.T, -(-arms // 2), axis=1) for way in (1, -1))
    sums = [*own, *opposite[: arms // 2][::-1]]
    slopes = [turn * gradient(statistic, side).T for side, turn in zip(sums, turns, strict=True)]
    other = [*slopes[: -len(own) - 1 : -1]]
    if arms % 2:
        # The arm in the middle has no opposite.
        other[-1] = np.zeros_like(other[-1])
    along, apart = (np.vstack([s + way * o for s, o in zip(slopes, other, strict=False)]) for way in (1, -1))
    return np.abs(combined(sums, turns, statistic)), along, apart


def _of_two(
    whole: np.ndarray, shift: np.ndarray, turns: Sequence[float], statistic: Statistic
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of an arm less base and a ratio, or a difference of two: most tests are, and few steps do."""
    base, arm = whole[:, None] + shift, whole[:, None] - shift
    signs = np.array([[1.0], [-1.0]])[: len(whole) // 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        over_base, over_arm = signs / base[1::2], signs / arm[1::2]
        # A ratio's slopes are one over its second sum, and less itself over that.
        of_base, of_arm = base[0::2] / base[1::2], arm[0::2] / arm[1::2]
        value = np.abs((signs * (of_arm - of_base)).sum(axis=0))
        down_base, down_arm = of_base * over_base, of_arm * over_arm
    along, apart = np.empty_like(base), np.empty_like(base)
    np.subtract(over_arm, over_base, out=along[0::2])
    np.subtract(down_base, down_arm, out=along[1::2])
    np.negative(over_arm + over_base, out=apart[0::2])
    np.add(down_base, down_arm, out=apart[1::2])
    return value, along, apart
