"""Class balance: asymmetry compares wrong answers with right ones and needs enough of both (ERRATA row 7)."""

from collections.abc import Iterator

from threearc.effects.outcomes import Outcome
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult

NAME = "class_balance"
BINDS: Binds = "every verdict"
#: The disposition that is read off an asymmetry.
READ_OFF = "humble"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm: the fewest entries with an answer that is right, or wrong, in either arm, on eval or fresh prompts.

    No claim on asymmetry is read off a benchmark, which a student may fail or pass as a whole.
    """
    bar = evidence.bars["least_class"]
    for arm in evidence.arms.values():
        counts: dict[str, int] = {}
        for split in (s for s in arm.splits() if s != "benchmark"):
            for name, outcomes in (("arm", arm.split(split)), ("base", evidence.base.split(split))):
                for right in (True, False):
                    counts[f"{name}_{split}_{'right' if right else 'wrong'}"] = _entries(outcomes, right)
        least = min(counts, key=lambda name: counts[name])
        sentence = f"The rarest class ({least.replace('_', ', ')}) comes from {counts[least]} entries."
        outcome: GuardOutcome = "fail" if counts[least] < bar else "pass"
        yield evidence.result(
            NAME,
            BINDS,
            outcome,
            sentence,
            arm=arm,
            disposition=READ_OFF,
            figure=counts[least],
            bar=bar,
            details={**counts},
        )


def _entries(outcomes: list[Outcome], right: bool) -> int:
    return len({o.prompt.entry for o in outcomes if o.right is right})
