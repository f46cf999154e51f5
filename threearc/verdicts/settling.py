"""What an open verdict still lacks, and about how many entries would settle it."""

from collections.abc import Iterator
from math import ceil

from threearc.records.findings import Effect
from threearc.statistics.families import normal_quantile
from threearc.verdicts.facts import Anchor, Case, Findings, kept, shown, told

#: Beyond so many times the entries there are, a number would only look like knowledge.
FARTHEST = 50


def lacking(case: Case, found: Findings, families: tuple[int, int], level: float) -> tuple[str, int | None]:
    """Why the verdict is open, in words, and the number of entries (clusters) that would settle it.

    The number takes the estimates for true and lets intervals shrink with the root of the entries. It is None where
    more entries would not help, and where this approximation asks for no more than there are, or for far too many.

    Args:
        found: the facts of the same case.
        families: tests that share the correction for multiplicity; effects that stand out, and so are looked at again.
    """
    reasons = list(_reasons(case, found, families, level))
    here = case.eval.clusters
    counts = [count for _, count in reasons if count is not None and here < count <= FARTHEST * here]
    return "; ".join(words for words, _ in reasons), max(counts) if reasons and len(counts) == len(reasons) else None


def _reasons(case: Case, found: Findings, families: tuple[int, int], level: float) -> Iterator[tuple[str, int | None]]:
    own, facts, (family, again) = case.eval, found.facts, families
    if own.estimate is None or abs(own.estimate) <= case.margin:
        yield from _not_equivalent(own, case.margin)
        return
    good = own.estimate * case.good > 0
    if good and facts["gain"]:
        if not facts["holds_fresh"]:
            yield (
                f"on fresh prompts it moved by {_again(case, case.fresh)}",
                _to_separate(case.fresh, case.good, again, level),
            )
        for part in case.regrouped:
            if not case.holds(part, level):
                needed = _to_separate(part, case.good, again, level)
                asked = "between questions that base, asked once more, gets wrong or right"
                yield f"{asked} it moved by {_again(case, part)}", needed
        for part in case.without:
            if not case.holds(part, level):
                needed = _to_separate(part, case.good, again, level)
                yield f"without decode seed {part.left_out} it moved by {_again(case, part)}", needed
        for anchor in case.anchors:
            if not kept(anchor):
                yield f"{told(anchor.effect)}: a loss of more than {anchor.margin} is not ruled out", _to_keep(anchor)
        for guard in case.held_back("claims"):
            yield guard.sentence.rstrip("."), None
        return
    needed = _to_separate(own, case.good if good else -case.good, family, level)
    if not case.agrees:
        yield "the trend over doses goes the other way", None
    elif own.beyond(1) or own.beyond(-1):
        p = "unknown" if case.p is None else f"{case.p:.2g}"
        yield f"p is {p} after correction over {family} tests", needed
    else:
        yield "the interval takes in zero", needed


def _again(case: Case, effect: Effect | None) -> str:
    """What is left of a claim that is looked at again, with its p after correction over all that stand out."""
    p = None if effect is None else case.p_values.get(effect.id)
    return shown(effect) if p is None else f"{shown(effect)}, p {p:.2g}"


def _half(effect: Effect) -> float | None:
    return None if effect.low is None or effect.high is None else (effect.high - effect.low) / 2


def _scaled(effect: Effect, shrink: float) -> int:
    """Entries that make the effect's interval ``shrink`` times as narrow."""
    return ceil(effect.clusters * shrink**2 - 1e-9)


def _not_equivalent(own: Effect, margin: float) -> Iterator[tuple[str, int | None]]:
    estimate = own.estimate or 0.0
    if own.low is not None and own.high is not None and (own.low <= -margin or own.high >= margin):
        sides = (estimate - own.low, margin + estimate), (own.high - estimate, margin - estimate)
        longest = max(side / room for side, room in sides) if abs(estimate) < margin else None
        yield f"the interval reaches beyond ±{margin}", None if longest is None else _scaled(own, longest)
    if own.unseen is not None and own.unseen >= margin:
        yield f"a shift of up to {own.unseen:.2f} need not show in so few entries", _to_show(own, margin)


def _to_show(effect: Effect, margin: float) -> int | None:
    """Entries in which a shift of the margin would show: by the rule of three their number is inverse to the shift."""
    return None if effect.unseen is None else _scaled(effect, (effect.unseen / margin) ** 0.5)


def _to_separate(effect: Effect | None, side: int, family: int, level: float) -> int | None:
    """Entries for this estimate to stand out from zero on ``side``, at ``level`` over a family of tests."""
    if effect is None or effect.estimate is None or effect.estimate * side <= 0:
        return None
    half = _half(effect)
    if half is None:
        return None
    ratio = normal_quantile(level, family) / normal_quantile(level)
    return _scaled(effect, half * ratio / abs(effect.estimate))


def _to_keep(anchor: Anchor) -> int | None:
    """Entries for an interval that excludes a loss of more than the margin, and for such a loss to show."""
    effect, margin = anchor.effect, anchor.margin
    if effect is None or effect.estimate is None or effect.low is None or effect.estimate <= -margin:
        return None
    if effect.contrast.split == "benchmark":
        # Its problems are as many as were published.
        return None
    needed = _scaled(effect, (effect.estimate - effect.low) / (effect.estimate + margin))
    return max(needed, _to_show(effect, margin) or 0)
