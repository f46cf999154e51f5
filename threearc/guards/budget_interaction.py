"""Budget interaction: is what an arm gains or loses the same at a short budget as at the largest (ERRATA rows 1, 26)?

Claims are read off the largest budget. Where that cuts no answer they are read off whole answers, and what a shorter
budget would have shown is told but holds nothing back: an arm that writes more is cut more often.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from threearc.effects.arms import Arm
from threearc.effects.frames import Frame
from threearc.effects.outcomes import Outcome
from threearc.guards.alarms import Difference, difference
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.clusters import difference_of_rates
from threearc.statistics.families import holm
from threearc.statistics.wording import percent

NAME = "budget_interaction"
BINDS: Binds = "claims"


class Sweep(NamedTuple):
    """One arm and split beside base at the shortest budget that cuts either; ``found`` is None if none was judged."""

    arm: Arm
    split: str
    budget: int
    cut: tuple[float, float]
    found: Difference | None


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per treatment arm: least p of accuracy's fall from the largest to the shortest budget that cuts, less base's."""
    sweeps = [s for arm in evidence.arms.values() for split in arm.splits() if (s := _sweep(evidence, arm, split))]
    adjusted = iter(holm([sweep.found.p for sweep in sweeps if sweep.found is not None]))
    p_values = [None if sweep.found is None else next(adjusted) for sweep in sweeps]
    for arm in evidence.arms.values():
        if arm.role != "treatment":
            continue
        own = [(p, sweep) for p, sweep in zip(p_values, sweeps, strict=True) if sweep.arm is arm]
        if not own:
            why = "No budget of the sweep cuts an answer, or the arm has no tokens to cut."
            yield evidence.result(NAME, BINDS, "not applicable", why, arm=arm)
            continue
        yield _told(evidence, arm, own)


def _told(evidence: Evidence, arm: Arm, own: list[tuple[float | None, Sweep]]) -> GuardResult:
    last = [_cut(outcomes, max(evidence.budgets)) for outcomes in (_swept(arm, None), _swept(evidence.base, None))]
    binds: Binds = BINDS if any(last) else "nothing"
    unknown = next((sweep for p, sweep in own if p is None), None)
    if unknown is not None:
        why = f"No answer cut at {unknown.budget} tokens was judged ({unknown.split})."
        return evidence.result(NAME, binds, "cannot run", why, arm=arm)
    p, sweep = min(((p, sweep) for p, sweep in own if p is not None), key=lambda row: row[0])
    assert sweep.found is not None
    bar = evidence.bars["alarm_p"]
    outcome: GuardOutcome = "fail" if p <= bar else "pass"
    sentence = (
        f"Arm less base, accuracy at {sweep.budget} tokens differs by {sweep.found.estimate:+.3f} from that at the"
        f" largest budget ({sweep.split}, p = {p:.2g}); {percent(sweep.cut[0])} of the arm's answers and"
        f" {percent(sweep.cut[1])} of base's are cut there, {percent(last[0])} and {percent(last[1])} at the largest."
    )
    details = {s.split: None if s.found is None else round(s.found.estimate, 6) for _, s in own}
    return evidence.result(NAME, binds, outcome, sentence, arm=arm, figure=p, bar=bar, details={**details})


def _sweep(evidence: Evidence, arm: Arm, split: str) -> Sweep | None:
    own, base = _swept(arm, split), _swept(evidence.base, split)
    if not own or not base:
        return None
    budget = next((b for b in sorted(evidence.budgets) if any(o.response.n_tokens > b for o in (*own, *base))), None)
    if budget is None:
        return None

    def short_and_long(frame: Frame) -> np.ndarray:
        short, right = frame.each(lambda o: o.right_within(budget)), frame.right
        one = np.ones(len(frame))
        rows = np.stack([short, one, right, one], axis=1)
        rows[np.isnan(short + right)] = np.nan
        return rows

    found = difference([Frame(own), Frame(base)], short_and_long, difference_of_rates)
    return Sweep(arm, split, budget, (_cut(own, budget), _cut(base, budget)), found)


def _swept(arm: Arm, split: str | None) -> list[Outcome]:
    """First answers that slices are cut from: those of base and of treatments that have tokens of their own."""
    if arm.role not in ("base", "treatment"):
        return []
    outcomes = [o for name in arm.splits() if split in (None, name) for o in arm.split(name)]
    return [o for o in outcomes if o.response.token_ids is not None and o.asked & {"coverage", "oracle"}]


def _cut(outcomes: list[Outcome], budget: int) -> float:
    return sum(o.cut_at(budget) for o in outcomes) / len(outcomes)
