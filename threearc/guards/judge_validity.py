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
from typing import NamedTuple

import numpy as np

from threearc.effects.contrasts import compared, summed
from threearc.effects.frames import Frame
from threearc.effects.measures import Measure
from threearc.effects.outcomes import Outcome
from threearc.guards.claimed import claims
from threearc.guards.protocol import Claim, Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.records.labels import LABELS, HumanLabel
from threearc.statistics import sparse
from threearc.statistics.agreement import agreement
from threearc.statistics.clusters import Interval, combined_interval
from threearc.statistics.families import holm_within
from threearc.statistics.wording import interval

NAME = "judge_validity"
BINDS: Binds = "claims"
#: The judge whose rules define the measures.
DEFINING = "rules"

ByHand = Mapping[str, Mapping[str, str]]


class Corrected(NamedTuple):
    """A claim's effect less the judge's errors.

    Attributes:
        entries: labelled ones, in the smallest group that the measure divides by: what the interval is as sure as.
    """

    interval: Interval
    entries: int


@dataclass(frozen=True)
class Held:
    """A claim and what labels leave of it.

    Attributes:
        labelled: answers of the arm, or of a recipe's runs, and of base that have labels.
        found: None where the corrected effect is not defined.
        kappas: of judge and labels, by question that says yes or no.
    """

    claim: Claim
    labelled: tuple[int, int]
    found: Corrected | None
    kappas: Mapping[str, Interval]

    @property
    def p(self) -> float | None:
        """Two-sided, of no effect once corrected, by the width of its interval; None where there is none."""
        from scipy.special import stdtr, stdtrit

        if self.found is None or isnan(self.found.interval.low):
            return None
        left, degrees = self.found.interval, max(self.found.entries - 1, 1)
        spread = (left.high - left.low) / 2 / float(stdtrit(degrees, (1 + left.level) / 2))
        return 2 * float(stdtr(degrees, -abs(left.estimate) / spread)) if spread > 0 else 0.0


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
    made = [_held(evidence, claim, labels) for claim in claims(evidence)]
    tested = [(held.p, held) for held in made if held.p is not None]
    p_values = holm_within([p for p, _ in tested], [held.claim.arms[0].is_control for _, held in tested])
    adjusted = {id(held): p for (_, held), p in zip(tested, p_values, strict=True)}
    for held in made:
        yield _told(evidence, held, adjusted.get(id(held)))


def _held(evidence: Evidence, claim: Claim, labels: ByHand) -> Held:
    asked = reads(claim.measure)
    sides = compared(claim.measure, [*claim.arms, evidence.base], "eval")
    known = [[o for o in side.outcomes if asked <= labels.get(o.response.id, {}).keys()] for side in sides]
    found = corrected(evidence, claim.measure, sides, known, labels)
    every = [o for side in known for o in side]
    kappas = {} if found is None else {q: _kappa(evidence, every, labels, q) for q in sorted(asked & LABELS.keys())}
    return Held(claim, (len(every) - len(known[-1]), len(known[-1])), found, kappas)


def _told(evidence: Evidence, held: Held, p: float | None) -> GuardResult:
    """One claim's result.

    Args:
        p: of no effect once corrected, after Holm's correction over the cell's claims.
    """
    claim, found = held.claim, held.found
    measure, own = claim.measure, claim.own
    name = measure.name.replace("_", " ")
    if found is None or p is None:
        why = f"Too few answers of the arm, or of base, have labels by hand of what {name} reads."
        return evidence.result(NAME, BINDS, "cannot run", why, claim=claim)
    least = evidence.bars["judge_kappa"]
    question, kappa = min(held.kappas.items(), key=lambda item: item[1].estimate, default=("", None))
    if kappa is not None and not kappa.estimate >= least:
        told = f"Kappa of judge and labels on {question} is {interval(kappa.estimate, kappa.low, kappa.high)}."
        figure = None if isnan(kappa.estimate) else kappa.estimate
        return evidence.result(NAME, BINDS, "fail", told, claim=claim, figure=figure, bar=least)
    left = found.interval
    outcome: GuardOutcome = "pass" if p <= evidence.bars["judge_p"] and left.estimate * measure.good > 0 else "fail"
    told = interval(own.estimate, own.low, own.high, signed=True)
    sentence = (
        f"{name} moved by {told} as judged and by {interval(left.estimate, left.low, left.high, signed=True)} once"
        f" the judge's errors on {held.labelled[0]} and {held.labelled[1]} labelled answers of the arm and of base"
        f" are taken off (p = {p:.2g} over the cell's claims)."
    )
    return evidence.result(
        NAME,
        BINDS,
        outcome,
        sentence,
        claim=claim,
        figure=left.estimate,
        bar=0.0,
        details={question: round(kappa.estimate, 6) for question, kappa in held.kappas.items()},
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
) -> Corrected | None:
    """The effect less the judge's errors, with the errors of both samples; None where it is not defined.

    Args:
        judged: of the arm, or of every run of a recipe, and of base, all outcomes that are compared; ``labelled``:
            those that have labels.
        labels: by response and question.
    """
    by_hand = [[_relabelled(o, labels[o.response.id]) for o in side] for side in labelled]
    frames = [*judged, *map(Frame, labelled), *map(Frame, by_hand)]
    both = summed([measure] * len(frames), frames, 0 if measure.conditional else len(judged))
    if both is None:
        return None
    plan, runs = evidence.plan, len(judged) - 1
    effect = [1 / runs] * runs + [-1.0]
    # As judged, less the labelled answers as judged, and the same answers by hand.
    turns = [*effect, *(-turn for turn in effect), *effect]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = combined_interval(both.sums, turns, measure.statistic, plan.draws, plan.level, plan.seed)
    return None if isnan(found.estimate) else Corrected(found, sparse.fewest(both.sums))


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
    """Agreement of judge and labels on the labelled answers of all sides."""
    yes, no = LABELS[question]
    pairs = [
        (yes if judged else no, labels[o.response.id][question], o.prompt.entry)
        for o in outcomes
        if (judged := o.right if question == "correctness" else o.asserts) is not None
    ]
    plan = evidence.plan
    said, by_hand, clusters = ([pair[i] for pair in pairs] for i in range(3))
    return agreement(said, by_hand, (yes, no), clusters, plan.draws, plan.level, plan.seed).kappa
