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
    """A head and Cohen's d of its norms between the cohorts."""

    layer: int
    head: int
    d: float


class HeadsReport(Report):
    """heads.json.

    Attributes:
        not_attributable: why the ranking means nothing, if so.
        cohort_sizes: responses in the two cohorts.
        ranking: every attention head, the loudest first; ``selected``: (layer, head) by selection.
    """

    disposition: str
    not_attributable: str | None
    cohort_sizes: tuple[int, int]
    ranking: tuple[RankedHead, ...]
    selected: dict[str, tuple[tuple[int, int], ...]]


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
