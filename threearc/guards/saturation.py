"""Saturation: base already scores high on an axis, and no arm can raise it (ERRATA row 22).

It holds nothing back: the table of verdicts has a word of its own for it, *not attributable*, from the same share.
"""

from collections.abc import Iterator, Sequence

from threearc.domains.protocol import HIGH, SATURATED
from threearc.effects.saturation import share_high
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult, MeasureInfo
from threearc.statistics.wording import percent

NAME = "saturation"
BINDS: Binds = "nothing"


def check(evidence: Evidence, measures: Sequence[MeasureInfo]) -> Iterator[GuardResult]:
    """Per axis that a verdict is read off: the share of base's eval answers that score high."""
    for measure in measures:
        if not measure.primary or measure.margin != "axis":
            continue
        axis = measure.name.replace("_", " ")
        share = share_high(evidence.base.split("eval"), measure.name)
        if share is None:
            why = f"None of base's answers has a score on {axis}."
            yield evidence.result(NAME, BINDS, "cannot run", why, disposition=measure.disposition)
            continue
        outcome: GuardOutcome = "fail" if share >= SATURATED else "pass"
        sentence = f"{percent(share)} of base's answers score {HIGH} or more on {axis}."
        yield evidence.result(
            NAME, BINDS, outcome, sentence, disposition=measure.disposition, figure=share, bar=SATURATED
        )
