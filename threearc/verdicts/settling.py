"""What an open verdict still lacks, and about how many entries would settle it."""

from collections.abc import Iterator
from math import ceil
from statistics import NormalDist

from threearc.records.findings import Effect
from threearc.verdicts.facts import Case, Findings, shown


def lacking(case: Case, found: Findings, family: int, level: float) -> tuple[str, int | None]:
    """Why the verdict is open, in words, and the number of entries (clusters) that would settle it.

    The number takes the estimates for true and lets intervals shrink with the root of the entries. It is None where
    more entries would not help, and where this approximation asks for no more than there are.

    Args:
        found: the facts of the same case.
        family: tests that share the correction for multiplicity.
    """
    reasons = list(_reasons(case, found, family, level))
    counts = [count for _, count in reasons if count is not None and count > case.eval.clusters]
    return "; ".join(words for words, _ in reasons), max(counts) if len(counts) == len(reasons) else None


def _reasons(case: Case, found: Findings, family: int, level: float) -> Iterator[tuple[str, int | None]]:
    own, facts = case.eval, found.facts
    if own.estimate is None or abs(own.estimate) <= case.margin:
        yield f"the interval reaches beyond ±{case.margin}", _to_fit(own, case.margin)
        return
    good = own.estimate * case.good > 0
    if good and facts["gain"]:
        if not facts["holds_fresh"]:
            yield f"on fresh prompts it moved by {shown(case.fresh)}", _to_separate(case.fresh, case.good, 1, level)
        if not facts["content_kept"]:
            margin = case.margins["content"]
            yield (
                f"a loss of accuracy of more than {margin} is not ruled out ({found.numbers['content']})",
                _to_keep((case.content, case.content_fresh), margin),
            )
        return
    needed = _to_separate(own, case.good if good else -case.good, family, level)
    if own.beyond(1) or own.beyond(-1):
        p = "unknown" if case.p is None else f"{case.p:.2g}"
        yield f"p is {p} after correction over {family} tests", needed
    else:
        yield "the interval takes in zero", needed


def _half(effect: Effect) -> float | None:
    return None if effect.low is None or effect.high is None else (effect.high - effect.low) / 2


def _scaled(effect: Effect, shrink: float) -> int:
    """Entries that make the effect's interval ``shrink`` times as narrow."""
    return ceil(effect.clusters * shrink**2 - 1e-9)


def _to_fit(effect: Effect, margin: float) -> int | None:
    """Entries for an interval within ± margin around this estimate."""
    half, room = _half(effect), margin - abs(effect.estimate or 0.0)
    return None if half is None or room <= 0 else _scaled(effect, half / room)


def _to_separate(effect: Effect | None, side: int, family: int, level: float) -> int | None:
    """Entries for this estimate to stand out from zero on ``side``, at ``level`` over a family of tests."""
    if effect is None or effect.estimate is None or effect.estimate * side <= 0:
        return None
    half, normal = _half(effect), NormalDist()
    if half is None:
        return None
    ratio = normal.inv_cdf(1 - (1 - level) / 2 / family) / normal.inv_cdf((1 + level) / 2)
    return _scaled(effect, half * ratio / abs(effect.estimate))


def _to_keep(effects: tuple[Effect | None, Effect | None], margin: float) -> int | None:
    """Entries for intervals that exclude a loss of more than the margin."""
    needed = []
    for effect in effects:
        if effect is None or effect.estimate is None or effect.low is None or effect.estimate <= -margin:
            return None
        needed.append(_scaled(effect, (effect.estimate - effect.low) / (effect.estimate + margin)))
    return max(needed)
