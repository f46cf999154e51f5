"""The facts that a verdict rests on, from effects and guard results of one contrast."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from threearc.records.findings import Binds, Effect, GuardResult
from threearc.statistics.wording import interval


@dataclass(frozen=True)
class Anchor:
    """What must not fall: an effect, None if it was not computed, and the most that it may fall by."""

    effect: Effect | None
    margin: float


@dataclass(frozen=True)
class Repair:
    """The primary measure as a naive analysis reads it, and as the repair does.

    Attributes:
        naively, repaired_by: both in words.
        shrinks: True if the repair leaves less of a true movement too, so that little of it is not nothing.
    """

    naively: str
    repaired_by: str
    naive: Effect
    repaired: Effect
    shrinks: bool = False

    def claims(self, good: int, margin: float) -> bool:
        """Would the naive analysis claim a gain?"""
        return self.naive.beyond(good) is True and abs(self.naive.estimate or 0.0) > margin

    def removes(self, good: int, margin: float) -> bool | None:
        """Is the gain gone: next to nothing or a loss, or not to be told from zero and clearly less than the claim?"""
        left = self.repaired
        if left.estimate is None or left.low is None or left.high is None:
            return None
        if left.beyond(-good) or (left.within(margin) and not self.shrinks):
            return True
        return left.beyond(good) is False and _clearly_less(left, self.naive, good)


@dataclass(frozen=True)
class Case:
    """All that bears on one verdict: an arm, a disposition and its primary measure.

    Attributes:
        good: +1 or −1, the measure's good direction.
        eval, fresh: the primary measure's effects.
        trend: its slope over the doses of which the arm's is the strongest, where there are several.
        anchors: content, and what else must stay for a clean movement, on eval, on fresh and on a benchmark.
        p_values: p after correction for multiplicity, by effect id.
        without: the primary measure's effects on eval without each of the decode seeds, where there are several.
        regrouped: of a measure that conditions on correctness, the same with groups that the arm cannot change.
        repairs: what a naive analysis would have looked at, and what is left of it after a repair.
        style: effects on style features, on eval; ``excess``: how much further each moved than the primary measure.
        guards: of the arm and of its cell.
        not_attributable: why the operator had nothing to act on, if so.
        margins: config analysis.margins; ``margin``: the measure's own.
    """

    good: int
    margin: float
    eval: Effect
    fresh: Effect | None
    anchors: Sequence[Anchor]
    p_values: Mapping[str, float]
    without: Sequence[Effect]
    repairs: Sequence[Repair]
    style: Sequence[Effect]
    excess: Mapping[str, Effect]
    guards: Sequence[GuardResult]
    not_attributable: str | None
    style_margin: float
    trend: Effect | None = None
    regrouped: Sequence[Effect] = ()

    @property
    def p(self) -> float | None:
        """p after correction: of the trend over doses, where there is one, else of the effect on eval."""
        return self.p_values.get((self.trend or self.eval).id)

    def holds(self, again: Effect, level: float) -> bool | None:
        """Does a claim hold where it is looked at again: beyond zero, and after correction over all that stand out.

        Without a correction where there is nothing to correct: of what does not stand out, and of a decode seed without
        which the claim is not weakest.
        """
        beyond, p = again.beyond(self.good), self.p_values.get(again.id, again.p)
        return None if beyond is None else beyond and p is not None and p <= 1 - level

    @property
    def agrees(self) -> bool:
        """Does the trend, where there is one, go the way that the strongest dose went?"""
        return self.trend is None or (self.trend.estimate or 0.0) * (self.eval.estimate or 0.0) > 0

    @property
    def content(self) -> list[Anchor]:
        """The anchors of every disposition."""
        return [anchor for anchor in self.anchors if anchor.effect is not None and anchor.effect.disposition is None]

    def held_back(self, what: Binds) -> list[GuardResult]:
        """The guards that hold it back: they failed or could not run."""
        return [guard for guard in self.guards if guard.binds == what and guard.outcome in ("fail", "cannot run")]


@dataclass
class Findings:
    """Facts by name, and the numbers and sentences that a verdict prints."""

    facts: dict[str, bool | None] = field(default_factory=dict)
    numbers: dict[str, JsonValue] = field(default_factory=dict)


def find(case: Case, level: float) -> Findings:
    """Compute every fact of the verdict table for one case."""
    own, fresh, margin = case.eval, case.fresh, case.margin
    broken = case.held_back("every verdict")
    found = Findings()
    claimed = [repair for repair in case.repairs if repair.claims(case.good, margin)]
    removed = [repair for repair in claimed if repair.removes(case.good, margin)]
    worst = next(iter(removed), None)
    moved = [e for e in case.style if abs(e.estimate or 0) > case.style_margin and e.beyond(_sign(e))]
    significant = case.p is not None and case.p <= 1 - level and case.agrees
    matters = own.estimate is not None and abs(own.estimate) > margin
    found.facts = {
        "premise_fails": bool(broken),
        "undefined": own.low is None,
        "not_attributable": case.not_attributable is not None,
        "naive_gain": bool(claimed),
        "gone_when_repaired": bool(removed),
        "content_lost": any(_lost(anchor, case.p_values, level) for anchor in case.content),
        "wrong_way": significant and matters and own.beyond(-case.good) is True,
        "gain": significant and matters and own.beyond(case.good) is True,
        "holds_fresh": None if fresh is None else case.holds(fresh, level) and not fresh.within(margin),
        "holds_regrouped": all(case.holds(part, level) for part in case.regrouped),
        "holds_without": all(case.holds(part, level) for part in case.without),
        "kept": bool(case.content) and all(kept(anchor) for anchor in case.anchors),
        "guards_allow": not case.held_back("claims"),
        "style_moved": bool(moved),
        "style_exceeds": any(case.excess[e.measure].beyond(1) for e in moved if e.measure in case.excess),
        "equivalent": own.within(margin),
    }
    strongest = max(case.style, key=lambda e: abs(e.estimate or 0), default=None)
    found.numbers = {
        "measure": own.measure.replace("_", " "),
        "margin": margin,
        "estimate": shown(own),
        "fresh": shown(fresh),
        "trend": "" if case.trend is None else _over_doses(case.trend),
        "naive": "" if worst is None else f"{shown(worst.naive)} {worst.naively}",
        "repaired": "" if worst is None else f"{shown(worst.repaired)} {worst.repaired_by}",
        "content": told(_worst(case, level)),
        "style": "none" if strongest is None else f"{strongest.measure.removeprefix('style_')} {shown(strongest)} SD",
        "p_adjusted": case.p,
        "premise": " ".join(guard.sentence for guard in broken),
        "undefined": own.undefined or "the interval cannot be computed",
        "why_not_attributable": case.not_attributable or "",
    }
    return found


def kept(anchor: Anchor) -> bool | None:
    """Is a fall of more than the margin excluded; None where there is no interval."""
    return None if anchor.effect is None else anchor.effect.above(-anchor.margin)


def told(effect: Effect | None) -> str:
    """What moved, by how much and on which prompts, for people."""
    if effect is None:
        return "content is not defined"
    return f"{effect.measure.replace('_', ' ')} moved by {shown(effect)} on {effect.contrast.split} prompts"


def shown(effect: Effect | None) -> str:
    """An effect for people."""
    if effect is None or effect.estimate is None or effect.low is None:
        return "not defined"
    return interval(effect.estimate, effect.low, effect.high, signed=True)


def _over_doses(trend: Effect) -> str:
    doses = ", ".join(f"{dose:g}" for dose in trend.doses)
    return f" Over the doses {doses} it moved by {shown(trend)} per unit of dose."


def _lost(anchor: Anchor, p_values: Mapping[str, float], level: float) -> bool:
    """Damage: a fall beyond the margin that stands out from zero after correction for multiplicity."""
    effect = anchor.effect
    if effect is None or effect.estimate is None:
        return False
    significant = p_values.get(effect.id, 1.0) <= 1 - level
    return significant and effect.beyond(-1) is True and effect.estimate < -anchor.margin


def _worst(case: Case, level: float) -> Effect | None:
    """The content effect to name: one that is lost if there is any, and then the lowest."""
    ranked = [
        (not _lost(anchor, case.p_values, level), anchor.effect.estimate, anchor.effect)
        for anchor in case.content
        if anchor.effect is not None and anchor.effect.estimate is not None
    ]
    return min(ranked, key=lambda row: row[:2])[2] if ranked else None


def _clearly_less(left: Effect, claim: Effect, good: int) -> bool:
    """Is a claim more than what is left of it, by the interval of their difference?

    The interval is recovered from their own as if they were independent; on shared entries it is too wide then. Zou and
    Donner, Statistics in Medicine 27 (2008).
    """
    # Of the claim the end nearer to zero counts, of what is left the one farther out.
    near, far = (claim.low, left.high) if good > 0 else (claim.high, left.low)
    if left.estimate is None or claim.estimate is None or near is None or far is None:
        return False
    return good * (claim.estimate - left.estimate) > math.hypot(claim.estimate - near, far - left.estimate)


def _sign(effect: Effect) -> int:
    return 1 if (effect.estimate or 0) > 0 else -1


def of_arm(effects: Iterable[Effect], condition: str, split: str) -> dict[str, Effect]:
    """One arm's effects on one split, by measure."""
    return {e.measure: e for e in effects if e.contrast.arm_condition == condition and e.contrast.split == split}
