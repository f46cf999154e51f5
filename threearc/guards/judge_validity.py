"""Judge validity: against labels made by hand the judge must agree, and err alike on both arms.

It binds claims of movement only. A judge that errs more often on one arm makes an effect out of nothing, so a
difference in errors must be excluded, not merely go unseen: a sample that is too small cannot run. The offline rules
are the definition of what they measure and need no sample.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan

from pydantic import JsonValue

from threearc.effects.outcomes import Arm, Outcome
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.records.labels import LABELS, HumanLabel, Labelled
from threearc.statistics.agreement import agreement
from threearc.statistics.clusters import Interval
from threearc.statistics.wording import interval, percent

NAME = "judge_validity"
BINDS: Binds = "claims"
#: The judge whose rules define the measures.
DEFINING = "rules"


@dataclass(frozen=True)
class Twice:
    """One response's label by the judge and by hand, each True for the first of the question's labels."""

    prompt: str
    judged: bool
    labelled: bool


@dataclass(frozen=True)
class Error:
    """One way to err on one question: shares of the arm's and of base's labelled answers, and their difference."""

    says: str
    arm: float
    base: float
    difference: Interval


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: kappa of judge and labels over the cell, and both ways to err, whose differences must stay small."""
    if evidence.labels is None:
        if evidence.judges == {DEFINING}:
            why = "The judge's rules are the definition of what they measure."
            yield evidence.result(NAME, BINDS, "not applicable", why)
        else:
            yield evidence.result(NAME, BINDS, "cannot run", "There are no labels by hand to hold the judge against.")
        return
    kappas = _kappas(evidence, evidence.labels)
    for arm in evidence.arms.values():
        yield _of_arm(evidence, arm, evidence.labels, kappas)


def _of_arm(
    evidence: Evidence, arm: Arm, labels: Sequence[HumanLabel], kappas: dict[Labelled, Interval]
) -> GuardResult:
    errors = [error for question in LABELS for error in _errors(evidence, arm, labels, question)]
    if not errors or any(isnan(kappa.estimate) for kappa in kappas.values()):
        why = "Too few answers of the arm, or of base, have labels by hand, or all have the same."
        return evidence.result(NAME, BINDS, "cannot run", why, arm=arm)
    least, most = evidence.bars["judge_kappa"], evidence.bars["judge_difference"]
    question, kappa = min(kappas.items(), key=lambda item: item[1].estimate)
    agreed = f"Kappa of judge and labels on {question} is {interval(kappa.estimate, kappa.low, kappa.high)}"
    if kappa.estimate < least:
        return evidence.result(NAME, BINDS, "fail", f"{agreed}.", arm=arm, figure=kappa.estimate, bar=least)
    worst = max(errors, key=lambda error: max(abs(error.difference.low), abs(error.difference.high)))
    outcome: GuardOutcome = "pass"
    if any(abs(error.difference.estimate) > most for error in errors):
        outcome = "fail"
        worst = max(errors, key=lambda error: abs(error.difference.estimate))
    elif max(abs(worst.difference.low), abs(worst.difference.high)) > most:
        outcome = "cannot run"
    shown = worst.difference
    sentence = (
        f"{agreed}; the judge {worst.says} {percent(worst.arm)} of the arm's labelled answers and in"
        f" {percent(worst.base)} of base's, a difference of"
        f" {interval(shown.estimate, shown.low, shown.high, signed=True)}."
    )
    if outcome == "cannot run":
        sentence += f" Too few labels to exclude {most:g}."
    details: dict[str, JsonValue] = {error.says.removesuffix(" in"): [error.arm, error.base] for error in errors}
    return evidence.result(
        NAME, BINDS, outcome, sentence, arm=arm, figure=abs(shown.estimate), bar=most, details=details
    )


def _kappas(evidence: Evidence, labels: Sequence[HumanLabel]) -> dict[Labelled, Interval]:
    """Agreement over all arms, by question with labels of this cell."""
    plan, found = evidence.plan, {}
    for question, (yes, no) in LABELS.items():
        pairs = [p for arm in (evidence.base, *evidence.arms.values()) for p in _pairs(arm, labels, question)]
        if pairs:
            first, second = ([yes if said else no for said in side] for side in _sides(pairs))
            clusters = [p.prompt for p in pairs]
            found[question] = agreement(first, second, (yes, no), clusters, plan.draws, plan.level, plan.seed).kappa
    return found


def _errors(evidence: Evidence, arm: Arm, labels: Sequence[HumanLabel], question: Labelled) -> Iterator[Error]:
    """Both ways to err, where both sides have labels."""
    own, base = (_pairs(side, labels, question) for side in (arm, evidence.base))
    if not own or not base:
        return
    for judged, (said, truth) in ((True, LABELS[question]), (False, LABELS[question][::-1])):
        counts = [sum(p.judged is judged and p.labelled is not judged for p in side) for side in (own, base)]
        yield Error(
            f"took for {said} what was {truth} in",
            counts[0] / len(own),
            counts[1] / len(base),
            _difference(counts[0], len(own), counts[1], len(base), evidence.plan.level),
        )


def _pairs(arm: Arm, labels: Sequence[HumanLabel], question: Labelled) -> list[Twice]:
    """The arm's measured answers that judge and hand have labelled."""
    by_hand = {row.response_id: row.label == LABELS[question][0] for row in labels if row.question == question}
    return [
        Twice(o.prompt.id, judged, by_hand[o.response.id])
        for _, outcomes in arm.parts()
        for o in outcomes
        if o.response.id in by_hand and (judged := _judged(o, question)) is not None
    ]


def _judged(outcome: Outcome, question: Labelled) -> bool | None:
    return outcome.right if question == "correctness" else outcome.asserts


def _sides(pairs: Sequence[Twice]) -> tuple[list[bool], list[bool]]:
    return [p.judged for p in pairs], [p.labelled for p in pairs]


def _difference(k: int, n: int, base_k: int, base_n: int, level: float) -> Interval:
    """Difference of two shares with Newcombe's interval, which holds for shares near 0 as well."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(k, n, base_k, base_n, method="newcomb", compare="diff", alpha=1 - level)
    return Interval(k / n - base_k / base_n, float(low), float(high), level)
