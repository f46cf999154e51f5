"""Effects, guard results and verdicts: what is concluded, each bound to what it came from."""

from collections.abc import Collection
from typing import ClassVar, Literal, Self

from pydantic import Field, JsonValue

from threearc.records.base import Part, Record
from threearc.records.prompts import Split
from threearc.records.responses import Role

#: checkpoint: these weights, other prompts and decode seeds. recipe: the training recipe, other training seeds too.
Target = Literal["checkpoint", "recipe"]
Word = Literal[
    "moves cleanly",
    "moves the wrong way",
    "content damage",
    "stylistic mimicry",
    "no effect",
    "artifact",
    "not attributable",
    "not assessable",
    "inconclusive",
]
GuardOutcome = Literal["pass", "fail", "not applicable", "cannot run"]
#: What a guard that fails, or cannot run, holds back: any word but *not assessable*, claims of movement, or nothing.
Binds = Literal["every verdict", "claims", "nothing"]


#: Which decode seeds' answers an effect is of. One seed is what a hurried study would have looked at.
Seeds = Literal["all", "first", "others", "one"]


class Contrast(Part):
    """One arm held against the base arm of its cell, on one split."""

    domain: str
    model: str
    operator: str
    variant: str
    role: Role
    dose: float | None
    split: Split
    arm_condition: str
    base_condition: str


class MeasureInfo(Part):
    """What a measure is, without how it is computed.

    Attributes:
        margin: the name of the margin that it is held against.
        good: +1 if more is better, −1 if less is, 0 if it should stay.
        primary: True for the one measure that a verdict on its disposition is read off.
        keep: True if a clean movement must not lower it: of its disposition, or of any where ``disposition`` is None.
        regroups: the primary measure that this is with its groups made of questions, which no arm can change.
    """

    name: str
    disposition: str | None
    margin: str
    good: int
    primary: bool = False
    keep: bool = False
    regroups: str | None = None


class Effect(Record):
    """How far a measure moved between base and one arm.

    Attributes:
        estimate: arm minus base, in the measure's unit; None when it is not defined on these responses.
        seeds: which answers were compared, by their decode seeds; ``left_out``: the one of which none was, with others.
        arms: conditions of the arms that were taken together, where there are several: every dose, every training seed.
        doses: of a trend, base's 0 first; its estimate is the slope per unit of dose.
        low, high: the interval of ``level``.
        error: a recipe's standard error, whose interval has a half width for its prompts and one for its seeds.
        n: prompts compared; ``clusters``: the fact-base entries or problems that they come from.
        moved: how many of the clusters differ between the arms at all.
        unseen: how large a shift may be that none of these clusters shows (``unseen_shift``); None where the measure
            has no bounds.
        p: of the named test of no difference, where a verdict reads it; not corrected: verdicts carry it after their
            family's correction.
        undefined: why there is no estimate.
    """

    kind: ClassVar[str] = "effect"

    contrast: Contrast
    target: Target
    seeds: Seeds = "all"
    left_out: int | None = None
    arms: tuple[str, ...] = ()
    doses: tuple[float, ...] = ()
    measure: str
    disposition: str | None
    arm_value: float | None
    base_value: float | None
    estimate: float | None
    low: float | None
    high: float | None
    level: float = Field(gt=0, lt=1)
    error: float | None = None
    n: int
    clusters: int
    moved: int
    unseen: float | None
    test: str
    p: float | None
    undefined: str | None = None

    def beyond(self, direction: int) -> bool | None:
        """Does the interval leave out zero, on the side of ``direction``; None if there is no interval."""
        if self.low is None or self.high is None:
            return None
        return self.low > 0 if direction > 0 else self.high < 0

    def within(self, margin: float) -> bool | None:
        """Does the interval lie within ``margin`` of zero, and would more have been seen; None without an interval."""
        if self.low is None or self.high is None:
            return None
        return -margin < self.low and self.high < margin and self._would_show(margin)

    def above(self, floor: float) -> bool | None:
        """Does the interval exclude a fall to ``floor``, below zero, and would more have been seen."""
        if self.low is None:
            return None
        return self.low > floor and self._would_show(-floor)

    def _would_show(self, margin: float) -> bool:
        return self.unseen is None or self.unseen < margin


class ArmSummary(Part):
    """One arm in tables.

    Attributes:
        tables: by split, counts and rates of correctness and delivery.
        sweep: by split, accuracy and share cut at every budget.
        reasoning: by split, how much of base's thinking the arm keeps, where base thinks.
        activation: how many directions a trained student's final states moved in, where weights were trained.
    """

    condition_id: str
    operator: str
    variant: str
    role: Role
    dose: float | None
    train_seed: int | None
    settings: dict[str, JsonValue]
    tables: dict[str, JsonValue]
    sweep: dict[str, JsonValue]
    reasoning: dict[str, JsonValue] = Field(default_factory=dict)
    activation: dict[str, JsonValue] | None = None


class Unattributable(Part):
    """Why an operator had nothing to act on for a disposition.

    Attributes:
        operator, variant: the arms that it is about; None means any.
    """

    operator: str | None
    variant: str | None = None
    disposition: str
    why: str


class CellEffects(Part):
    """effects.json of a cell.

    Attributes:
        effects: every arm held against base; ``steps``: arms held against the arm that they go on from.
        parts: what verdicts are read off, on the first decode seed's answers and on the other seeds', eval prompts.
        trends: what verdicts are read off, over all doses of an operator's variant, on eval prompts; each bears the
            names of the strongest dose's arm.
        recipes: as effects, of all training seeds of a recipe together, where there are enough of them.
    """

    domain: str
    model: str
    measures: tuple[MeasureInfo, ...]
    arms: tuple[ArmSummary, ...]
    effects: tuple[Effect, ...]
    steps: tuple[Effect, ...] = ()
    parts: tuple[Effect, ...] = ()
    trends: tuple[Effect, ...] = ()
    recipes: tuple[Effect, ...] = ()
    unattributable: tuple[Unattributable, ...]

    def of_role(self, role: Role) -> list[str]:
        """Conditions of the arms of one role."""
        return [arm.condition_id for arm in self.arms if arm.role == role]

    def without(self, conditions: Collection[str]) -> Self:
        """The same without some arms, and without whatever is told of them."""
        rows = {name: value for name, value in dict(self).items() if isinstance(value, tuple)}
        kept = {name: tuple(row for row in value if _arm_of(row) not in conditions) for name, value in rows.items()}
        return self.model_copy(update=kept)


def _arm_of(row: object) -> str | None:
    if isinstance(row, ArmSummary):
        return row.condition_id
    return row.contrast.arm_condition if isinstance(row, Effect) else None


class GuardResult(Record):
    """What one guard found in one cell.

    Attributes:
        condition, operator: the arm it speaks of, or None for the whole cell.
        disposition: the disposition it speaks of, or None for all.
        binds: what it holds back where it fails or cannot run.
        figure: the number it looked at; ``bar``: the number it was held against.
        details: more numbers, for the report.
    """

    kind: ClassVar[str] = "guard result"

    guard: str
    domain: str
    model: str
    condition: str | None
    operator: str | None
    disposition: str | None
    binds: Binds
    outcome: GuardOutcome
    figure: float | None
    bar: float | None
    sentence: str
    details: dict[str, JsonValue] = Field(default_factory=dict)


class CellGuards(Part):
    """guards.json of a cell."""

    guards: tuple[GuardResult, ...]


class Alternative(Part):
    """A fact that would change a verdict: were it true (or not), the word would be another."""

    fact: str
    holds: bool
    word: Word


class Verdict(Record):
    """One word on one contrast, the rule that gave it and the rows it rests on.

    Attributes:
        condition: id of the arm's condition, or its name if it was not run.
        effects, guards: ids of the rows in the cell's effects.json and guards.json.
        numbers: the figures that the rule read.
        settled_by: how many entries would settle an open verdict.
        alternatives: what would change the word.
    """

    kind: ClassVar[str] = "verdict"

    domain: str
    model: str
    operator: str
    variant: str
    dose: float | None
    condition: str
    disposition: str
    target: Target
    target_in_words: str
    word: Word
    rule: str
    sentence: str
    numbers: dict[str, JsonValue]
    effects: tuple[str, ...]
    guards: tuple[str, ...]
    settled_by: str | None = None
    alternatives: tuple[Alternative, ...] = ()


class StudyVerdicts(Part):
    """study/verdicts.json.

    Attributes:
        verdicts: on the study's treatments.
        controls: on the arms of known truth, where the study has them.
    """

    verdicts: tuple[Verdict, ...]
    controls: tuple[Verdict, ...] = ()
