"""What is left behind besides responses: which heads were chosen, what the filters dropped."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class SelfTest:
    """What the oracle made of known answers.

    Attributes:
        answers: how many it was shown.
        failed: known solutions that it did not pass, as problem and format; ``passed``: empty functions that it did.
    """

    answers: int
    failed: tuple[str, ...]
    passed: tuple[str, ...]
