"""Checklist arithmetic: longer checklists alone change how many answers reach the cut-off (ERRATA row 4).

It holds nothing back. No verdict compares one split's accuracy with another's: an arm and base answer the same prompts,
so that their checklists are alike. It is for whoever reads eval's and fresh's accuracy side by side.
"""

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np

from threearc.effects.outcomes import Outcome
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.wording import percent

NAME = "checklist_arithmetic"
BINDS: Binds = "nothing"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """For base: accuracy's expected change from eval to fresh if fresh answers met as large a share of their claims."""
    eval_, fresh = (
        [o for o in evidence.base.split(split) if o.prompt.checklist is not None] for split in ("eval", "fresh")
    )
    if not eval_ or not fresh:
        why = "Eval and fresh answers are not both held against checklists."
        yield evidence.result(NAME, BINDS, "not applicable", why)
        return
    known = [[o.coverage for o in outcomes if o.coverage is not None] for outcomes in (eval_, fresh)]
    if not all(known):
        yield evidence.result(NAME, BINDS, "cannot run", "No checklist of one of the splits was judged.")
        return
    bar, cut = evidence.bars["arithmetic"], evidence.correct_coverage
    met = [float(np.mean(coverages)) for coverages in known]
    expected = [expected_right(_claims(outcomes), met[0], cut) for outcomes in (eval_, fresh)]
    observed = [float(np.mean([c >= cut for c in coverages])) for coverages in known]
    change = expected[1] - expected[0]
    lengths = [np.mean(_claims(outcomes)) for outcomes in (eval_, fresh)]
    outcome: GuardOutcome = "fail" if abs(change) > bar else "pass"
    sentence = (
        f"From eval to fresh, accuracy goes from {percent(observed[0])} to {percent(observed[1])} and the mean share of"
        f" claims met from {percent(met[0])} to {percent(met[1])}; the"
        f" lengths of the checklists alone ({lengths[0]:.1f} and {lengths[1]:.1f} claims) would move accuracy by"
        f" {change:+.3f}."
    )
    details = {
        "observed": round(observed[1] - observed[0], 6),
        "coverage": round(met[1] - met[0], 6),
        "expected_eval": round(expected[0], 6),
        "expected_fresh": round(expected[1], 6),
    }
    yield evidence.result(NAME, BINDS, outcome, sentence, figure=change, bar=bar, details={**details})


def expected_right(claims: Sequence[int], hit_rate: float, correct_coverage: float) -> float:
    """Share of answers that reach the cut-off if each claim is met with probability ``hit_rate``, on its own.

    Args:
        claims: the length of each answer's checklist.
    """
    from scipy.stats import binom

    # 3 of 5 claims must not become 4 by a rounding of 0.6 * 5.
    least = np.array([ceil(correct_coverage * n - 1e-9) for n in claims])
    return float(np.mean(binom.sf(least - 1, np.asarray(claims), hit_rate)))


def _claims(outcomes: Sequence[Outcome]) -> list[int]:
    return [len(o.prompt.checklist.claims) for o in outcomes if o.prompt.checklist is not None]
