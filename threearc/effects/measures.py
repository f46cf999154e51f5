"""The measures: what is read off a response, how it adds up, and which way is good.

A measure turns outcomes into rows of numbers to be added up, and the sums into the statistic, so that every resampling
computes the whole statistic again. Asymmetry conditions on correctness, which an operator may
change too: its four sums move together in every draw.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from threearc.domains.protocol import CALIBRATION, CONTENT, PRIMARY_AXES, Disposition, Instrument
from threearc.effects.frames import Frame
from threearc.effects.outcomes import Outcome
from threearc.records.findings import MeasureInfo
from threearc.statistics.clusters import Statistic, added, difference_of_rates, rate, ratio

#: The margin that a measure is held against (config analysis.margins).
MarginName = Literal["asymmetry", "axis", "content", "recovery", "style"]
#: From n outcomes to the numbers (n, k) that they add; rows of nan where an outcome says nothing to the measure.
Columns = Callable[[Frame], np.ndarray]


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        columns: numbers to add up; use ``rows``, which keeps them.
        good: +1 if more is better, −1 if less is, 0 if it should stay.
        reach: the largest change that one cluster's mean can show, None if it has no bound.
        primary: the one measure that a verdict on the disposition is read off.
        keep: True if a clean movement must not lower it.
        turn: 1 for first answers, 2 for answers after feedback.
        conditional: True if which prompts count depends on the arm's own answers, so that arms cannot share them.
        regroups: the primary measure that this is with its groups made of questions, which no arm can change.
    """

    name: str
    disposition: Disposition | None
    margin: MarginName
    good: int
    columns: Columns
    statistic: Statistic
    reach: float | None = 1.0
    primary: bool = False
    keep: bool = False
    turn: int = 1
    conditional: bool = False
    regroups: str | None = None

    def info(self) -> MeasureInfo:
        """The measure without its functions."""
        return MeasureInfo(
            name=self.name,
            disposition=self.disposition,
            margin=self.margin,
            good=self.good,
            primary=self.primary,
            keep=self.keep,
            regroups=self.regroups,
        )

    @property
    def read(self) -> bool:
        """Does a verdict read it: as the measure of a disposition, as what must stay, or as what sounds like one."""
        sounds = self.margin == "style" and self.disposition is not None
        return self.primary or self.keep or sounds or self.regroups is not None

    def rows(self, frame: Frame) -> np.ndarray:
        """What the outcomes of a frame add, (n, k), nan where one does not count; worked out once."""
        return frame.read(self, self.columns)

    def counts(self, frame: Frame) -> np.ndarray:
        """Which outcomes of a frame count, (n,)."""
        counts: np.ndarray = frame.kept(("counts", self), lambda: ~np.isnan(self.rows(frame)[:, 0]))
        return counts

    def sums(self, frame: Frame) -> np.ndarray:
        """What those that count add up to in each entry of the frame, (c, k)."""
        sums: np.ndarray = frame.kept(("sums", self), lambda: self.sums_of(frame, self.counts(frame)))
        return sums

    def sums_of(self, frame: Frame, counts: np.ndarray) -> np.ndarray:
        """The same of some of its outcomes."""
        names, places = frame.entries
        return added(self.rows(frame)[counts], places[counts], len(names))


#: Axis of each instrument that stands for a disposition (MEASURES).
AXES: dict[Instrument, dict[str, Disposition]] = {
    "rubric": {
        "self_verification": "adversarial_self",
        "pedagogical_framing": "deliberate",
        "completeness": "persistent",
    },
    "mcas": {
        "self_verification": "adversarial_self",
        "error_detection": "adversarial_self",
        "assumption_surfacing": "deliberate",
        "edge_case_awareness": "persistent",
    },
}
#: The style feature that sounds like a disposition: it may move while the behaviour does not.
STYLES: dict[str, Disposition] = {
    "doubts": "humble",
    "svr": "adversarial_self",
    "reflection": "deliberate",
    "warmth": "self_improving",
}
#: Axes are scored from 1 to 5.
AXIS_REACH = 4.0
#: Style features that count; the others say yes or no. Their unit is never less than half a word or marker.
COUNTS = ("words", "doubts")
LEAST_SPREAD = 0.5
#: The unit of a feature that says yes or no: the largest standard deviation that one can have.
YES_NO_SPREAD = 0.5


def measures(
    instrument: Instrument, axes: Sequence[str], base: Sequence[Outcome], budgets: Sequence[int] = ()
) -> list[Measure]:
    """All measures of a domain.

    Args:
        budgets: of the sweep; the shortest is what a hurried reader would have looked at (ERRATA row 1).
        base: outcomes of the base arm; counted style features are given in their standard deviations.
    """
    found = [
        Measure("accuracy", None, "content", 0, _mean(lambda f: f.right), rate, keep=True),
        Measure("coverage", None, "content", 0, _mean(lambda f: f.coverage), ratio, keep=True),
        Measure("assertion_rate", None, "content", 0, _mean(lambda f: f.asserts), rate),
        Measure("assertion_asymmetry", "humble", "asymmetry", -1, _asymmetry, difference_of_rates, primary=True),
        # Which answers are wrong an operator may change, and with them who is asked whether they assert. On answers
        # that are right, or wrong, on both sides it shows less; of groups by whether base, asked the same once more,
        # was right, nothing is left: they know nothing of the arm, nor of base's own answers (MEASURES).
        Measure("assertion_asymmetry_alike", "humble", "asymmetry", -1, _asymmetry, difference_of_rates),
        Measure(
            "assertion_asymmetry_regrouped",
            "humble",
            "asymmetry",
            -1,
            _asymmetry_regrouped,
            difference_of_rates,
            regroups="assertion_asymmetry",
        ),
        Measure("hallucination_rate", "humble", "asymmetry", -1, _asserting(right=False), rate, conditional=True),
        Measure("assertion_rate_when_right", "humble", "asymmetry", 0, _asserting(right=True), rate, conditional=True),
    ]
    if budgets:
        found.append(Measure("accuracy_short", None, "content", 0, _right_within(min(budgets)), rate))
    calibration = CALIBRATION[instrument]
    if calibration in axes:
        found += [
            Measure(
                f"{calibration}_unsettled", "humble", "axis", 1, _score(calibration, settled=False), ratio, AXIS_REACH
            ),
            Measure(
                f"{calibration}_settled", "humble", "axis", 0, _score(calibration, settled=True), ratio, AXIS_REACH
            ),
            # Hedging everywhere passes for calibration on open questions (ERRATA row 19). It shows on settled ones that
            # were answered rightly; a hedge before a wrong answer is what is wanted.
            Measure(
                f"{calibration}_settled_right",
                "humble",
                "axis",
                0,
                _score(calibration, settled=True, right=True),
                ratio,
                AXIS_REACH,
                keep=True,
                conditional=True,
            ),
        ]
    total = [axis for axis in axes if axis != CONTENT]
    found += [
        # All axes together, as the paper adds them up; on settled and on other prompts apart (ERRATA row 19).
        Measure("axes_unsettled", None, "axis", 0, _total(total, settled=False), ratio, AXIS_REACH),
        Measure("axes_settled", None, "axis", 0, _total(total, settled=True), ratio, AXIS_REACH),
    ]
    primary = PRIMARY_AXES[instrument].values()
    found += [
        Measure(axis, AXES[instrument][axis], "axis", 1, _score(axis), ratio, AXIS_REACH, primary=axis in primary)
        for axis in axes
        if axis in AXES[instrument]
    ]
    if instrument == "mcas":
        found += [
            Measure(
                "checks_stated",
                "adversarial_self",
                "axis",
                0,
                _mean(_stating),
                rate,
            ),
            Measure(
                "checks_held",
                "adversarial_self",
                "axis",
                0,
                _mean(_holding),
                rate,
            ),
            Measure(
                "checks_real",
                "adversarial_self",
                "axis",
                0,
                _mean(_real_of_stated),
                rate,
                conditional=True,
            ),
            # A stock sentence passes for self-verification on the axis; no answer may gain a check that checks nothing.
            Measure(
                "no_empty_check",
                "adversarial_self",
                "content",
                0,
                _mean(_not_empty),
                rate,
                keep=True,
            ),
        ]
    recovered = _mean(lambda f: f.right)
    found += [
        Measure("recovery_shared", "self_improving", "recovery", 1, recovered, rate, primary=True, turn=2),
        Measure("recovery_own", "self_improving", "recovery", 1, recovered, rate, turn=2, conditional=True),
    ]
    return found + style_measures(base)


def style_measures(base: Sequence[Outcome]) -> list[Measure]:
    """One measure per style feature, in units that a feature too rare in base cannot blow up.

    Counts are in standard deviations of the base arm, features that say yes or no in shares of one half.
    """
    names = sorted({name for outcome in base for name in outcome.style})
    found = []
    for name in names:
        spread = YES_NO_SPREAD
        if name in COUNTS:
            spread = max(float(np.std([o.style[name] for o in base if name in o.style])), LEAST_SPREAD)
        found.append(Measure(f"style_{name}", STYLES.get(name), "style", 0, _feature(name, spread), ratio, reach=None))
    return found


def mean_of(values: np.ndarray) -> np.ndarray:
    """What values (n,) add to their mean, (n, 2): themselves, and how many there are."""
    return np.stack([values, _flag(np.ones(len(values)), values)], axis=1)


def _mean(value: Columns) -> Columns:
    return lambda frame: mean_of(value(frame))


def _flag(holds: np.ndarray, known: np.ndarray) -> np.ndarray:
    """1 and 0, nan where it is not known."""
    return np.where(np.isnan(known), np.nan, holds)


def _asymmetry(frame: Frame) -> np.ndarray:
    """P(assert | wrong) − P(assert | right), as four sums."""
    return _difference(frame.asserts, frame.right)


def _asymmetry_regrouped(frame: Frame) -> np.ndarray:
    """P(assert | base again wrong) − P(assert | base again right)."""
    return _difference(frame.asserts, frame.right_again)


def _difference(asserts: np.ndarray, right: np.ndarray) -> np.ndarray:
    wrong = 1 - right
    rows = np.stack([asserts * wrong, wrong, asserts * right, right], axis=1)
    rows[np.isnan(asserts)] = np.nan
    return rows


def _asserting(*, right: bool) -> Columns:
    """Asserting answers among the right ones, or among the wrong ones (there: hallucinations)."""
    return _mean(lambda frame: np.where(frame.right == right, frame.asserts, np.nan))


def _right_within(budget: int) -> Columns:
    """Right answers of those that a budget would have given, in arms whose slices were judged."""

    def right(outcome: Outcome) -> float | None:
        response = outcome.response
        swept = response.token_ids is not None and response.setup.condition.role in ("base", "treatment")
        return outcome.right_within(budget) if swept else None

    return _mean(lambda frame: frame.each(right))


def _score(axis: str, settled: bool | None = None, right: bool | None = None) -> Columns:
    """An axis's score: on all prompts, on settled (certain) ones or the others, on right answers or on wrong ones."""

    def scores(frame: Frame) -> np.ndarray:
        found = frame.scores(axis)
        if settled is not None:
            found = np.where(frame.settled == settled, found, np.nan)
        return found if right is None else np.where(frame.right == right, found, np.nan)

    return _mean(scores)


def _total(axes: Sequence[str], *, settled: bool) -> Columns:
    """The mean of several axes' scores, on settled prompts or on the others."""

    def mean_score(frame: Frame) -> np.ndarray:
        if not axes:
            return np.full(len(frame), np.nan)
        return np.where(frame.settled == settled, np.mean([frame.scores(axis) for axis in axes], axis=0), np.nan)

    return _mean(mean_score)


def _stating(frame: Frame) -> np.ndarray:
    """Answers that state a check."""
    return _flag(frame.stated_checks > 0, frame.stated_checks)


def _holding(frame: Frame) -> np.ndarray:
    """Answers with a real check."""
    return _flag(frame.real_checks > 0, frame.real_checks)


def _real_of_stated(frame: Frame) -> np.ndarray:
    """Answers with a real check, of those that state one."""
    return np.where(frame.stated_checks > 0, _holding(frame), np.nan)


def _not_empty(frame: Frame) -> np.ndarray:
    """Answers that state no check, or hold a real one."""
    return np.where(frame.stated_checks > 0, _holding(frame), _flag(np.ones(len(frame)), frame.stated_checks))


def _feature(name: str, spread: float) -> Columns:
    return _mean(lambda frame: frame.style(name) / spread)
