"""What the report says: tables and figures from the study's documents, every number with the file it stands in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threearc.records.findings import ArmSummary, CellEffects, Effect, GuardResult, Verdict
from threearc.records.untouched import OTHER_SEEDS
from threearc.reporting import figures
from threearc.verdicts.facts import of_arm
from threearc.verdicts.rules import TABLE

#: Operators in the order of their colours.
OPERATORS = ("sft", "dpo", "tempered", "sidecar")
ARCS = {"sft": "1", "dpo": "1", "tempered": "2", "sidecar": "3"}
STEPS = ("cv", "grouped cv", "fresh")


@dataclass(frozen=True)
class CellContents:
    """One cell's documents.

    Attributes:
        folder: of the cell, relative to the report: links start there.
        probe, heads: probe.json and heads.json, where the study has these operators.
    """

    folder: str
    found: CellEffects
    guards: Sequence[GuardResult]
    probe: Mapping[str, Any] | None
    heads: Mapping[str, Any] | None

    @property
    def title(self) -> str:
        """The cell's name for people."""
        return f"{self.found.model}, {self.found.domain}"

    def name_of(self, condition: str) -> str:
        """An arm's name for people; "base" for the base arm."""
        return next(
            label(arm.operator, arm.variant, arm.dose) for arm in self.found.arms if arm.condition_id == condition
        )

    def effect(self, condition: str, measure: str, split: str) -> Effect | None:
        """An arm's effect against base, or a recipe's, None where there is none."""
        return of_arm((*self.found.effects, *self.found.recipes), condition, split).get(measure)

    def effects(self, measure: str, split: str) -> list[Effect]:
        """All arms' effects on a measure and split."""
        return [e for e in self.found.effects if e.measure == measure and e.contrast.split == split]

    def recipes(self, measure: str, split: str) -> list[Effect]:
        """Effects on a measure and split of all training seeds together."""
        return [e for e in self.found.recipes if e.measure == measure and e.contrast.split == split]


def label(operator: str, variant: str, dose: float | None) -> str:
    """An arm's name for people."""
    if dose is not None:
        return f"{variant}, λ = {1 - dose:g}"
    return variant if operator in ("base", variant) else f"{operator}, {variant}"


def verdict_grid(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """One row per cell and arm, a verdict per disposition."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for verdict in verdicts:
        arm = label(verdict.operator, verdict.variant, verdict.dose)
        row = rows.setdefault(
            (verdict.domain, verdict.model, verdict.condition),
            {
                "domain": verdict.domain,
                "model": verdict.model,
                "condition": verdict.condition,
                "arm": arm,
                "words": {},
            },
        )
        row["words"][verdict.disposition] = verdict
    return list(rows.values())


def tally(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """How often each word was said of each operator, the words in the order of the verdict table."""
    said = list(dict.fromkeys(row.word for row in TABLE if any(v.word == row.word for v in verdicts)))
    operators = dict.fromkeys(verdict.operator for verdict in verdicts)
    rows = [
        {"arc": ARCS.get(o, ""), "operator": o, "counts": Counter(v.word for v in verdicts if v.operator == o)}
        for o in operators
    ]
    return {"words": said, "rows": rows}


def pooled_forest(synthesis: Mapping[str, Any]) -> str | None:
    """What all cells show together, in margins of its measure, the good way up; one panel per disposition."""
    panels: dict[str, list[figures.ForestRow]] = {}
    for row in synthesis["across"]["rows"]:
        if row["p"] is None:
            continue
        scale = row["good"] / row["margin"]
        low, high = sorted(row[end] * scale for end in ("low", "high"))
        name = label(row["operator"], row["variant"], None)
        point = (0.0, row["estimate"] * scale, low, high)
        panels.setdefault(row["disposition"].replace("_", " "), []).append(
            figures.ForestRow(name, point, None, _colour(row["operator"]))
        )
    return figures.forest(panels, "pooled change, in margins; more is better", 1.0) if panels else None


def _colour(operator: str) -> int:
    return OPERATORS.index(operator) if operator in OPERATORS else len(OPERATORS)


def swept(arm: ArmSummary, split: str) -> bool:
    """Is the arm's sweep of budgets worth a line: base's and treatments' are, where the arm has tokens of its own."""
    return arm.role in ("base", "treatment") and bool(arm.sweep.get(split))


def noise_band(cell: CellContents, measure: str) -> figures.Band | None:
    """What base shows against itself on eval prompts, with other decode seeds: the cell's noise floor."""
    for e in cell.effects(measure, "eval"):
        if e.contrast.variant == OTHER_SEEDS.variant and e.moved and e.low is not None and e.high is not None:
            return e.low, e.high
    return None


def lambda_curves(cells: Sequence[CellContents], measure: str, y_label: str) -> str | None:
    """A measure's effect over λ for the top heads, with the control heads' points, on eval prompts."""
    panels: dict[str, dict[str, list[figures.Point]]] = {}
    noise: dict[str, figures.Band] = {}
    for cell in cells:
        series: dict[str, list[figures.Point]] = {}
        for e in cell.effects(measure, "eval"):
            if e.estimate is not None and e.contrast.dose is not None:
                series.setdefault(e.contrast.variant, []).append((1 - e.contrast.dose, e.estimate, e.low, e.high))
        if series:
            panels[cell.title] = {name: sorted(points) for name, points in series.items()}
            band = noise_band(cell, measure)
            noise |= {} if band is None else {cell.title: band}
    return figures.curves(panels, "λ", y_label, zero=True, apart=0.04, noise=noise) if panels else None


def head_rankings(cells: Sequence[CellContents]) -> list[tuple[CellContents, Mapping[str, Any]]]:
    """Every cell's rankings of heads, one per disposition and way."""
    return [(cell, ranking) for cell in cells if cell.heads is not None for ranking in cell.heads["rankings"]]


def largest_d(cells: Sequence[CellContents]) -> str | None:
    """The largest Cohen's d of all heads against its permutation null, per cell, disposition and way."""
    panels: dict[str, list[tuple[str, float, float, float]]] = {}
    for cell, ranking in head_rankings(cells):
        top = ranking["maximum"]
        if top is not None:
            name = f"{cell.found.model}: {ranking['disposition'].replace('_', ' ')}, {ranking['way']}"
            panels.setdefault(cell.found.domain, []).append((name, top["observed"], top["mean"], top["high"]))
    return figures.against_null(panels, "largest Cohen's d of all heads") if panels else None


def sweep(cells: Sequence[CellContents], split: str) -> str | None:
    """Accuracy over budgets for base and every treatment that generates, in the cells that answered the split."""
    panels: dict[str, dict[str, list[figures.Point]]] = {}
    for cell in cells:
        series: dict[str, list[figures.Point]] = {}
        for arm in cell.found.arms:
            if not swept(arm, split):
                continue
            points: Any = arm.sweep[split]
            name = label(arm.operator, arm.variant, arm.dose)
            series[name] = [(p["budget"], *(p["accuracy"][k] for k in ("estimate", "low", "high"))) for p in points]
        if series:
            panels[cell.title] = series
    return figures.curves(panels, "n_predict (tokens)", "accuracy", log_x=True) if panels else None


def auc_steps(cells: Sequence[CellContents], bar: float) -> str | None:
    """AUC of probe and baselines over the three steps."""
    panels: dict[str, dict[str, dict[str, figures.Point]]] = {}
    for cell in cells:
        if cell.probe is None or not cell.probe["steps"]:
            continue
        readers: dict[str, dict[str, figures.Point]] = {}
        for row in cell.probe["steps"]:
            auc = row["auc"]
            if auc["estimate"] is not None:
                readers.setdefault(row["reader"], {})[row["step"]] = (0.0, auc["estimate"], auc["low"], auc["high"])
        panels[cell.title] = readers
    return figures.steps(panels, STEPS, "AUC, right against wrong", bar) if panels else None


def effect_forest(cells: Sequence[CellContents], measure: str, x_label: str, margin: float) -> str | None:
    """Every arm's effect on one measure on eval prompts over the cell's noise floor, one panel per domain."""
    panels: dict[str, list[figures.ForestRow]] = {}
    for cell in cells:
        band = noise_band(cell, measure)
        for e in (*cell.effects(measure, "eval"), *cell.recipes(measure, "eval")):
            arm = e.contrast
            if e.estimate is None or arm.role == "noise floor":
                continue
            name = f"{cell.found.model}: {label(arm.operator, arm.variant, arm.dose)}"
            point = (0.0, e.estimate, e.low, e.high)
            row = figures.ForestRow(name, point, band, _colour(arm.operator))
            panels.setdefault(cell.found.domain, []).append(row)
    return figures.forest(panels, x_label, margin) if panels else None
