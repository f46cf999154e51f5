"""What operators leave behind besides responses: which heads were chosen, and how a probe did."""

from typing import Any, Self

from pydantic import ValidationError

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


class RankedHead(Part):
    """A head, Cohen's d between the cohorts, and the cosine between the cohorts' means of its output."""

    layer: int
    head: int
    d: float
    cosine: float


class Maximum(Part):
    """The largest d of all heads, and that of permuted labels: its mean, its 95 % quantile, and p."""

    observed: float
    mean: float
    high: float
    p: float


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


class ProbeStep(Part):
    """AUC of one reader at one step, with the responses that it was computed on."""

    reader: str
    step: str
    auc: Estimate
    n: int
    right: int


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
        not_attributable: why no probe was fitted, if so.
        counts: n and right answers by use.
        scores: P(right) by response id; ``asserts``: the gate's decision.
    """

    not_attributable: str | None
    counts: dict[str, dict[str, int]]
    steps: tuple[ProbeStep, ...]
    against: tuple[AgainstBaseline, ...]
    gate: Gate
    scores: dict[str, float]
    asserts: dict[str, bool]
