"""The ranking that picked an arm's heads must beat what noise gives the largest of so many heads (ERRATA rows 12, 13).

It binds claims of movement only: heads that mean nothing may still move something, as any heads do.
"""

from collections.abc import Iterator

from threearc.effects.arms import Arm
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.records.reports import HeadRanking
from threearc.statistics.wording import percent

NAME = "head_ranking"
BINDS: Binds = "claims"
#: A null in which fewer labels than this share move is no null.
LEAST_FREE = 0.8


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm that damps top heads: p of the largest d under permuted labels, of the way and disposition behind it."""
    rankings = {} if evidence.heads is None else {(r.disposition, r.way): r for r in evidence.heads.rankings}
    for arm in evidence.arms.values():
        settings = arm.first.setup.condition.settings
        if settings.get("selection") == "top":
            found = rankings.get((str(settings["disposition"]), str(settings["attribution"])))
            yield _stands_out(evidence, arm, found)


def _stands_out(evidence: Evidence, arm: Arm, ranking: HeadRanking | None) -> GuardResult:
    if ranking is None or ranking.maximum is None:
        why = "The ranking that picked the heads has no null to be held against."
        return evidence.result(NAME, BINDS, "cannot run", why, arm=arm)
    bar, top = evidence.bars["ranking_p"], ranking.maximum
    if top.free < LEAST_FREE:
        why = f"Only {percent(top.free)} of the labels could be exchanged: permuted labels are hardly other labels."
        return evidence.result(NAME, BINDS, "cannot run", why, arm=arm, figure=top.free, bar=LEAST_FREE)
    outcome: GuardOutcome = "pass" if top.p <= bar else "fail"
    sentence = (
        f"The largest d of all heads ({ranking.way}) is {top.observed:.2f}; permuted labels give {top.mean:.2f} in the"
        f" mean and {top.high:.2f} at the 95 % quantile (p = {top.p:.2g})."
    )
    if ranking.collinear is not None:
        sentence += f" {ranking.collinear}"
    return evidence.result(NAME, BINDS, outcome, sentence, arm=arm, figure=top.p, bar=bar)
