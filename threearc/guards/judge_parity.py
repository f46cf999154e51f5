"""Judge parity: both sides of a comparison are seen by the same judge, under the same prompt (ERRATA rows 3, 15)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from threearc.effects.arms import Arm
from threearc.effects.outcomes import Outcome
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.wording import percent

NAME = "judge_parity"
BINDS: Binds = "every verdict"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: the largest share of its and base's answers that another judge saw than saw most of them.

    Questions are taken one by one, over splits and turns: what holds on eval is compared with what holds on fresh.
    Checklists count by author and split, since fresh prompts and theirs are by another author.
    """
    seen: dict[frozenset[str], Seen] = {}
    for arm in evidence.arms.values():
        own = [o for _, outcomes in arm.parts() for o in outcomes]
        prompts = frozenset(o.prompt.id for o in own)
        if prompts not in seen:
            seen[prompts] = _seen(
                o for _, outcomes in evidence.base.parts() for o in outcomes if o.prompt.id in prompts
            )
        yield _same(evidence, arm, _seen(own), seen[prompts])


class Seen(NamedTuple):
    """Judges by question, and authors of checklists by split, each with the number of answers.

    Attributes:
        unknown: answers of which it is not known who judged them.
    """

    judges: dict[str, Counter[str]]
    unknown: int


def _same(evidence: Evidence, arm: Arm, own: Seen, base: Seen) -> GuardResult:
    unknown = own.unknown + base.unknown
    if unknown or not (own.judges and base.judges):
        why = f"Of {unknown} answers it is not known who judged them." if unknown else "No judge was asked anything."
        return evidence.result(NAME, BINDS, "cannot run", why, arm=arm)
    strays = {
        name: _stray(*(side.judges.get(name, Counter()) for side in (own, base)))
        for name in sorted(own.judges | base.judges)
    }
    worst = max(strays, key=lambda name: strays[name])
    outcome: GuardOutcome = "fail" if strays[worst] > 0 else "pass"
    sentence = "Every question was put to one judge, for the arm and for base."
    if outcome == "fail":
        sentence = f"Another judge than saw most answers saw {percent(strays[worst])} of them ({worst})."
    details = {name: round(share, 6) for name, share in strays.items() if share}
    return evidence.result(NAME, BINDS, outcome, sentence, arm=arm, figure=strays[worst], bar=0.0, details={**details})


def _seen(outcomes: Iterable[Outcome]) -> Seen:
    own = list(outcomes)
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    # Answers may share one table of judges: it is read once.
    tables = {id(o.judges): o.judges for o in own}
    for name, count in Counter(id(o.judges) for o in own).items():
        for question, judges in tables[name].items():
            # An answer of which another judge saw a slice counts for both.
            for judge in judges:
                seen[question][judge] += count
    for o in own:
        if o.prompt.checklist is not None and o.judges:
            seen[f"checklist author, {o.prompt.split}"][o.prompt.checklist.author] += 1
    return Seen(dict(seen), sum(not o.asked <= o.judges.keys() for o in own))


def _stray(own: Counter[str], base: Counter[str]) -> float:
    """Share of those not by the commonest; all of them where one side was not asked at all."""
    if not own or not base:
        return 1.0
    both = own + base
    return 1 - max(both.values()) / both.total()
