"""The facts that a verdict rests on, from effects and guard results of one contrast."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from threearc.records.findings import Effect, GuardResult

#: Guards whose premise every claim needs, and those that only claims about asymmetry need.
PREMISES = ("truncation", "judge_missing", "contamination")
ASYMMETRY_PREMISES = ("class_balance",)


@dataclass(frozen=True)
class Case:
    """All that bears on one verdict: an arm, a disposition and its primary measure.

    Attributes:
        good: +1 or −1, the measure's good direction.
        eval, fresh: the primary measure's effects; ``p``: eval's adjusted p.
        content, content_fresh: accuracy's effects, None where the domain's prompts cannot be checked.
        style: effects on style features, on eval.
        guards: of the arm and of its cell.
        not_attributable: why the operator had nothing to act on, if so.
        margins: config analysis.margins; ``margin``: the measure's own.
    """

    good: int
    margin: float
    eval: Effect
    fresh: Effect | None
    p: float | None
    content: Effect | None
    content_fresh: Effect | None
    style: Sequence[Effect]
    guards: Sequence[GuardResult]
    not_attributable: str | None
    margins: Mapping[str, float]


@dataclass
class Findings:
    """Facts by name, and the numbers and sentences that a verdict prints."""

    facts: dict[str, bool | None] = field(default_factory=dict)
    numbers: dict[str, JsonValue] = field(default_factory=dict)


def find(case: Case, level: float) -> Findings:
    """Compute every fact of the verdict table for one case."""
    own, fresh, margin = case.eval, case.fresh, case.margin
    broken = _broken_premises(case)
    found = Findings()
    significant = case.p is not None and case.p <= 1 - level
    matters = own.estimate is not None and abs(own.estimate) > margin
    found.facts = {
        "premise_fails": bool(broken),
        "undefined": own.low is None,
        "not_attributable": case.not_attributable is not None,
        "naive_gain": own.beyond(case.good) is True and matters,
        "gone_when_repaired": _gone(fresh, case.good, margin),
        "content_lost": any(lost(effect, case.margins["content"]) for effect in (case.content, case.content_fresh)),
        "wrong_way": significant and matters and own.beyond(-case.good) is True,
        "gain": significant and matters and own.beyond(case.good) is True,
        "holds_fresh": None if fresh is None else fresh.beyond(case.good),
        "content_kept": kept(case.content, case.margins["content"])
        and kept(case.content_fresh, case.margins["content"]),
        "style_moved": any(abs(e.estimate or 0) > case.margins["style"] and e.beyond(_sign(e)) for e in case.style),
        "equivalent": own.within(margin),
    }
    strongest = max(case.style, key=lambda e: abs(e.estimate or 0), default=None)
    found.numbers = {
        "measure": own.measure.replace("_", " "),
        "margin": margin,
        "estimate": shown(own),
        "fresh": shown(fresh),
        "content": _told_with_split(_worse(case.content, case.content_fresh)),
        "style": "none" if strongest is None else f"{strongest.measure.removeprefix('style_')} {shown(strongest)} SD",
        "p_adjusted": case.p,
        "premise": " ".join(guard.sentence for guard in broken),
        "undefined": own.undefined or "the interval cannot be computed",
        "why_not_attributable": case.not_attributable or "",
    }
    return found


def lost(effect: Effect | None, margin: float) -> bool:
    """Content damage: a loss beyond the margin whose interval leaves out zero."""
    if effect is None or effect.estimate is None or effect.high is None:
        return False
    return effect.high < 0 and effect.estimate < -margin


def kept(effect: Effect | None, margin: float) -> bool | None:
    """Does the interval exclude a loss of more than the margin; None if there is no interval."""
    return None if effect is None or effect.low is None else effect.low > -margin


def shown(effect: Effect | None) -> str:
    """An effect for people."""
    if effect is None or effect.estimate is None or effect.low is None:
        return "not defined"
    return f"{effect.estimate:+.3f} ({effect.low:+.3f} to {effect.high:+.3f})"


def _broken_premises(case: Case) -> list[GuardResult]:
    names = PREMISES + (ASYMMETRY_PREMISES if "asymmetry" in case.eval.measure else ())
    return [guard for guard in case.guards if guard.guard in names and guard.outcome in ("fail", "cannot run")]


def _worse(first: Effect | None, second: Effect | None) -> Effect | None:
    """Of two effects the one that lost more."""
    known = [effect for effect in (first, second) if effect is not None and effect.estimate is not None]
    return min(known, key=lambda effect: effect.estimate or 0.0, default=None)


def _told_with_split(effect: Effect | None) -> str:
    return shown(effect) if effect is None else f"{shown(effect)} on {effect.contrast.split} prompts"


def _gone(fresh: Effect | None, good: int, margin: float) -> bool | None:
    """Is nothing left of a gain on fresh prompts: equivalent to zero and not beyond it, or on the other side?"""
    if fresh is None or fresh.low is None:
        return None
    return bool(fresh.beyond(-good) or (fresh.within(margin) and not fresh.beyond(good)))


def _sign(effect: Effect) -> int:
    return 1 if (effect.estimate or 0) > 0 else -1


def of_arm(effects: Iterable[Effect], condition: str, split: str) -> dict[str, Effect]:
    """One arm's effects on one split, by measure."""
    return {e.measure: e for e in effects if e.contrast.arm_condition == condition and e.contrast.split == split}
