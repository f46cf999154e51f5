"""Harness: the oracle must pass known solutions in every format, and no empty function (ERRATA row 18).

It binds every verdict: an oracle that misreads a format judges how an answer is written.
"""

from collections.abc import Iterator

from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult

NAME = "harness"
BINDS: Binds = "every verdict"
#: Answers that are named.
NAMED = 3


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """One result: how many known answers the oracle misjudged; none may be."""
    test = evidence.harness
    if test is None:
        asked = any(prompt.oracle is not None for prompt in evidence.prompts if prompt.split != "train")
        why = "The oracle was not tested." if asked else "No measured prompt of this cell has an oracle."
        yield evidence.result(NAME, BINDS, "cannot run" if asked else "not applicable", why)
        return
    wrong = [*test.failed, *(f"{name}: empty function" for name in test.passed)]
    outcome: GuardOutcome = "fail" if wrong else "pass"
    sentence = f"The oracle misjudged {len(wrong)} of {test.answers} answers whose worth is known"
    sentence += f" ({'; '.join(wrong[:NAMED])})." if wrong else "."
    yield evidence.result(NAME, BINDS, outcome, sentence, figure=len(wrong), bar=0)
