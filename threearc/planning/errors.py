"""Standard errors of the engine's differences, arm less base, from the variances of pairs and what they have in common.

Answers of one prompt and of one entry are alike, and base's and an arm's are draws from the same: what they share drops
out of the difference, so that differences of two seeds are hardly alike (``Assumptions.kept``). Correlations of 0/1
variables multiply. The statistic of asymmetry is linearised; its four sums covary by class (right or wrong) in every
pair of answers.
"""

from collections.abc import Callable, Sequence
from math import prod, sqrt

from threearc.planning.assumptions import Assumptions, Kind, Sample

#: Axes are scored from 1 to 5.
AXIS_REACH = 4.0


def standard_error(
    kind: Kind, sample: Sample, assumed: Assumptions, *, shift: float = 0.0, derived: bool = False, share: float = 1.0
) -> float:
    """Standard error of arm less base.

    Args:
        shift: how far the arm truly moves, in the good direction; an arm moved far varies otherwise than base.
        derived: the arm's text is base's own, so that nothing but the shift tells them apart.
        share: of the answers, those that count.

    Returns:
        In the measure's unit; infinite where no answer counts.
    """
    if kind == "asymmetry" and not 0 < assumed.accuracy < 1:
        return float("inf")
    if kind == "recovery":
        share *= both_fail(assumed)
    counted = sample.answers * share
    if not counted:
        return float("inf")
    difference = _difference(kind, assumed, shift, derived)
    kept = assumed.kept(derived)

    def likeness(correlation: float) -> float:
        # Answers that count come together: of one's companions this share counts too.
        return difference(correlation, kept * correlation) * (share + correlation * (1 - share))

    variance = difference(1.0, assumed.agreement(derived)) + (sample.seeds - 1) * likeness(assumed.seed_correlation)
    variance += (sample.prompts - 1) * sample.seeds * likeness(assumed.entry_correlation)
    return sqrt(max(variance, 0.0) / counted)


def _difference(kind: Kind, assumed: Assumptions, shift: float, derived: bool) -> Callable[[float, float], float]:
    """Covariance of arm less base in two pairs of answers.

    They correlate by the first number within an arm, and by the second between the arms; with 1 and the correlation of
    a pair it is a pair's variance.
    """
    if kind == "asymmetry":
        return _asymmetry(assumed, shift)
    if kind == "axis":
        # Nothing tells a derived arm from base but the answers that moved, by the whole scale at worst.
        moved = min(shift / AXIS_REACH, 1.0) if derived else 0.0
        return lambda within, across: (
            2 * assumed.axis_sd**2 * (within - across) + AXIS_REACH**2 * moved * (1 - moved) * within
        )
    base, way = (assumed.recovery_rate, 1) if kind == "recovery" else (assumed.accuracy, -1)
    arm = min(max(base + way * shift, 0.0), 1.0)
    own = base * (1 - base) + arm * (1 - arm)
    return lambda within, across: within * own - 2 * across * _most_alike(base, arm)


def groups(sample: Sample, assumed: Assumptions, share: float) -> int:
    """Entries to expect with at least one answer, of either arm, of a kind that a ``share`` of all answers is."""
    # The other arm's answers are as new as they differ from base's.
    arms = 2 / (1 + assumed.agreement(False))
    return int(sample.entries * touched(sample, assumed, [share], arms) + 1e-9)


def touched(sample: Sample, assumed: Assumptions, shares: Sequence[float], arms: float = 1.0) -> float:
    """Probability that an entry has an answer of several features at once; such answers are taken to be beta-binomial.

    Args:
        shares: of the answers, those with each feature; features have nothing to do with one another, but each comes
            together in the answers of a prompt and of an entry.
        arms: whose answers count.
    """
    share, others = prod(shares), sample.prompts * sample.seeds - 1
    if not 0 < share < 1:
        return min(max(share, 0.0), 1.0)

    def likeness(correlation: float) -> float:
        both = prod(own**2 + correlation * own * (1 - own) for own in shares)
        return (both - share**2) / (share * (1 - share))

    seeds = (sample.seeds - 1) * likeness(assumed.seed_correlation)
    entries = (sample.prompts - 1) * sample.seeds * likeness(assumed.entry_correlation)
    mean, answers = (seeds + entries) / others if others > 0 else 0.0, round((others + 1) * arms)
    if mean <= 0 or mean >= 1:
        return 1 - (1 - share) ** (answers if mean <= 0 else 1)
    total = 1 / mean - 1
    return 1 - prod(((1 - share) * total + i) / (total + i) for i in range(answers))


def _most_alike(base: float, arm: float) -> float:
    """The largest covariance of two 0/1 variables of these means."""
    return min(base, arm) - base * arm


def both_fail(assumed: Assumptions) -> float:
    """Share of the questions that base and an arm that answers for itself both fail."""
    wrong = 1 - assumed.accuracy
    return wrong**2 + assumed.agreement(False) * assumed.accuracy * wrong


def design_effect(sample: Sample, assumed: Assumptions, share: float) -> float:
    """By how much the likeness of answers of one prompt and entry swells a variance; of answers that count alone."""

    def companions(correlation: float) -> float:
        # Answers that count come together: of one's companions this share counts too.
        return correlation * (share + correlation * (1 - share))

    seeds = (sample.seeds - 1) * companions(assumed.seed_correlation)
    return 1 + seeds + (sample.prompts - 1) * sample.seeds * companions(assumed.entry_correlation)


def _asymmetry(assumed: Assumptions, shift: float) -> Callable[[float, float], float]:
    right, rate = assumed.accuracy, assumed.assertion_rate
    moved = max(rate - shift, 0.0)
    own, base = (_spread(moved), _spread(rate)), (_spread(rate), _spread(rate))
    # Hedging what base asserted leaves the arms less alike than they were, among wrong answers.
    kept = _most_alike(rate, moved) / (own[0] * base[0]) if own[0] * base[0] else 0.0

    def difference(within: float, across: float) -> float:
        each = sum(_covariance(right, within, (within, within), arm, arm) for arm in (own, base))
        return each - 2 * _covariance(right, across, (across * kept, across), own, base)

    return difference


def _spread(rate: float) -> float:
    return sqrt(rate * (1 - rate))


def _covariance(
    right: float,
    classes: float,
    delivery: tuple[float, float],
    one: tuple[float, float],
    other: tuple[float, float],
) -> float:
    """Covariance of two answers' linear shares in P(assert | wrong) − P(assert | right).

    Args:
        classes: correlation of their correctness; ``delivery``: of their delivery, where wrong and where right.
        one, other: standard deviations of their delivery, where wrong and where right.
    """
    wrong = 1 - right
    together = classes * right * wrong
    mixed = sqrt(delivery[0] * delivery[1]) * (one[0] * other[1] + one[1] * other[0])
    return (
        (wrong**2 + together) * delivery[0] * one[0] * other[0] / wrong**2
        + (right**2 + together) * delivery[1] * one[1] * other[1] / right**2
        - (right * wrong - together) * mixed / (right * wrong)
    )
