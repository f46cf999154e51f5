"""probe.json: how the probes of a cell did at every step, and what the gate decided."""

from threearc.records.base import Part
from threearc.records.reports import Report


class Estimate(Part):
    """An estimate with its interval; None where it is not defined."""

    estimate: float | None
    low: float | None
    high: float | None


class Assessed(Part):
    """An AUC over some responses.

    Attributes:
        lowest, highest: AUC of a single assignment of folds.
        regularisations: how often each C was chosen.
    """

    reader: str
    step: str
    auc: Estimate
    lowest: float | None
    highest: float | None
    regularisations: dict[str, int]
    n: int


class ProbeStep(Assessed):
    """AUC of one reader at one step, and how many of the responses are right (or high, on an axis)."""

    right: int


class Shift(Assessed):
    """AUC of telling fresh responses from eval ones, and how many are fresh."""

    fresh: int


class AxisProbe(Part):
    """A probe of high scores on one axis, with responses and high ones among them on eval and on fresh prompts."""

    axis: str
    not_attributable: str | None
    n: int
    high: int
    fresh_n: int
    fresh_high: int
    cv: ProbeStep | None
    transfer: ProbeStep | None


class CrossAxis(Part):
    """Pearson's r of two axes' out-of-fold scores."""

    axes: tuple[str, str]
    r: Estimate


class ControlLabels(Part):
    """Plain-CV AUC under labels that are random per entry, and the true labels' AUC less that: selectivity."""

    draws: int
    auc: Estimate
    selectivity: Estimate


class BaseRates(Part):
    """Share right on eval, on fresh, fresh less eval, and how many fresh entries have a right or a wrong response."""

    eval: Estimate | None
    fresh: Estimate | None
    difference: Estimate | None
    fresh_entries_right: int
    fresh_entries_wrong: int


class JudgeGap(Part):
    """AUC of a judge's confidence less AUC of the probe, on the same answers with the same labels.

    Attributes:
        not_assessable: why there is no gap, if so; then the AUCs, the gap and DeLong's p of none are None.
    """

    judge: str
    split: str
    n: int
    right: int
    not_assessable: str | None
    judge_auc: Estimate | None
    probe_auc: Estimate | None
    gap: Estimate | None
    p: float | None


class PromptScore(Part):
    """A probe's mean score of the n responses to one prompt, and how many of them are right."""

    prompt_id: str
    split: str
    entry: str
    score: float
    n: int
    right: int


class Point(Part):
    """A response in the picture."""

    split: str
    right: bool
    x: float
    y: float


class Picture(Part):
    """The two main directions of eval responses' h_last: their shares of its variance, and where responses lie."""

    explained: tuple[float, float]
    points: tuple[Point, ...]


class AgainstBaseline(Part):
    """The probe's AUC on fresh prompts less a baseline's."""

    reader: str
    difference: Estimate


class GateResult(Part):
    """The gate on one split: P(assert | wrong) − P(assert | right), and P(assert | right)."""

    gate_asymmetry: Estimate
    asserts_when_right: float | None


class Gate(Part):
    """The gate: its threshold on new prompts, and how it does where the labels are known."""

    threshold: float
    eval: GateResult | None
    fresh: GateResult | None


class ProbeReport(Report):
    """probe.json.

    Attributes:
        not_attributable: why no probe of correctness was fitted, if so.
        counts: n and right answers by use.
        shift: None where there are too few entries.
        scores: P(right) by response id; ``asserts``: the gate's decision.
    """

    not_attributable: str | None
    counts: dict[str, dict[str, int]]
    rates: BaseRates
    shift: Shift | None
    steps: tuple[ProbeStep, ...]
    against: tuple[AgainstBaseline, ...]
    control: ControlLabels | None
    axes: tuple[AxisProbe, ...]
    cross_axis: tuple[CrossAxis, ...]
    gate: Gate
    judge_gaps: tuple[JudgeGap, ...]
    prompts: tuple[PromptScore, ...]
    picture: Picture | None
    scores: dict[str, float]
    asserts: dict[str, bool]

    def step(self, reader: str, step: str) -> ProbeStep | None:
        """One reader's step, if it was assessed."""
        return next((row for row in self.steps if (row.reader, row.step) == (reader, step)), None)
