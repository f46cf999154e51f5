"""Judge discernment: a judge that says the same of everything finds no effect anywhere (ERRATA row 2).

It binds every verdict on what is read off the question: that nothing moved is worth no more than the judge. Where there
are labels by hand, kappa must not lie below its bar beyond doubt, whatever an arm claims; of axes it is weighted. A
judge that gave one answer throughout can only be believed where people did too. The offline rules define what they
measure.
"""

from collections.abc import Iterator, Sequence
from math import isnan

from threearc.effects.outcomes import Outcome
from threearc.guards.labelled import DEFINING, ByHand, agreed, by_response, judged_by, reads, said
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.wording import interval

NAME = "judge_discernment"
BINDS: Binds = "every verdict"
#: What is read off it must stay for every verdict.
OF_ALL = "correctness"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per question that verdicts are read off and that a judge answers who may err."""
    if evidence.judges == {DEFINING}:
        why = "The judge's rules are the definition of what they measure."
        yield evidence.result(NAME, BINDS, "not applicable", why)
        return
    outcomes = [o for arm in (evidence.base, *evidence.arms.values()) for o in arm.outcomes]
    labels = by_response(evidence.labels or ())
    read: dict[str, set[str | None]] = {}
    for measure in (m for m in evidence.measures if m.primary):
        for question in sorted(reads(measure)):
            read.setdefault(question, set()).add(None if question == OF_ALL else measure.disposition)
    for question, dispositions in read.items():
        if judged_by(outcomes, question) - {DEFINING}:
            outcome, sentence, figure = _found(evidence, question, outcomes, labels)
            for disposition in sorted(dispositions, key=str):
                bar = None if figure is None else evidence.bars["judge_kappa"]
                yield evidence.result(NAME, BINDS, outcome, sentence, disposition=disposition, figure=figure, bar=bar)


def _found(
    evidence: Evidence, question: str, outcomes: Sequence[Outcome], labels: ByHand
) -> tuple[GuardOutcome, str, float | None]:
    """Outcome, sentence, and how far judge and labels agree where there are labels."""
    told = question.replace("_", " ")
    answers = [answer for o in outcomes if (answer := said(o, question)) is not None]
    labelled = [o for o in outcomes if question in labels.get(o.response.id, {}) and said(o, question) is not None]
    by_hand = {labels[o.response.id][question] for o in labelled}
    if not answers:
        return "cannot run", f"The judge has said nothing to {told}.", None
    first, *more = sorted(set(answers))
    if not more:
        if by_hand == {first}:
            return "pass", f"The judge said {first} to {told} of every answer, and so did people of theirs.", None
        return "fail", f"The judge said {first} to {told} of every answer, {len(answers)} of them.", None
    if not labelled:
        return "pass", f"The judge's answers to {told} differ; there are no labels by hand to say how rightly.", None
    found = agreed(evidence, labelled, labels, question)
    # Of a judge, or people, who gave one answer to all that is labelled kappa knows nothing: agreement itself is asked.
    sure = found.kappa if not isnan(found.kappa.high) else found.pabak
    name = "Kappa" if sure is found.kappa else "Agreement beyond chance (PABAK)"
    sentence = f"{name} of judge and labels on {told} is {interval(sure.estimate, sure.low, sure.high)}."
    return "fail" if sure.high < evidence.bars["judge_kappa"] else "pass", sentence, sure.estimate
