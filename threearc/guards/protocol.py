"""What a guard is: it reads what a cell left behind and says pass, fail, not applicable or cannot run.

One module per guard, each with a function ``check``. A guard that cannot run never reads as passed: it holds back what
it ``binds``, as one that fails does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from threearc.effects.outcomes import Arm
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.records.prompts import Prompt
from threearc.records.reports import HeadsReport
from threearc.records.teaching import Example


@dataclass(frozen=True)
class Evidence:
    """One cell's evidence.

    Attributes:
        base: the base arm; ``arms``: all others, by condition id.
        effects: every effect of the cell.
        examples: rows that operators were trained on.
        probe: probe.json, or None where no probe was asked for; ``heads``: heads.json, likewise.
        bars: config analysis.guards.
    """

    domain: str
    model: str
    prompts: Sequence[Prompt]
    base: Arm
    arms: Mapping[str, Arm]
    effects: Sequence[Effect]
    examples: Sequence[Example]
    probe: Mapping[str, Any] | None
    heads: HeadsReport | None
    bars: Mapping[str, float]

    def result(
        self,
        guard: str,
        binds: Binds,
        outcome: GuardOutcome,
        sentence: str,
        *,
        arm: Arm | None = None,
        disposition: str | None = None,
        figure: float | None = None,
        bar: float | None = None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> GuardResult:
        """A guard's result in this cell, about an arm or about the whole cell."""
        return GuardResult(
            guard=guard,
            domain=self.domain,
            model=self.model,
            condition=None if arm is None else arm.condition_id,
            operator=None if arm is None else arm.first.setup.condition.operator,
            disposition=disposition,
            binds=binds,
            outcome=outcome,
            figure=None if figure is None else round(figure, 6),
            bar=bar,
            sentence=sentence,
            details=dict(details or {}),
        )
