"""What is left behind besides responses: which heads were chosen, how a probe did, what the filters dropped."""

from typing import Any, Self

from pydantic import JsonValue, ValidationError

from threearc.records.base import Part


class Report(Part):
    """A document that an operator writes, and that its answers, the guards and the report read."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """The document with these values, lists taken for tuples as JSON has them.

        Raises:
            ValueError: if they are not such a document: a fault of the operator, not of the data.
        """
        try:
            return cls.model_validate(values, strict=False)
        except ValidationError as error:
            raise ValueError(f"not a valid {cls.__name__}: {error}") from error


class Verification(Part):
    """How the verifier of the training sets did on pairs of which one side was written to be wrong.

    Attributes:
        pairs: those that there is something to check by.
        preferred: pairs of which it found the good side right and the bad side wrong.
        good_rejected: good sides that it did not find right; ``bad_accepted``: bad ones that it did not find wrong.
    """

    pairs: int
    preferred: int
    good_rejected: int
    bad_accepted: int


class FiltersReport(Report):
    """filters.json: rows kept and dropped by data set, every dropped row with its reason, and how the verifier did."""

    counts: dict[str, JsonValue]
    dropped: tuple[dict[str, str], ...]
    verification: Verification


class RankedHead(Part):
    """A head, Cohen's d between the cohorts, and the cosine between the cohorts' means of its output."""

    layer: int
    head: int
    d: float
    cosine: float


class Maximum(Part):
    """The largest d of all heads, and that of permuted labels: its mean, its 95 % quantile, and p.

    ``free`` is the share of the responses whose labels could be exchanged at all.
    """

    observed: float
    mean: float
    high: float
    p: float
    free: float


class HeadRanking(Part):
    """The heads ranked for one disposition, one way.

    Attributes:
        asked: True if tempering was asked to damp the heads of this ranking.
        cohort_sizes: responses without the disposition and with it.
        not_attributable: why the ranking means nothing, if so.
        collinear: that directions lie between nearly parallel means, if so.
        maximum: None where a cohort is too small to rank anything.
        ranking: every attention head, the largest d first.
        selected: (layer, head) by selection; empty where nothing is damped.
    """

    disposition: str
    way: str
    asked: bool
    cohort_sizes: tuple[int, int]
    not_attributable: str | None
    collinear: str | None
    maximum: Maximum | None
    ranking: tuple[RankedHead, ...]
    selected: dict[str, tuple[tuple[int, int], ...]]

    def variant(self, selection: str) -> str:
        """The name of the arm that damps one of its selections."""
        return f"{selection} heads, {self.disposition.replace('_', ' ')}"


class HeadsReport(Report):
    """heads.json: a ranking for every disposition and way."""

    rankings: tuple[HeadRanking, ...]


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
    prompts: tuple[PromptScore, ...]
    picture: Picture | None
    scores: dict[str, float]
    asserts: dict[str, bool]

    def step(self, reader: str, step: str) -> ProbeStep | None:
        """One reader's step, if it was assessed."""
        return next((row for row in self.steps if (row.reader, row.step) == (reader, step)), None)
