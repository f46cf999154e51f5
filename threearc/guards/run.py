"""All guards over one cell's evidence."""

from collections.abc import Sequence

from threearc.guards import (
    budget_interaction,
    checklist_arithmetic,
    class_balance,
    contamination,
    decoding_parity,
    distribution_shift,
    dose_trend,
    fresh_transfer,
    harness,
    head_ranking,
    judge_discernment,
    judge_missing,
    judge_parity,
    judge_validity,
    label_agreement,
    noise_floor,
    one_condition,
    probe,
    replication,
    saturation,
    shared_author,
    truncation,
    verifier_validity,
)
from threearc.guards.protocol import Evidence
from threearc.records.findings import GuardResult, MeasureInfo


def run_guards(evidence: Evidence, measures: Sequence[MeasureInfo]) -> list[GuardResult]:
    """Every guard's results, guard by guard."""
    return [
        *one_condition.check(evidence),
        *decoding_parity.check(evidence),
        *judge_parity.check(evidence),
        *truncation.check(evidence),
        *budget_interaction.check(evidence),
        *judge_missing.check(evidence),
        *judge_discernment.check(evidence),
        *class_balance.check(evidence),
        *checklist_arithmetic.check(evidence),
        *label_agreement.check(evidence),
        *saturation.check(evidence, measures),
        *contamination.check(evidence),
        *noise_floor.check(evidence),
        *fresh_transfer.check(evidence),
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
