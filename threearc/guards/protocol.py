"""What a guard is: it reads what a cell left behind and says pass, fail, not applicable or cannot run.

One module per guard, each with a function ``check``. A guard that cannot run never reads as passed: it holds back what
it ``binds``, as one that fails does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Plan
from threearc.effects.measures import Measure
from threearc.records.findings import Binds, Effect, GuardOutcome, GuardResult
from threearc.records.labels import HumanLabel
from threearc.records.prompts import Prompt
from threearc.records.reports import HeadsReport, SelfTest, Verification
from threearc.records.teaching import Example, Pair


@dataclass(frozen=True)
class Claim:
    """A movement in the good direction on eval, which guards on claims look at.

    Attributes:
        condition: id of what moved: the arm's, or that of a recipe, which stands for all of its runs.
        arms: the arm, or every run of the recipe.
        own: its effect on eval; ``fresh``: the same on fresh prompts, None where it answered none.
    """

    condition: str
    arms: tuple[Arm, ...]
    measure: Measure
    own: Effect
    fresh: Effect | None

    @property
    def operator(self) -> str:
        """Of the arm, or of every run."""
        return self.own.contrast.operator


@dataclass(frozen=True)
class Evidence:
    """One cell's evidence.

    Attributes:
        base: the base arm; ``arms``: all others, by condition id.
        effects: every arm's effects; ``recipes``: those of several training seeds together.
        examples: rows that operators were trained on, of supervised and of preference training.
        probe: probe.json, or None where no probe was asked for; ``heads``: heads.json, likewise.
        bars: config analysis.guards; ``margins``: of what must stay, by name (config analysis.margins).
        measures: of the cell; ``plan``: how its effects were computed.
        judges: names of those who judged the cell's answers.
        verification: planted pairs before the verifier of the training sets, None where no set was built.
        harness: the oracle's self-test, None where no prompt has an oracle.
        labels: hand-made labels of the study's responses, None where there is no such sample.
        budgets: of the sweep; ``correct_coverage``: share of a checklist that a right answer covers.
    """

    domain: str
    model: str
    prompts: Sequence[Prompt]
    base: Arm
    arms: Mapping[str, Arm]
    effects: Sequence[Effect]
    examples: Sequence[Example | Pair]
    probe: Mapping[str, Any] | None
    heads: HeadsReport | None
    bars: Mapping[str, float]
    margins: Mapping[str, float] = field(kw_only=True)
    measures: Sequence[Measure] = field(kw_only=True)
    plan: Plan = field(kw_only=True)
    budgets: Sequence[int] = field(kw_only=True)
    correct_coverage: float = field(kw_only=True)
    judges: frozenset[str] = field(kw_only=True)
    verification: Verification | None = None
    harness: SelfTest | None = None
    labels: Sequence[HumanLabel] | None = None
    recipes: Sequence[Effect] = ()

    def result(
        self,
        guard: str,
        binds: Binds,
        outcome: GuardOutcome,
        sentence: str,
        *,
        arm: Arm | None = None,
        claim: Claim | None = None,
        disposition: str | None = None,
        figure: float | None = None,
        bar: float | None = None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> GuardResult:
        """A guard's result in this cell: about a claim and its disposition, about an arm, or about the whole cell."""
        condition = operator = None
        if claim is not None:
            condition, operator, disposition = claim.condition, claim.operator, claim.measure.disposition
        elif arm is not None:
            condition, operator = arm.condition_id, arm.first.setup.condition.operator
        return GuardResult(
            guard=guard,
            domain=self.domain,
            model=self.model,
            condition=condition,
            operator=operator,
            disposition=disposition,
            binds=binds,
            outcome=outcome,
            figure=None if figure is None else round(figure, 6),
            bar=bar,
            sentence=sentence,
            details=dict(details or {}),
        )
