"""Judge validity: what a claim comes to once the judge's errors, as labels by hand show them, are taken off.

It binds claims of movement only. A judge that errs more often on one arm makes an effect out of nothing. So the effect
on all answers under the judge's labels is corrected by what the same judge makes of the labelled ones beyond what
people do, on both arms, and must still stand out on the good side of zero, after Holm's correction over the cell's
claims, by a p so small that many cells can be looked at: Angelopoulos and others, Science 382 (2023). The interval
knows both samples, so that few labels exclude little. The offline rules are the definition of what they measure and
need no sample.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from threearc.effects.arms import Arm
from threearc.effects.contrasts import compared, summed
from threearc.effects.frames import Frame
from threearc.effects.measures import Measure
from threearc.effects.outcomes import Outcome
from threearc.guards.claimed import claims
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.records.labels import LABELS, HumanLabel
from threearc.statistics.agreement import agreement
from threearc.statistics.clusters import Interval, combined_interval
from threearc.statistics.families import holm_within
from threearc.statistics.wording import interval

NAME = "judge_validity"
BINDS: Binds = "claims"
#: The judge whose rules define the measures.
DEFINING = "rules"
#: What each side of the correction counts for: both arms as judged, less the labelled answers of both as judged, and
#: the same answers by hand.
TURNS = (1.0, -1.0, -1.0, 1.0, 1.0, -1.0)

ByHand = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Claim:
    """A claim and what labels leave of it.

    Attributes:
        own: the effect as judged; ``found``: corrected, None where it is not defined.
        labelled: answers of the arm and of base that have labels.
        kappas: of judge and labels, by question that says yes or no.
    """

    arm: Arm
    measure: Measure
    own: Effect
    labelled: tuple[int, int]
    found: Interval | None
    kappas: Mapping[str, Interval]

    @property
    def p(self) -> float | None:
        """Two-sided, of no effect once corrected, by the width of its interval; None where there is none."""
        from scipy.special import stdtr, stdtrit

        if self.found is None or isnan(self.found.low):
            return None
        degrees = max(min(self.labelled) - 1, 1)
        half = (self.found.high - self.found.low) / 2
        spread = half / float(stdtrit(degrees, (1 + self.found.level) / 2))
        return 2 * float(stdtr(degrees, -abs(self.found.estimate) / spread)) if spread > 0 else 0.0


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per claim: kappa of judge and labels over the cell, and the claim's effect corrected for the judge's errors."""
    if evidence.labels is None:
        if evidence.judges == {DEFINING}:
            why = "The judge's rules are the definition of what they measure."
            yield evidence.result(NAME, BINDS, "not applicable", why)
        else:
            yield evidence.result(NAME, BINDS, "cannot run", "There are no labels by hand to hold the judge against.")
        return
    labels = _by_response(evidence.labels)
    made = [_corrected_claim(evidence, *claim, labels) for claim in claims(evidence)]
    tested = [(claim.p, claim) for claim in made if claim.p is not None]
    p_values = holm_within([p for p, _ in tested], [claim.arm.is_control for _, claim in tested])
    adjusted = {id(claim): p for (_, claim), p in zip(tested, p_values, strict=True)}
    for claim in made:
        yield _told(evidence, claim, adjusted.get(id(claim)))


def _corrected_claim(evidence: Evidence, arm: Arm, measure: Measure, own: Effect, labels: ByHand) -> Claim:
    asked = reads(measure)
    sides = compared(measure, [arm, evidence.base], "eval")
    known = [[o for o in side.outcomes if asked <= labels.get(o.response.id, {}).keys()] for side in sides]
    found = corrected(evidence, measure, sides, known, labels)
    both = [o for side in known for o in side]
    kappas = {} if found is None else {q: _kappa(evidence, both, labels, q) for q in sorted(asked & LABELS.keys())}
    return Claim(arm, measure, own, (len(known[0]), len(known[1])), found, kappas)


def _told(evidence: Evidence, claim: Claim, p: float | None) -> GuardResult:
    """One claim's result.

    Args:
        p: of no effect once corrected, after Holm's correction over the cell's claims.
    """
    measure, own, found = claim.measure, claim.own, claim.found
    name = measure.name.replace("_", " ")
    if found is None or p is None:
        why = f"Too few answers of the arm, or of base, have labels by hand of what {name} reads."
        return evidence.result(NAME, BINDS, "cannot run", why, arm=claim.arm, disposition=measure.disposition)
    least = evidence.bars["judge_kappa"]
    question, kappa = min(claim.kappas.items(), key=lambda item: item[1].estimate, default=("", None))
    if kappa is not None and not kappa.estimate >= least:
        told = f"Kappa of judge and labels on {question} is {interval(kappa.estimate, kappa.low, kappa.high)}."
        figure = None if isnan(kappa.estimate) else kappa.estimate
        return evidence.result(
            NAME, BINDS, "fail", told, arm=claim.arm, disposition=measure.disposition, figure=figure, bar=least
        )
    outcome: GuardOutcome = "pass" if p <= evidence.bars["judge_p"] and found.estimate * measure.good > 0 else "fail"
    told = interval(own.estimate, own.low, own.high, signed=True)
    sentence = (
        f"{name} moved by {told} as judged and by {interval(found.estimate, found.low, found.high, signed=True)} once"
        f" the judge's errors on {claim.labelled[0]} and {claim.labelled[1]} labelled answers of the arm and of base"
        f" are taken off (p = {p:.2g} over the cell's claims)."
    )
    return evidence.result(
        NAME,
        BINDS,
        outcome,
        sentence,
        arm=claim.arm,
        disposition=measure.disposition,
        figure=found.estimate,
        bar=0.0,
        details={question: round(kappa.estimate, 6) for question, kappa in claim.kappas.items()},
    )


def reads(measure: Measure) -> set[str]:
    """The questions whose answers a primary measure is read off."""
    if measure.margin == "axis":
        return {measure.name}
    return {"correctness", "delivery"} if measure.margin == "asymmetry" else {"correctness"}


def corrected(
    evidence: Evidence,
    measure: Measure,
    judged: Sequence[Frame],
    labelled: Sequence[Sequence[Outcome]],
    labels: ByHand,
) -> Interval | None:
    """The effect less the judge's errors, with the errors of both samples; None where it is not defined.

    Args:
        judged: of the arm and of base, all outcomes that are compared; ``labelled``: those that have labels.
        labels: by response and question.
    """
    by_hand = [[_relabelled(o, labels[o.response.id]) for o in side] for side in labelled]
    frames = [*judged, *map(Frame, labelled), *map(Frame, by_hand)]
    both = summed([measure] * len(frames), frames, 0 if measure.conditional else len(judged))
    if both is None:
        return None
    plan = evidence.plan
    with np.errstate(invalid="ignore", divide="ignore"):
        found = combined_interval(both.sums, TURNS, measure.statistic, plan.draws, plan.level, plan.seed)
    return None if isnan(found.estimate) else found


def _relabelled(outcome: Outcome, own: Mapping[str, str]) -> Outcome:
    """The outcome as people have labelled it."""
    told = {question: own[question] == LABELS[question][0] for question in own.keys() & LABELS.keys()}
    return replace(
        outcome,
        right=told.get("correctness", outcome.right),
        asserts=told.get("delivery", outcome.asserts),
        scores=outcome.scores | {axis: int(label) for axis, label in own.items() if axis not in LABELS},
    )


def _by_response(labels: Sequence[HumanLabel]) -> ByHand:
    found: dict[str, dict[str, str]] = {}
    for row in labels:
        found.setdefault(row.response_id, {})[row.question] = row.label
    return found


def _kappa(evidence: Evidence, outcomes: Sequence[Outcome], labels: ByHand, question: str) -> Interval:
    """Agreement of judge and labels on the labelled answers of both arms."""
    yes, no = LABELS[question]
    pairs = [
        (yes if judged else no, labels[o.response.id][question], o.prompt.id)
        for o in outcomes
        if (judged := o.right if question == "correctness" else o.asserts) is not None
    ]
    plan = evidence.plan
    said, by_hand, clusters = ([pair[i] for pair in pairs] for i in range(3))
    return agreement(said, by_hand, (yes, no), clusters, plan.draws, plan.level, plan.seed).kappa
