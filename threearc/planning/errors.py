"""Standard errors of the engine's differences, arm less base, from binomial variances and design effects.

Answers of one entry are alike, and so are an arm's and base's answers to one prompt. Both are taken for correlations of
0/1 variables that multiply: an arm's answer and base's answer under another decode seed correlate by the product. The
statistic of asymmetry is linearised; its four sums covary by class (right or wrong) in every pair of answers.
"""

from collections.abc import Sequence
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
    alike = assumed.agreement(derived)
    if kind == "asymmetry":
        return _asymmetry(sample, assumed, shift, alike)
    if kind == "recovery":
        share *= both_fail(assumed)
        variance = _flipped(assumed.recovery_rate, assumed.recovery_rate + shift, alike)
    elif kind == "content":
        variance = _flipped(assumed.accuracy, assumed.accuracy - shift, alike)
    else:
        # Nothing tells a derived arm from base but the answers that moved, by the whole scale at worst.
        moved = min(shift / AXIS_REACH, 1.0)
        spread = 2 * assumed.axis_sd**2 * (1 - alike)
        variance = AXIS_REACH**2 * moved * (1 - moved) if derived else spread
    counted = sample.answers * share
    return sqrt(variance * design_effect(sample, assumed, share) / counted) if counted else float("inf")


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


def _flipped(base: float, arm: float, alike: float) -> float:
    """Variance of the difference of two 0/1 variables of these means.

    Args:
        alike: their correlation where the means are equal; 1 leaves the variance that the means enforce.
    """
    arm = min(max(arm, 0.0), 1.0)
    return base * (1 - base) + arm * (1 - arm) - 2 * alike * _most_alike(base, arm)


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


def _asymmetry(sample: Sample, assumed: Assumptions, shift: float, alike: float) -> float:
    right, rate = assumed.accuracy, assumed.assertion_rate
    if not (0 < right < 1 and sample.answers):
        return float("inf")
    moved = max(rate - shift, 0.0)
    own, base = (_spread(moved), _spread(rate)), (_spread(rate), _spread(rate))
    # Hedging what base asserted leaves the arms less alike than they were, among wrong answers.
    kept = _most_alike(rate, moved) / (own[0] * base[0]) if own[0] * base[0] else 0.0
    covariance = _covariance(right, alike, (alike * kept, alike), own, base)

    def difference(within: float) -> float:
        """Covariance of the differences of two answers that correlate by ``within``."""
        each = sum(_covariance(right, within, (within, within), arm, arm) for arm in (own, base))
        return each - 2 * _covariance(right, alike * within, (alike * kept * within, alike * within), own, base)

    single = sum(_covariance(right, 1.0, (1.0, 1.0), arm, arm) for arm in (own, base)) - 2 * covariance
    seeds = (sample.seeds - 1) * difference(assumed.seed_correlation)
    entries = (sample.prompts - 1) * sample.seeds * difference(assumed.entry_correlation)
    return sqrt(max(single + seeds + entries, 0.0) / sample.answers)


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
