"""Judge validity: what a claim comes to once the judge's errors, as labels by hand show them, are taken off.

It binds claims of movement only. A judge that errs more often on one arm makes an effect out of nothing, or hides what
was lost. So the effect on all answers under the judge's labels is corrected by what the same judge makes of the
labelled ones beyond what people do, on both arms, and must still stand out on the good side of zero, after Holm's
correction over the cell's claims, by a p so small that many cells can be looked at: Angelopoulos and others, Science
382 (2023). What must stay is corrected likewise, and its interval must exclude a loss of more than its margin. The
intervals know both samples, so that few labels exclude little. The offline rules are the definition of what they
measure and need no sample.
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
from threearc.guards.labelled import DEFINING, ByHand, agreed, by_response, judged_by, reads
from threearc.guards.protocol import Claim, Evidence
from threearc.records.findings import Binds, GuardResult
from threearc.records.labels import LABELS
from threearc.statistics import sparse
from threearc.statistics.clusters import Interval, combined_interval
from threearc.statistics.families import holm_within
from threearc.statistics.wording import interval

NAME = "judge_validity"
BINDS: Binds = "claims"
#: What must stay and has no labels by hand: shares of claims, for which right and wrong stand, and what code comes to.
UNLABELLED = ("coverage", "no_empty_check")


class Corrected(NamedTuple):
    """A claim's effect less the judge's errors.

    Attributes:
        entries: labelled ones, in the smallest group that the measure divides by: what the interval is as sure as.
    """

    interval: Interval
    entries: int


@dataclass(frozen=True)
class Held:
    """A claim, or what must stay for it, and what labels leave of it.

    Attributes:
        measure: the claim's own, or one that must stay.
        labelled: answers of the arm, or of a recipe's runs, and of base that have labels.
        found: None where the corrected effect is not defined.
        kappas: of judge and labels, by question that says yes or no.
    """

    claim: Claim
    measure: Measure
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
    """Per claim: kappa of judge and labels, and the claim's effect and what must stay, corrected for judge's errors."""
    if evidence.labels is None:
        if evidence.judges == {DEFINING}:
            why = "The judge's rules are the definition of what they measure."
            yield evidence.result(NAME, BINDS, "not applicable", why)
        else:
            yield evidence.result(NAME, BINDS, "cannot run", "There are no labels by hand to hold the judge against.")
        return
    labels = by_response(evidence.labels)
    made = [_held(evidence, claim, claim.measure, labels) for claim in claims(evidence)]
    tested = [(held.p, held) for held in made if held.p is not None]
    p_values = holm_within([p for p, _ in tested], [held.claim.arms[0].is_control for _, held in tested])
    adjusted = {id(held): p for (_, held), p in zip(tested, p_values, strict=True)}
    known: dict[tuple[str, str], Held] = {}
    for own in made:
        staying = []
        for measure in _must_stay(evidence, own.claim):
            # All claims of an arm stand on the same content.
            name = own.claim.condition, measure.name
            if name not in known:
                known[name] = _held(evidence, own.claim, measure, labels)
            staying.append(known[name])
        yield _told(evidence, own, staying, adjusted.get(id(own)))


def _must_stay(evidence: Evidence, claim: Claim) -> list[Measure]:
    """What must not fall for the claim, as far as a judge that may err says so."""
    return [
        m
        for m in evidence.measures
        if m.keep and m.disposition in (None, claim.measure.disposition) and m.name not in UNLABELLED
        if any(judged_by(evidence.base.outcomes, question) - {DEFINING} for question in reads(m))
    ]


def _held(evidence: Evidence, claim: Claim, measure: Measure, labels: ByHand) -> Held:
    asked = reads(measure)
    sides = compared(measure, [*claim.arms, evidence.base], "eval")
    known = [[o for o in side.outcomes if asked <= labels.get(o.response.id, {}).keys()] for side in sides]
    found = corrected(evidence, measure, sides, known, labels)
    every = [o for side in known for o in side]
    kappas = (
        {} if found is None else {q: agreed(evidence, every, labels, q).kappa for q in sorted(asked & LABELS.keys())}
    )
    return Held(claim, measure, (len(every) - len(known[-1]), len(known[-1])), found, kappas)


def _told(evidence: Evidence, own: Held, staying: Sequence[Held], p: float | None) -> GuardResult:
    """One claim's result.

    Args:
        p: of no effect once corrected, after Holm's correction over the cell's claims.
    """
    claim = own.claim
    unknown = [held for held in (own, *staying) if held.found is None or isnan(held.found.interval.low)]
    if own.found is None or p is None or unknown:
        what = (unknown or [own])[0].measure.name.replace("_", " ")
        why = f"Too few answers of the arm, or of base, have labels by hand of what {what} reads."
        return evidence.result(NAME, BINDS, "cannot run", why, claim=claim)
    # Second answers' correctness and first ones' are one question: the worse counts.
    kappas = [row for held in (own, *staying) for row in held.kappas.items()]
    kappas.sort(key=lambda row: (not isnan(row[1].estimate), row[1].estimate))
    question, kappa = kappas[0] if kappas else ("", None)
    least = evidence.bars["judge_kappa"]
    if kappa is not None and not kappa.estimate >= least:
        told = f"Kappa of judge and labels on {question} is {interval(kappa.estimate, kappa.low, kappa.high)}."
        figure = None if isnan(kappa.estimate) else kappa.estimate
        return evidence.result(NAME, BINDS, "fail", told, claim=claim, figure=figure, bar=least)
    left = own.found.interval
    stands = p <= evidence.bars["judge_p"] and left.estimate * own.measure.good > 0
    told = interval(claim.own.estimate, claim.own.low, claim.own.high, signed=True)
    sentence = (
        f"{own.measure.name.replace('_', ' ')} moved by {told} as judged and by {_shown(left)} once the judge's errors"
        f" on {own.labelled[0]} and {own.labelled[1]} labelled answers of the arm and of base are taken off (p ="
        f" {p:.2g} over the cell's claims)."
    )
    lost = [
        f" {held.measure.name.replace('_', ' ')} then moved by {_shown(held.found.interval)}: a loss of more than"
        f" {evidence.margins[held.measure.margin]} is not ruled out."
        for held in staying
        if held.found is not None and held.found.interval.low <= -evidence.margins[held.measure.margin]
    ]
    return evidence.result(
        NAME,
        BINDS,
        "pass" if stands and not lost else "fail",
        sentence + "".join(lost),
        claim=claim,
        figure=left.estimate,
        bar=0.0,
        details={question: round(kappa.estimate, 6) for question, kappa in reversed(kappas)},
    )


def _shown(found: Interval) -> str:
    return interval(found.estimate, found.low, found.high, signed=True)


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
