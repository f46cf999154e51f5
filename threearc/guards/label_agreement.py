"""Label agreement: do two sources of correctness labels mean the same (ERRATA row 5)?

A probe learns the labels that it is given. Where the checklist calls right what the rubric calls wrong, it is not
known what the probe has learned; other claims do not rest on the label's meaning in this way.
"""

from collections.abc import Iterator

import numpy as np

from threearc.domains.protocol import CONTENT, HIGH
from threearc.effects.arms import Arm
from threearc.effects.outcomes import Outcome
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.agreement import agreement
from threearc.statistics.clusters import Interval
from threearc.statistics.wording import interval

NAME = "label_agreement"
BINDS: Binds = "claims"
LABELS = ("right", "wrong")


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Kappa of checklist or oracle and the rubric's content axis over base's answers, on the split with the least.

    The whole interval must reach the bar. Of arms that act on a probe it binds claims; a cell without one is told.
    """
    probed = [arm for arm in evidence.arms.values() if "probe" in arm.first.setup.condition.settings]
    about: list[Arm | None] = [*probed] or [None]
    binds: Binds = BINDS if probed else "nothing"
    labelled = {s: [o for o in evidence.base.split(s) if o.right is not None] for s in evidence.base.splits()}
    both = {s: kept for s, outcomes in labelled.items() if (kept := [o for o in outcomes if CONTENT in o.scores])}
    if not both:
        why = "Answers have one source of correctness labels only."
        yield from (evidence.result(NAME, binds, "not applicable", why, arm=arm) for arm in about)
        return
    kappas = {split: _kappa(outcomes, evidence) for split, outcomes in both.items()}
    unknown = [split for split, kappa in kappas.items() if np.isnan(kappa.low)]
    if unknown:
        why = f"One of the two sources gives one label only, or nearly so ({unknown[0]})."
        yield from (evidence.result(NAME, binds, "cannot run", why, arm=arm) for arm in about)
        return
    split = min(kappas, key=lambda name: kappas[name].low)
    kappa, bar = kappas[split], evidence.bars["kappa"]
    outcome: GuardOutcome = "pass" if kappa.low >= bar else "fail"
    sentence = (
        f"The two sources of correctness labels agree with kappa {interval(kappa.estimate, kappa.low, kappa.high)} on"
        f" {split} answers; the interval must reach {bar}."
    )
    details = {str(name): round(found.estimate, 6) for name, found in kappas.items()}
    for arm in about:
        yield evidence.result(NAME, binds, outcome, sentence, arm=arm, figure=kappa.low, bar=bar, details={**details})


def _kappa(outcomes: list[Outcome], evidence: Evidence) -> Interval:
    by_claims = [LABELS[0] if o.right else LABELS[1] for o in outcomes]
    by_rubric = [LABELS[0] if o.scores[CONTENT] >= HIGH else LABELS[1] for o in outcomes]
    clusters = [o.prompt.entry for o in outcomes]
    plan = evidence.plan
    return agreement(by_claims, by_rubric, LABELS, clusters, plan.draws, plan.level, plan.seed).kappa
