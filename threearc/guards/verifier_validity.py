"""Verifier validity: what filters the training sets must find planted wrong answers wrong (ERRATA row 21).

The pairs are those that the teachers wrote for it: a gold answer and a wrong one to the same prompt. It binds every
verdict on arms that were trained on what the verifier let through, and no other.
"""

from collections.abc import Iterator

from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.wording import percent

NAME = "verifier_validity"
BINDS: Binds = "every verdict"
#: Fewer pairs say nothing of a share.
LEAST_PAIRS = 10


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per trained arm: the share of the pairs of which the good side was found right and the bad side wrong."""
    trained = [arm for arm in evidence.arms.values() if arm.first.setup.train_seed is not None]
    if not trained:
        yield evidence.result(NAME, BINDS, "not applicable", "No arm of this cell is trained on verified rows.")
    bar, found = evidence.bars["verifier"], evidence.verification
    for arm in trained:
        if found is None or found.pairs < LEAST_PAIRS:
            pairs = 0 if found is None else found.pairs
            why = f"Only {pairs} pairs of a good and a bad answer could be checked; {LEAST_PAIRS} are needed."
            yield evidence.result(NAME, BINDS, "cannot run", why, arm=arm)
            continue
        share = found.preferred / found.pairs
        outcome: GuardOutcome = "pass" if share >= bar else "fail"
        sentence = (
            f"The verifier preferred the good answer in {found.preferred} of {found.pairs} planted pairs"
            f" ({percent(share)}); it did not find {found.good_rejected} good ones right and {found.bad_accepted} bad"
            " ones wrong."
        )
        yield evidence.result(NAME, BINDS, outcome, sentence, arm=arm, figure=share, bar=bar)
