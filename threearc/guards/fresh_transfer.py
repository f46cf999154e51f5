"""Fresh transfer: what holds on prompts like the training ones must hold on others' prompts too (ERRATA rows 8, 11).

It binds claims of movement only: an effect that is not there on eval has nothing to transfer.
"""

from collections.abc import Iterator

from threearc.guards.claimed import claims
from threearc.guards.distribution_shift import may_be_shift
from threearc.guards.protocol import Claim, Evidence
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.statistics.wording import interval

NAME = "fresh_transfer"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per claim: where eval moved in the good direction, the fresh interval must leave out zero too."""
    for claim in claims(evidence):
        if claim.fresh is not None:
            yield _transfer(evidence, claim, claim.fresh)


def _transfer(evidence: Evidence, claim: Claim, fresh: Effect) -> GuardResult:
    measure = claim.measure
    holds = fresh.beyond(measure.good)
    if holds is None:
        sentence = (
            f"{measure.name} has no interval on fresh prompts: {fresh.undefined or 'too many draws are undefined'}."
        )
        return evidence.result(NAME, BINDS, "cannot run", sentence, claim=claim)
    sentence = (
        f"{measure.name} moved by {claim.own.estimate:+.3f} on eval and by"
        f" {interval(fresh.estimate, fresh.low, fresh.high, signed=True)} on fresh prompts."
    )
    outcome: GuardOutcome = "pass" if holds else "fail"
    if not holds and may_be_shift(evidence):
        sentence += " Fresh prompts differ from eval ones, or may: it may be shift."
    return evidence.result(NAME, BINDS, outcome, sentence, claim=claim, figure=fresh.estimate, bar=0.0)
