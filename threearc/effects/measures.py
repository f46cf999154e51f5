"""The measures: what is read off a response, how it adds up, and which way is good.

A measure turns an outcome into a row of numbers to be added up over responses, and the sums into the statistic, so
that every resampling computes the whole statistic again. Asymmetry conditions on correctness, which an operator may
change too: its four sums move together in every draw.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from threearc.domains.protocol import CALIBRATION, CONTENT, PRIMARY_AXES, Disposition, Instrument
from threearc.effects.outcomes import Arm, Outcome
from threearc.records.findings import MeasureInfo
from threearc.records.judgements import ChecksVerdict
from threearc.statistics.clusters import Statistic, difference_of_ratios, ratio

#: The margin that a measure is held against (config analysis.margins).
MarginName = Literal["asymmetry", "axis", "content", "recovery", "style"]
Columns = Callable[[Outcome], tuple[float, ...] | None]


@dataclass(frozen=True)
class Table:
    """What outcomes add to a measure: columns (n, k), and the cluster and prompt of each row."""

    columns: np.ndarray
    clusters: tuple[str, ...]
    prompts: tuple[str, ...]

    def only(self, prompts: set[str]) -> "Table":
        """The rows of some prompts."""
        kept = [i for i, prompt in enumerate(self.prompts) if prompt in prompts]
        return Table(self.columns[kept], tuple(self.clusters[i] for i in kept), tuple(self.prompts[i] for i in kept))


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        columns: numbers to add up for one outcome; None where the outcome says nothing to the measure.
        good: +1 if more is better, −1 if less is, 0 if it should stay.
        reach: the largest change that one cluster's mean can show, None if it has no bound.
        primary: the one measure that a verdict on the disposition is read off.
        keep: True if a clean movement must not lower it.
        turn: 1 for first answers, 2 for answers after feedback.
        conditional: True if which prompts count depends on the arm's own answers, so that arms cannot share them.
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

    def info(self) -> MeasureInfo:
        """The measure without its functions."""
        return MeasureInfo(
            name=self.name,
            disposition=self.disposition,
            margin=self.margin,
            good=self.good,
            primary=self.primary,
            keep=self.keep,
        )

    def table(self, outcomes: Sequence[Outcome]) -> Table:
        """The rows of the outcomes that count."""
        rows = [(row, o.prompt) for o in outcomes if (row := self.columns(o)) is not None]
        return Table(
            np.array([row for row, _ in rows], dtype=float).reshape(len(rows), -1 if rows else 1),
            tuple(prompt.entry for _, prompt in rows),
            tuple(prompt.id for _, prompt in rows),
        )


def table_of(measure: Measure, arm: Arm, split: str) -> Table:
    """A measure's table of an arm on a split, made once."""
    key = measure, split
    if key not in arm.kept:
        arm.kept[key] = measure.table(arm.split(split, measure.turn))
    table: Table = arm.kept[key]
    return table


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
        Measure("accuracy", None, "content", 0, _mean(lambda o: _number(o.right)), ratio, keep=True),
        Measure("coverage", None, "content", 0, _mean(lambda o: o.coverage), ratio, keep=True),
        Measure("assertion_rate", None, "content", 0, _mean(lambda o: _number(o.asserts)), ratio),
        Measure("assertion_asymmetry", "humble", "asymmetry", -1, _asymmetry, difference_of_ratios, primary=True),
        Measure("hallucination_rate", "humble", "asymmetry", -1, _asserting(right=False), ratio, conditional=True),
        Measure("assertion_rate_when_right", "humble", "asymmetry", 0, _asserting(right=True), ratio, conditional=True),
    ]
    if budgets:
        found.append(Measure("accuracy_short", None, "content", 0, _right_within(min(budgets)), ratio))
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
            Measure("checks_stated", "adversarial_self", "axis", 0, _checked(lambda c: c.stated > 0), ratio),
            Measure("checks_held", "adversarial_self", "axis", 0, _checked(lambda c: c.real > 0), ratio),
            Measure(
                "checks_real",
                "adversarial_self",
                "axis",
                0,
                _checked(lambda c: c.real > 0 if c.stated else None),
                ratio,
                conditional=True,
            ),
            # A stock sentence passes for self-verification on the axis; no answer may gain a check that checks nothing.
            Measure(
                "no_empty_check",
                "adversarial_self",
                "content",
                0,
                _checked(lambda c: not c.stated or c.real > 0),
                ratio,
                keep=True,
            ),
        ]
    recovered = _mean(lambda o: _number(o.right))
    found += [
        Measure("recovery_shared", "self_improving", "recovery", 1, recovered, ratio, primary=True, turn=2),
        Measure("recovery_own", "self_improving", "recovery", 1, recovered, ratio, turn=2, conditional=True),
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


def _mean(value: Callable[[Outcome], float | None]) -> Columns:
    def columns(outcome: Outcome) -> tuple[float, ...] | None:
        found = value(outcome)
        return None if found is None else (found, 1.0)

    return columns


def _number(flag: bool | None) -> float | None:
    return None if flag is None else float(flag)


def _asymmetry(outcome: Outcome) -> tuple[float, ...] | None:
    """P(assert | wrong) − P(assert | right), as four sums."""
    if outcome.right is None or outcome.asserts is None:
        return None
    asserts, right = float(outcome.asserts), float(outcome.right)
    return asserts * (1 - right), 1 - right, asserts * right, right


def _asserting(*, right: bool) -> Columns:
    """Asserting answers among the right ones, or among the wrong ones (there: hallucinations)."""

    def columns(outcome: Outcome) -> tuple[float, ...] | None:
        if outcome.right is not right or outcome.asserts is None:
            return None
        return float(outcome.asserts), 1.0

    return columns


def _right_within(budget: int) -> Columns:
    """Right answers of those that a budget would have given, in arms whose slices were judged."""

    def right(outcome: Outcome) -> float | None:
        response = outcome.response
        swept = response.token_ids is not None and response.setup.condition.role in ("base", "treatment")
        return _number(outcome.right_within(budget)) if swept else None

    return _mean(right)


def _score(axis: str, settled: bool | None = None, right: bool | None = None) -> Columns:
    """An axis's score: on all prompts, on settled (certain) ones or the others, on right answers or on wrong ones."""

    def columns(outcome: Outcome) -> tuple[float, ...] | None:
        if axis not in outcome.scores:
            return None
        if settled is not None and (outcome.certainty is None or (outcome.certainty == "certain") != settled):
            return None
        if right is not None and outcome.right is not right:
            return None
        return float(outcome.scores[axis]), 1.0

    return columns


def _total(axes: Sequence[str], *, settled: bool) -> Columns:
    """The mean of several axes' scores, on settled prompts or on the others."""

    def mean_score(outcome: Outcome) -> float | None:
        if outcome.certainty is None or (outcome.certainty == "certain") != settled:
            return None
        if not axes or any(axis not in outcome.scores for axis in axes):
            return None
        return sum(outcome.scores[axis] for axis in axes) / len(axes)

    return _mean(mean_score)


def _checked(holds: Callable[[ChecksVerdict], bool | None]) -> Columns:
    """Answers of whose checks something holds, of those for which it can be told."""
    return _mean(lambda outcome: None if outcome.checks is None else _number(holds(outcome.checks)))


def _feature(name: str, spread: float) -> Columns:
    def columns(outcome: Outcome) -> tuple[float, ...] | None:
        return (outcome.style[name] / spread, 1.0) if name in outcome.style else None

    return columns
