"""Missing judgements: a judge that stays silent more often on one arm decides by its silence (ERRATA rows 2, 24)."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np

from threearc.effects.arms import Arm
from threearc.effects.frames import Frame
from threearc.effects.measures import mean_of
from threearc.guards.alarms import Difference, difference
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.clusters import rate
from threearc.statistics.families import holm_within
from threearc.statistics.wording import percent

NAME = "judge_missing"
BINDS: Binds = "every verdict"
QUESTIONS = ("coverage", "oracle", "delivery", "scores", "checks", "style")


class Uneven(NamedTuple):
    """How far a question's missing share in one part of an arm lies from base's."""

    arm: str
    name: str
    found: Difference


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: the largest share of missing judgements over questions, splits and turns, its own or base's.

    A small share fails too where the arm's and base's differ by more than chance would have it.
    """
    base = missing_shares(evidence.base)
    uneven = [(arm, row) for arm in evidence.arms.values() for row in _uneven(arm, evidence.base)]
    adjusted = holm_within([row.found.p for _, row in uneven], [arm.is_control for arm, _ in uneven])
    p_values = dict(zip((row for _, row in uneven), adjusted, strict=True))
    for arm in evidence.arms.values():
        shares = {f"arm: {name}": share for name, share in missing_shares(arm).items()}
        shares |= {f"base: {name}": share for name, share in base.items()}
        if not shares:
            yield evidence.result(NAME, BINDS, "cannot run", "No judge was asked anything.", arm=arm)
            continue
        own = {row: p for row, p in p_values.items() if row.arm == arm.condition_id}
        yield _told(evidence, arm, shares, own)


def missing_shares(arm: Arm) -> dict[str, float]:
    """Share of the questions asked that have no verdict, by question and part of the arm."""
    shares: dict[str, float] = {}
    for part, outcomes in arm.parts():
        asked = Counter(chain.from_iterable(o.asked for o in outcomes))
        missing = Counter(chain.from_iterable(o.missing & o.asked for o in outcomes))
        shares |= {f"{name}, {part}": missing[name] / asked[name] for name in QUESTIONS if asked[name]}
    return shares


def _told(evidence: Evidence, arm: Arm, shares: dict[str, float], uneven: dict[Uneven, float]) -> GuardResult:
    bar, alarm = evidence.bars["missing"], evidence.bars["alarm_p"]
    worst = max(shares, key=lambda name: shares[name])
    figure = shares[worst]
    sentence = "No judgement is missing."
    if figure > 0:
        sentence = f"{percent(figure)} of the judgements are missing where most are ({worst})."
    row = min(uneven, key=lambda row: uneven[row], default=None)
    differs = row is not None and uneven[row] <= alarm
    if row is not None and differs:
        sentence += (
            f" Arm less base, their share differs by {row.found.estimate:+.3f} ({row.name}, p = {uneven[row]:.2g})."
        )
    outcome: GuardOutcome = "fail" if figure > bar or differs else "pass"
    details: dict[str, float] = {name: share for name, share in shares.items() if share}
    details |= {f"p: {found.name}": p for found, p in uneven.items()}
    return evidence.result(NAME, BINDS, outcome, sentence, arm=arm, figure=figure, bar=bar, details={**details})


def _uneven(arm: Arm, base: Arm) -> Iterator[Uneven]:
    """Differences on the prompts of both arms; what is missing nowhere is not tested."""
    theirs = dict(base.parts())
    for part, outcomes in arm.parts():
        sides = [Frame(outcomes), Frame(theirs.get(part, ()))]
        silent = set().union(*(o.missing for side in sides for o in side.outcomes))
        for question in (name for name in QUESTIONS if name in silent):
            found = difference(sides, partial(_missing, question), rate)
            if found is not None:
                yield Uneven(arm.condition_id, f"{question}, {part}", found)


def _missing(question: str, frame: Frame) -> np.ndarray:
    """Missing answers to a question, of those asked for."""
    return mean_of(frame.each(lambda outcome: question in outcome.missing if question in outcome.asked else None))
