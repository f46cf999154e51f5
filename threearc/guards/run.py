"""All guards over one cell's evidence."""

from collections.abc import Sequence

from threearc.guards import (
    class_balance,
    contamination,
    distribution_shift,
    dose_trend,
    fresh_transfer,
    harness,
    head_ranking,
    judge_missing,
    judge_validity,
    probe,
    replication,
    shared_author,
    truncation,
    verifier_validity,
)
from threearc.guards.protocol import Evidence
from threearc.records.findings import GuardResult, MeasureInfo


def run_guards(evidence: Evidence, measures: Sequence[MeasureInfo]) -> list[GuardResult]:
    """Every guard's results, guard by guard."""
    return [
        *truncation.check(evidence),
        *judge_missing.check(evidence),
        *class_balance.check(evidence),
        *contamination.check(evidence),
        *fresh_transfer.check(evidence, measures),
        *probe.check(evidence),
        *head_ranking.check(evidence),
        *distribution_shift.check(evidence),
        *shared_author.check(evidence),
        *replication.check(evidence),
        *dose_trend.check(evidence),
        *verifier_validity.check(evidence),
        *judge_validity.check(evidence),
        *harness.check(evidence),
    ]
