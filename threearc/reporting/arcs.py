"""Tables of the report's sections: arms held against base and against one another, first looks and second looks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threearc.records.findings import ArmSummary, Effect
from threearc.reporting.contents import CellContents, label

#: The shown measures of an arm that was trained, by heading: measure and split.
TRAINED = {
    "accuracy": ("accuracy", "eval"),
    "accuracy, fresh": ("accuracy", "fresh"),
    "accuracy, benchmark": ("accuracy", "benchmark"),
    "mean coverage": ("coverage", "eval"),
    "assertion asymmetry": ("assertion_asymmetry", "eval"),
    "axes, unsettled prompts": ("axes_unsettled", "eval"),
    "axes, settled prompts": ("axes_settled", "eval"),
    "recovery": ("recovery_shared", "eval"),
}
STYLE = {
    "words": ("style_words", "eval"),
    "doubts": ("style_doubts", "eval"),
    "talk of checking": ("style_svr", "eval"),
    "warmth": ("style_warmth", "eval"),
    "checks stated": ("checks_stated", "eval"),
    "of these, real": ("checks_real", "eval"),
}


@dataclass(frozen=True)
class ArmRow:
    """One arm against a reference: effects by heading, None where there is none."""

    cell: CellContents
    name: str
    against: str
    effects: Mapping[str, Effect | None]


def trained_rows(cells: Sequence[CellContents], shown: Mapping[str, tuple[str, str]]) -> list[ArmRow]:
    """Every trained arm against base, and against the arm that it goes on from."""
    rows = []
    for cell in cells:
        arms = {arm.condition_id: arm for arm in cell.found.arms}
        for arm in arms.values():
            if arm.train_seed is None:
                continue
            rows.append(_row(cell, arm, "base", cell.found.effects, shown))
            earlier = [e.contrast.base_condition for e in cell.found.steps if e.contrast.arm_condition == arm.condition_id]
            if earlier:
                rows.append(_row(cell, arm, _name(arms[earlier[0]]), cell.found.steps, shown))
    return rows


def headings(rows: Sequence[ArmRow]) -> list[str]:
    """The headings under which some row has an effect."""
    return [name for name in (rows[0].effects if rows else ()) if any(row.effects[name] is not None for row in rows)]


def reasoning_rows(cells: Sequence[CellContents]) -> Iterator[tuple[CellContents, str, Mapping[str, Any]]]:
    """(cell, arm, what is left of base's thinking on eval prompts) of every trained arm whose base thinks."""
    for cell in cells:
        for arm in cell.found.arms:
            found = arm.reasoning.get("eval")
            if arm.train_seed is not None and isinstance(found, Mapping):
                yield cell, _name(arm), found


def activation_rows(cells: Sequence[CellContents]) -> Iterator[tuple[CellContents, str, Mapping[str, Any]]]:
    """(cell, arm, directions that its final states moved in) of every trained arm."""
    for cell in cells:
        for arm in cell.found.arms:
            if arm.activation is not None:
                yield cell, _name(arm), arm.activation


@dataclass(frozen=True)
class Look:
    """One claim as a hurried reader would make it, and as it stands on the second look.

    Attributes:
        claim: what both looks are about; ``first``, ``second``: what each reads.
        values: (estimate, low, high) of the two looks.
    """

    cell: CellContents
    arm: str
    claim: str
    first: str
    second: str
    values: tuple[tuple[float, float | None, float | None], tuple[float, float | None, float | None]]


#: Claims about arms: first look and second look, as (what it reads, measure, split).
LOOKS = {
    "accuracy": (("at the shortest budget", "accuracy_short", "eval"), ("at the longest", "accuracy", "eval")),
    "benchmark": (
        ("at the shortest budget", "accuracy_short", "benchmark"),
        ("at the longest", "accuracy", "benchmark"),
    ),
    "calibration": (("on unsettled prompts", "{}_unsettled", "eval"), ("on settled ones answered right", "{}_settled_right", "eval")),
    "self-verification": (("announced", "checks_stated", "eval"), ("real, of those", "checks_real", "eval")),
}


def looks(cells: Sequence[CellContents]) -> list[Look]:
    """First and second looks at every trained arm, and at every probe."""
    found = []
    for cell in cells:
        names = {measure.name for measure in cell.found.measures}
        calibration = next((n.removesuffix("_unsettled") for n in names if n.endswith("g_appropriateness_unsettled") or n.endswith("n_unsettled")), "")
        for arm in cell.found.arms:
            if arm.train_seed is None:
                continue
            for claim, sides in LOOKS.items():
                pair = [_value(cell, arm, measure.format(calibration), split) for _, measure, split in sides]
                if pair[0] is not None and pair[1] is not None:
                    found.append(Look(cell, _name(arm), claim, sides[0][0], sides[1][0], (pair[0], pair[1])))
    return found


def _value(
    cell: CellContents, arm: ArmSummary, measure: str, split: str
) -> tuple[float, float | None, float | None] | None:
    for e in cell.found.effects:
        if (e.contrast.arm_condition, e.measure, e.contrast.split) == (arm.condition_id, measure, split):
            return None if e.estimate is None else (e.estimate, e.low, e.high)
    return None


def _name(arm: ArmSummary) -> str:
    return label(arm.operator, arm.variant, arm.dose)


def _row(
    cell: CellContents, arm: ArmSummary, against: str, effects: Sequence[Effect], shown: Mapping[str, tuple[str, str]]
) -> ArmRow:
    own = {(e.measure, e.contrast.split): e for e in effects if e.contrast.arm_condition == arm.condition_id}
    return ArmRow(cell, _name(arm), against, {heading: own.get(key) for heading, key in shown.items()})
