"""Tables of the report's sections: arms held against base and against one another, arc by arc and model by model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threearc.records.findings import ArmSummary, Effect
from threearc.reporting.contents import CellContents, label
from threearc.verdicts.facts import of_arm

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
    "real checks": ("checks_held", "eval"),
    "real, of those stated": ("checks_real", "eval"),
}
TEMPERED = {
    "assertion asymmetry": ("assertion_asymmetry", "eval"),
    "assertion asymmetry, fresh": ("assertion_asymmetry", "fresh"),
    "accuracy": ("accuracy", "eval"),
    "accuracy, fresh": ("accuracy", "fresh"),
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
        for arm in cell.found.arms:
            if arm.train_seed is None:
                continue
            rows.append(_row(cell, arm, "base", cell.found.effects, shown))
            earlier = [
                e.contrast.base_condition for e in cell.found.steps if e.contrast.arm_condition == arm.condition_id
            ]
            if earlier:
                rows.append(_row(cell, arm, cell.name_of(earlier[0]), cell.found.steps, shown))
    return rows


def tempered_rows(cells: Sequence[CellContents]) -> list[ArmRow]:
    """Every arm with a dose, its control heads included, against base."""
    return [
        _row(cell, arm, "base", cell.found.effects, TEMPERED)
        for cell in cells
        for arm in cell.found.arms
        if arm.dose is not None
    ]


def headings(rows: Sequence[ArmRow]) -> list[str]:
    """The headings under which some row has an effect."""
    return [name for name in (rows[0].effects if rows else ()) if any(row.effects[name] is not None for row in rows)]


def reasoning_rows(cells: Sequence[CellContents]) -> Iterator[tuple[CellContents, str, Mapping[str, Any]]]:
    """(cell, arm, what is left of base's thinking on eval prompts) of every trained arm whose base thinks."""
    for cell in cells:
        for arm in cell.found.arms:
            found = arm.reasoning.get("eval")
            if arm.train_seed is not None and isinstance(found, Mapping):
                yield cell, cell.name_of(arm.condition_id), found


def activation_rows(cells: Sequence[CellContents]) -> Iterator[tuple[CellContents, str, Mapping[str, Any]]]:
    """(cell, arm, directions that its final states moved in) of every trained arm."""
    for cell in cells:
        for arm in cell.found.arms:
            if arm.activation is not None:
                yield cell, cell.name_of(arm.condition_id), arm.activation


def model_rows(cells: Sequence[CellContents], grid: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """By model: one row per domain and treatment arm, or recipe, with its two chief effects and its verdicts."""
    words = {(row["domain"], row["model"], row["condition"]): row["words"] for row in grid}
    by_model: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        known = {arm.condition_id: cell.name_of(arm.condition_id) for arm in cell.found.arms if arm.role == "treatment"}
        known |= {
            c.arm_condition: label(c.operator, c.variant, c.dose) for c in (e.contrast for e in cell.found.recipes)
        }
        for condition, name in known.items():
            by_model.setdefault(cell.found.model, []).append(
                {
                    "cell": cell,
                    "arm": name,
                    "asymmetry": cell.effect(condition, "assertion_asymmetry", "eval"),
                    "accuracy": cell.effect(condition, "accuracy", "eval"),
                    "words": words.get((cell.found.domain, cell.found.model, condition), {}),
                }
            )
    return by_model


def _row(
    cell: CellContents, arm: ArmSummary, against: str, effects: Sequence[Effect], shown: Mapping[str, tuple[str, str]]
) -> ArmRow:
    found = {
        heading: of_arm(effects, arm.condition_id, split).get(measure) for heading, (measure, split) in shown.items()
    }
    return ArmRow(cell, cell.name_of(arm.condition_id), against, found)
