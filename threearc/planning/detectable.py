"""What n can settle: the power of the verdict *moves cleanly*, and the effect that it finds four times in five.

Normal approximations of the conditions in ``threearc.verdicts.facts``, split by split. Eval and fresh prompts are other
entries, and content that stays tells nothing of a movement, so that powers multiply. Guards are taken to pass.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, inf, log2, prod, sqrt
from statistics import NormalDist

import numpy as np

from threearc.planning.assumptions import Assumptions, Kind, Sample
from threearc.planning.errors import AXIS_REACH, both_fail, design_effect, groups, standard_error, touched
from threearc.statistics.clusters import unseen_shift
from threearc.statistics.families import normal_quantile
from threearc.statistics.sparse import FEWEST_EVENTS

POWER = 0.8
NORMAL = NormalDist()
#: Of the unit interval cut into equal pieces: means over them stand for integrals.
MIDPOINTS = (np.arange(64) + 0.5) / 64


@dataclass(frozen=True)
class Kept:
    """What must not fall for a clean movement.

    Attributes:
        kind: content for shares of answers, axis for scores.
        share: of the answers, those that it is read off.
        samples: by split where it must not fall; None for those of the primary measure.
    """

    kind: Kind = "content"
    share: float = 1.0
    samples: Mapping[str, Sample] | None = None


#: What every verdict's claim must leave as it was.
CONTENT = (Kept(),)


@dataclass(frozen=True)
class Setting:
    """A contrast before it is measured.

    Attributes:
        kind: the primary measure's.
        samples: by split; ``fresh`` and ``benchmark`` may be missing.
        family: tests that share Holm's correction. The first step of it is reckoned with: nothing else moves.
        margins: config analysis.margins.
        derived: the arm's text is base's own, as a sidecar's is.
        kept: what must not fall.
        least_seeds: decode seeds that a claim needs (config analysis.guards.seeds).
        claims: movements that share the correction where claims are looked at again.
    """

    kind: Kind
    samples: Mapping[str, Sample]
    assumed: Assumptions
    margins: Mapping[str, float]
    family: int = 1
    level: float = 0.95
    derived: bool = False
    kept: Sequence[Kept] = CONTENT
    least_seeds: int = 1
    claims: int = 1

    @property
    def margin(self) -> float:
        """The primary measure's."""
        return self.margins[self.kind]

    @property
    def room(self) -> float:
        """The largest movement in the good direction that base leaves room for."""
        assumed = self.assumed
        rooms = {"asymmetry": assumed.assertion_rate, "axis": AXIS_REACH, "content": assumed.accuracy}
        return rooms.get(self.kind, 1 - assumed.recovery_rate)

    def error(self, split: str, shift: float = 0.0) -> float:
        """Standard error of the primary measure on a split."""
        return standard_error(self.kind, self.samples[split], self.assumed, shift=shift, derived=self.derived)


def detectable(
    kind: Kind,
    samples: Mapping[str, Sample],
    assumed: Assumptions,
    margins: Mapping[str, float],
    *,
    family: int = 1,
    claims: int = 1,
    level: float = 0.95,
    derived: bool = False,
    kept: Sequence[Kept] = CONTENT,
    power: float = POWER,
) -> float:
    """The smallest true movement of which the engine says *moves cleanly* with the given power.

    It moves eval and fresh prompts by as much, leaves content alone, and guards pass: the movement stands out on eval
    after Holm's correction and its estimate is beyond the margin; it stands out without any one decode seed, and on
    fresh prompts, after correction over all claims; and the intervals of all that must stay exclude a loss of their
    margin.

    Args:
        kind: of the primary measure: asymmetry, axis or recovery.
        samples: of one arm, by split; ``fresh`` and ``benchmark`` where they are answered.
        assumed: how the student answers.
        margins: config analysis.margins.
        family: tests that share the correction for multiplicity; ``claims``: those of them that move.
        level: of intervals; one less it is the level of tests.
        derived: the arm's text is base's own, as a sidecar's is, so that content cannot fall.
        kept: what must not fall.

    Returns:
        In the measure's unit, always positive; infinite where no movement that base leaves room for has this power,
        for one because content cannot be shown to be kept by so few entries.
    """
    setting = Setting(kind, samples, assumed, margins, family, level, derived, kept, claims=claims)
    return smallest(setting, partial(clean_power, setting), power)


def clean_power(setting: Setting, shift: float) -> float:
    """Probability of *moves cleanly* for a true movement of ``shift``."""
    fresh = fresh_power(setting, shift) if "fresh" in setting.samples else 0.0
    return claim_power(setting, shift) * fresh * kept_power(setting)


def claim_power(setting: Setting, shift: float) -> float:
    """Probability that a movement stands out on eval as it must, and without any one decode seed too.

    By how far what is left without a seed lies from the whole has nothing to do with the whole; that two seeds carry it
    at once is left out, as it never happens to two of two and rarely to two of more.
    """
    from scipy.special import ndtr, ndtri

    sample, gain = setting.samples["eval"], gain_power(setting, shift)
    if sample.seeds < setting.least_seeds:
        return 0.0
    if sample.seeds == 1:
        return gain
    fewer = replace(setting, samples={"eval": replace(sample, seeds=sample.seeds - 1)})
    if setting.derived:
        return min(gain, _moved_without_any(setting, fewer, shift))
    error, left = (own.error("eval", shift) for own in (setting, fewer))
    apart, again = sqrt(max(left**2 - error**2, 0.0)), _again_bar(setting, sample, left)
    # Below this one seed of so many carries it for sure.
    bar = max(_gain_bar(setting, error), again + apart * NORMAL.inv_cdf(1 - 1 / sample.seeds))
    beyond = _above(shift, bar, error)
    if not (apart and beyond):
        return beyond
    estimates = shift - error * ndtri(beyond * MIDPOINTS)
    return beyond * float(1 - sample.seeds * ndtr((again - estimates) / apart).mean())


def gain_power(setting: Setting, shift: float, split: str = "eval") -> float:
    """Probability that a movement stands out on a split after correction, with an estimate beyond the margin."""
    error = setting.error(split, shift)
    if setting.derived:
        least = _fewest_moved(setting.family, setting.level)
        return min(_moved(setting, split, shift, least), _above(shift, setting.margin, error))
    return _above(shift, _gain_bar(setting, error), error)


def _gain_bar(setting: Setting, error: float) -> float:
    """What an estimate must exceed to stand out after correction, beyond the margin."""
    return max(normal_quantile(setting.level, setting.family) * error, setting.margin)


def _again_bar(setting: Setting, sample: Sample, error: float) -> float:
    """What the estimate of a claim that is looked at again must exceed."""
    return max(normal_quantile(setting.level, setting.claims), _half(setting.level, sample)) * error


def _fewest_moved(family: int, level: float) -> int:
    """Entries, all moved one way, that a test needs: swaps of m entries put all on one side as often as 2^(1 − m)."""
    return 1 + ceil(log2(family / (1 - level)))


def fresh_power(setting: Setting, shift: float) -> float:
    """Probability that it stands out on fresh prompts too, by an interval that reaches beyond the margin."""
    error, sample = setting.error("fresh", shift), setting.samples["fresh"]
    half = _half(setting.level, sample) * error
    if setting.derived:
        # The interval is widened by what an answer more each way would change. Where all of m entries moved one way, by
        # f answers each, it leaves out zero from m² = z² (m + c) on, c the square of an answer's weight over f.
        quantile, weight = _half(setting.level, sample), _widening(setting, shift)
        least = ceil((quantile**2 + quantile * sqrt(quantile**2 + 4 * weight)) / 2)
        least = max(least, _fewest_moved(setting.claims, setting.level))
        return min(_moved(setting, "fresh", shift, least), _above(shift, setting.margin - half, error))
    return _above(shift, max(_again_bar(setting, sample, error), setting.margin - half), error)


def _moved_without_any(setting: Setting, fewer: Setting, shift: float) -> float:
    """Probability that enough entries of base's own text moved on eval without any one decode seed."""
    one = _moved(fewer, "eval", shift, _fewest_moved(setting.claims, setting.level))
    whole, left = (touched(own.samples["eval"], setting.assumed, _moving(setting, shift)) for own in (setting, fewer))
    # Leaving out one seed moves mostly the entries that leaving out another does: the same chance, not one more.
    apart = (whole - left) / (left * (1 - left)) if 0 < left < 1 else 0.0
    return float(one ** (1 + (setting.samples["eval"].seeds - 1) * min(apart, 1.0)))


def _moved(setting: Setting, split: str, shift: float, least: int) -> float:
    """Probability that an arm of base's own text moves so many entries, by so much each that they make the shift."""
    from scipy.stats import binom

    sample = setting.samples[split]
    return float(binom.sf(least - 1, sample.entries, touched(sample, setting.assumed, _moving(setting, shift))))


def _moving(setting: Setting, shift: float) -> list[float]:
    """Shares of the features of an answer that moves: it was wrong, asserted, and is doubted; or gains all points."""
    rate = setting.assumed.assertion_rate
    doubted = [1 - setting.assumed.accuracy, rate, shift / (rate or 1.0)]
    return doubted if setting.kind == "asymmetry" else [shift / AXIS_REACH]


def _widening(setting: Setting, shift: float) -> float:
    """The square of what an independent answer more weighs against the answers that one entry moves."""
    sample, assumed, shares = setting.samples["fresh"], setting.assumed, _moving(setting, shift)
    wrong = 1 - assumed.accuracy if setting.kind == "asymmetry" else 1.0
    moved = touched(sample, assumed, shares)
    each = prod(shares) * sample.prompts * sample.seeds / moved if moved else 1.0
    both = (1 + (wrong / assumed.accuracy) ** 2) / 2 if setting.kind == "asymmetry" and assumed.accuracy else 1.0
    return both * (design_effect(sample, assumed, wrong) / each) ** 2


def kept_power(setting: Setting) -> float:
    """Probability that all that must stay is shown to, where it does."""
    power = 1.0
    for kept in setting.kept:
        for sample in (kept.samples or setting.samples).values():
            power *= _kept_on(setting, kept, sample)
    return power


def _kept_on(setting: Setting, kept: Kept, sample: Sample) -> float:
    if setting.derived:
        return 1.0
    margin, assumed = setting.margins[kept.kind], setting.assumed
    reach = AXIS_REACH if kept.kind == "axis" else 1.0
    if unseen_shift(groups(sample, assumed, kept.share), reach, setting.level) >= margin:
        return 0.0
    error = standard_error(kept.kind, sample, assumed, share=kept.share)
    half = _half(setting.level, sample)
    power = _above(margin, half * error, error)
    if kept.kind == "axis":
        return power
    # Where few entries moved the interval is widened by two more that differ, one each way.
    independent = sample.answers * kept.share / design_effect(sample, assumed, kept.share)
    scarce = _fewer(sample, touched(sample, assumed, [assumed.discordance * kept.share]))
    return (1 - scarce) * power + scarce * _above(margin, half * sqrt(error**2 + 2 / independent**2), error)


def _fewer(sample: Sample, share: float) -> float:
    """Probability that fewer entries differ than a bootstrap is left to."""
    from scipy.stats import binom

    return float(binom.cdf(FEWEST_EVENTS - 1, sample.entries, min(share, 1.0)))


def equivalence_power(setting: Setting, split: str = "eval") -> float:
    """Probability that an arm that moves nothing is shown to: the interval within the margin, and wide enough a net."""
    sample, assumed = setting.samples[split], setting.assumed
    share = min(assumed.accuracy, 1 - assumed.accuracy) if setting.kind == "asymmetry" else 1.0
    if setting.kind == "recovery":
        share = both_fail(assumed)
    # Of an entry with several answers the wrong and the right ones may move apart.
    both = 2.0 if sample.answers > sample.entries else 1.0
    reach = {"axis": AXIS_REACH, "asymmetry": both}.get(setting.kind, 1.0)
    if unseen_shift(groups(sample, assumed, share), reach, setting.level) >= setting.margin:
        return 0.0
    if setting.derived:
        return 1.0
    error = setting.error(split)
    return max(0.0, 2 * _above(setting.margin, _half(setting.level, sample) * error, error) - 1)


def smallest(setting: Setting, power_of: Callable[[float], float], power: float = POWER) -> float:
    """The smallest movement whose power reaches ``power``; infinite where none within the measure's room does."""
    low, high = 0.0, setting.room
    if power_of(high) < power:
        # What moves nearly all answers varies little again; the power may peak before the end of the room.
        steps = [setting.room * i / 50 for i in range(1, 50)]
        high = next((step for step in steps if power_of(step) >= power), inf)
        if high == inf:
            return high
    while high - low > 1e-4 * setting.room:
        middle = (low + high) / 2
        low, high = (low, middle) if power_of(middle) >= power else (middle, high)
    return high


def _half(level: float, sample: Sample) -> float:
    """Standard errors on either side of an estimate that an interval reaches: Student's, over entries."""
    from scipy.special import stdtrit

    return float(stdtrit(sample.entries - 1, (1 + level) / 2)) if sample.entries > 1 else inf


def _above(shift: float, bar: float, error: float) -> float:
    """Probability that an estimate of ``shift`` lies above ``bar``."""
    return float(shift > bar) if error == 0 else NORMAL.cdf((shift - bar) / error)
