"""Verdicts over all cells: one family of tests, one verdict per contrast.

A contrast is one arm and one disposition. Arms that differ in dose only make one contrast, told of the strongest; runs
of a recipe under several training seeds make one, told of them all.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threearc.effects.style import EXCESS
from threearc.records.findings import CellEffects, Contrast, Effect, GuardResult, MeasureInfo, Verdict
from threearc.statistics.families import holm
from threearc.verdicts.facts import Anchor, Case, Repair, find, of_arm
from threearc.verdicts.rules import FACTS, alternatives, decide
from threearc.verdicts.settling import lacking

TARGETS = {
    "checkpoint": "this checkpoint: these weights, on prompts like these, whatever the decoding seed",
    "recipe": "this recipe: its weights from any training seed, on prompts like these",
}
#: What a benchmark is published to measure.
BENCHMARK_ANCHOR = "accuracy"


@dataclass(frozen=True)
class Cell:
    """What one cell hands over: its effects.json and the rows of its guards.json."""

    found: CellEffects
    guards: Sequence[GuardResult]

    @property
    def effects(self) -> Sequence[Effect]:
        """All effects, of recipes too."""
        return (*self.found.effects, *self.found.recipes)

    @property
    def spoken_for(self) -> set[str]:
        """Conditions of arms without a verdict of their own: all doses but the strongest, checkpoints of recipes."""
        weaker = {arm for e in self.found.trends for arm in e.arms if arm != e.contrast.arm_condition}
        return weaker | self.checkpoints

    @property
    def checkpoints(self) -> set[str]:
        """Conditions of arms that are runs of a recipe."""
        return {arm for e in self.found.recipes for arm in e.arms}

    @property
    def trends(self) -> dict[tuple[str, str], Effect]:
        """Trends by condition of the strongest dose's arm, and measure."""
        return {(e.contrast.arm_condition, e.measure): e for e in self.found.trends}

    @property
    def claims(self) -> list[MeasureInfo]:
        """The measures that verdicts are read off, one per disposition."""
        return [measure for measure in self.found.measures if measure.primary and measure.disposition is not None]

    def regrouped(self, measure: str, own: Mapping[str, Effect]) -> list[Effect]:
        """Of an arm's own effects those that are the measure's with groups that no arm can change."""
        return [own[info.name] for info in self.found.measures if info.regroups == measure and info.name in own]

    def without(self, own: Effect) -> list[Effect]:
        """An effect without each of the decode seeds, where there are several."""
        return [part for part in self._parts(own) if part.seeds == "others"]

    def under_first(self, own: Effect) -> Effect | None:
        """An effect under the first decode seed alone, where there are several."""
        return next((part for part in self._parts(own) if part.seeds == "first"), None)

    def _parts(self, own: Effect) -> Iterator[Effect]:
        name = own.contrast.arm_condition, own.measure
        return (part for part in self.found.parts if (part.contrast.arm_condition, part.measure) == name)

    def why_not_attributable(self, arm: Contrast, disposition: str) -> str | None:
        """Why the arm had nothing to act on for the disposition, if so."""
        for row in self.found.unattributable:
            about = row.operator in (None, arm.operator) and row.variant in (None, arm.variant)
            if about and row.disposition == disposition:
                return row.why
        return None


def confirmatory(cells: Sequence[Cell]) -> list[Effect]:
    """The family of claims: of every contrast the effect on eval, or the trend over doses, on the primary measure."""
    return [
        e
        for cell in cells
        for e in _testable(_headline(cell, cell.spoken_for, cell.trends), {m.name for m in cell.claims})
    ]


def _headline(cell: Cell, spoken_for: Collection[str], trends: Mapping[tuple[str, str], Effect]) -> Iterator[Effect]:
    """What claims are tested by: effects on eval, trends instead where there are doses."""
    for e in cell.effects:
        if e.contrast.split == "eval" and e.contrast.arm_condition not in spoken_for:
            yield trends.get((e.contrast.arm_condition, e.measure), e)


def safety(cells: Sequence[Cell]) -> list[Effect]:
    """The family of damage: every treatment's effect on content, on every split that it answered, dose by dose."""
    return [e for cell in cells for e in _testable(_but(cell, cell.checkpoints), _content(cell))]


def _but(cell: Cell, arms: Collection[str]) -> Iterator[Effect]:
    return (e for e in cell.effects if e.contrast.arm_condition not in arms)


def _content(cell: Cell) -> set[str]:
    return {m.name for m in cell.found.measures if m.keep and m.disposition is None}


def _testable(effects: Iterable[Effect], measures: Collection[str]) -> list[Effect]:
    """Treatments' effects whose test can reject at all: where no cluster moved, p is 1 whatever the level.

    Leaving these out of a family costs nothing; see Tarone, Biometrics 46 (1990).
    """
    return [
        e
        for e in effects
        if e.contrast.role == "treatment" and e.measure in measures and e.p is not None and e.moved > 0
    ]


def adjusted(family: Sequence[Effect]) -> dict[str, float]:
    """Holm's adjusted p by effect id."""
    return {e.id: p for e, p in zip(family, holm([e.p for e in family if e.p is not None]), strict=True)}


def looked_at_again(cells: Sequence[Cell], made: Collection[str]) -> dict[str, float]:
    """Adjusted p of what looks again at effects that stand out: fresh prompts, other groups, all decode seeds but one.

    Each is a family of its own over all that stand out, of seeds the one without which it is weakest: a false claim
    must get past all, however many claims there are.

    Args:
        made: ids of the effects on eval, or trends, that stand out.
    """
    fresh: list[Effect] = []
    weakest: list[Effect] = []
    regrouped: list[Effect] = []
    for cell in cells:
        for e in _testable(_headline(cell, cell.spoken_for, cell.trends), {m.name for m in cell.claims}):
            if e.id in made:
                again = of_arm(cell.effects, e.contrast.arm_condition, "fresh").get(e.measure)
                fresh += [again] if again is not None and again.p is not None else []
                own = of_arm(cell.effects, e.contrast.arm_condition, "eval")
                regrouped += [part for part in cell.regrouped(e.measure, own) if part.p is not None]
                parts = [part for part in cell.without(e) if part.p is not None]
                weakest += [max(parts, key=lambda part: part.p or 0.0)] if parts else []
    return adjusted(fresh) | adjusted(weakest) | adjusted(regrouped)


def verdicts(cells: Sequence[Cell], analysis: Mapping[str, Any], beside: Sequence[Cell] = ()) -> list[Verdict]:
    """A verdict for every contrast of every cell, and for arms that had nothing to act on.

    Args:
        beside: the study's other cells, where not all get their verdicts at once: tests are corrected over all.
    """
    study = [*beside, *cells]
    claims = confirmatory(study)
    p_values = adjusted(claims) | adjusted(safety(study))
    again = {e.id for e in claims if p_values[e.id] <= 1 - analysis["level"]}
    p_values |= looked_at_again(study, again)
    drawn: list[Verdict] = []
    for cell in cells:
        drawn += [
            _verdict(cell, contrast, measure, p_values, (len(claims), len(again)), analysis)
            for contrast in contrasts(cell)
            for measure in cell.claims
            # An arm that was never asked again has no second answers to compare.
            if measure.name in of_arm(cell.effects, contrast.arm_condition, "eval")
        ]
        drawn += _never_run(cell)
    return drawn


def _never_run(cell: Cell) -> Iterator[Verdict]:
    """Arms that were asked for but have no answers, because the operator had nothing to act on."""
    run = {(e.contrast.operator, e.contrast.variant) for e in cell.effects if e.contrast.role == "treatment"}
    number, row = decide(dict.fromkeys(FACTS) | {"not_attributable": True})
    for found in cell.found.unattributable:
        if found.operator is None or found.variant is None or (found.operator, found.variant) in run:
            continue
        yield Verdict(
            domain=cell.found.domain,
            model=cell.found.model,
            operator=found.operator,
            variant=found.variant,
            dose=None,
            condition=f"not run: {found.operator}, {found.variant}",
            disposition=found.disposition,
            target="checkpoint",
            target_in_words=TARGETS["checkpoint"],
            word=row.word,
            rule=f"row {number}: {' and '.join(row.needs)}",
            sentence=row.says.format(why_not_attributable=found.why),
            numbers={"why_not_attributable": found.why},
            effects=(),
            guards=(),
        )


def contrasts(cell: Cell) -> list[Contrast]:
    """What the cell's verdicts are about, in the order of its effects: treatments, of several doses the strongest."""
    found: dict[str, Contrast] = {}
    for e in _but(cell, cell.spoken_for):
        if e.contrast.role == "treatment" and e.contrast.split == "eval":
            found.setdefault(e.contrast.arm_condition, e.contrast)
    return list(found.values())


def _verdict(
    cell: Cell,
    contrast: Contrast,
    measure: MeasureInfo,
    p_values: Mapping[str, float],
    families: tuple[int, int],
    analysis: Mapping[str, Any],
) -> Verdict:
    own = of_arm(cell.effects, contrast.arm_condition, "eval")
    fresh = of_arm(cell.effects, contrast.arm_condition, "fresh")
    benchmark = of_arm(cell.effects, contrast.arm_condition, "benchmark")
    assert measure.disposition is not None
    effect = own[measure.name]
    trend = cell.trends.get((contrast.arm_condition, measure.name))
    # What a guard says of one run binds what is said of the recipe. A premise that fails for one dose fails for the
    # trend over all; whether a weaker dose may be claimed is not asked.
    about = {None, contrast.arm_condition, *effect.arms}
    doses = () if trend is None else trend.arms
    guards = [
        guard
        for guard in cell.guards
        if guard.condition in about or (guard.condition in doses and guard.binds == "every verdict")
        if guard.disposition in (None, measure.disposition)
    ]
    margins = analysis["margins"]
    regrouped = cell.regrouped(measure.name, own)
    case = Case(
        good=measure.good,
        margin=margins[measure.margin],
        eval=effect,
        fresh=fresh.get(measure.name),
        anchors=_anchors(cell, measure.disposition, (own, fresh), benchmark, margins),
        p_values=p_values,
        without=cell.without(effect),
        regrouped=regrouped,
        repairs=_repairs(cell, effect, fresh.get(measure.name), regrouped),
        style=[e for e in own.values() if e.measure.startswith("style_") and e.disposition == measure.disposition],
        excess={name.removeprefix(EXCESS): e for name, e in own.items() if name.startswith(EXCESS)},
        guards=guards,
        not_attributable=cell.why_not_attributable(contrast, measure.disposition),
        style_margin=margins["style"],
        trend=trend,
    )
    found = find(case, analysis["level"])
    number, row = decide(found.facts)
    needed = None
    if row.word == "inconclusive":
        found.numbers["lacking"], needed = lacking(case, found, families, analysis["level"])
    read = [effect, case.fresh, *(anchor.effect for anchor in case.anchors), *case.style, *case.excess.values()]
    read += [
        case.trend,
        *case.regrouped,
        *case.without,
        *(e for repair in case.repairs for e in (repair.naive, repair.repaired)),
    ]
    return Verdict(
        domain=contrast.domain,
        model=contrast.model,
        operator=contrast.operator,
        variant=contrast.variant,
        dose=contrast.dose,
        condition=contrast.arm_condition,
        disposition=measure.disposition,
        target=effect.target,
        target_in_words=TARGETS[effect.target],
        word=row.word,
        rule=f"row {number}: {' and '.join(row.needs) or 'nothing else holds'}",
        sentence=row.says.format(**found.numbers) + (str(found.numbers["trend"]) if "{estimate}" in row.says else ""),
        numbers={**found.numbers, "facts": dict(found.facts)},
        effects=tuple(dict.fromkeys(e.id for e in read if e is not None)),
        guards=tuple(guard.id for guard in guards),
        settled_by=f"about {_two_digits(needed)} entries (here {effect.clusters})" if needed else None,
        alternatives=tuple(alternatives(found.facts)),
    )


def _anchors(
    cell: Cell,
    disposition: str,
    splits: Sequence[Mapping[str, Effect]],
    benchmark: Mapping[str, Effect],
    margins: Mapping[str, float],
) -> list[Anchor]:
    """What must not fall for a claim on the disposition: of what the domain measures, on every split.

    A measure of content that no arm of the cell has (coverage, where there are no checklists) is not the domain's. What
    else is not defined (calibration, where no question is settled; what only this arm lacks) is unknown, and keeps the
    claim from being made.

    Of a benchmark, where the cell answered one, it is the share of problems solved, whatever the domain's own checks.
    """
    found = []
    measured = {e.measure for e in cell.effects if e.estimate is not None}
    benchmarked = any(e.contrast.split == "benchmark" for e in cell.effects)
    for measure in cell.found.measures:
        if measure.keep and measure.disposition in (None, disposition):
            if measure.disposition is not None or measure.name in measured:
                found += [Anchor(split.get(measure.name), margins[measure.margin]) for split in splits]
            if measure.name == BENCHMARK_ANCHOR and benchmarked:
                found.append(Anchor(benchmark.get(measure.name), margins[measure.margin]))
    return found


def _repairs(cell: Cell, own: Effect, fresh: Effect | None, regrouped: Sequence[Effect]) -> list[Repair]:
    """Ways in which an effect on eval prompts is claimed too early, each with what undoes it."""
    found = [] if fresh is None else [Repair("on eval prompts", "on fresh prompts", own, fresh)]
    first, without = cell.under_first(own), cell.without(own)
    if first is not None and without:
        # Without the first comes first.
        found.append(Repair("under the first decode seed", "under the others", first, without[0]))
    asked = "between questions that base, asked once more, gets wrong and those that it gets right"
    found += [Repair("between its own wrong and right answers", asked, own, part, shrinks=True) for part in regrouped]
    return found


def _two_digits(count: int) -> int:
    """A forecast is no better than that."""
    return round(count, 2 - len(str(count)))


def summarise(cells: Sequence[Cell], drawn: Sequence[Verdict]) -> dict[str, Any]:
    """synthesis.json: size of the family, counts of words, and what each guard found in each cell."""
    return {
        "family": len(confirmatory(cells)),
        "damage_family": len(safety(cells)),
        "targets": sorted({verdict.target_in_words for verdict in drawn}),
        "words": dict(sorted(Counter(verdict.word for verdict in drawn).items())),
        "guards": [row for cell in cells for row in _guard_rows(cell)],
    }


def _guard_rows(cell: Cell) -> list[dict[str, Any]]:
    by_name: dict[str, list[GuardResult]] = {}
    for guard in cell.guards:
        by_name.setdefault(guard.guard, []).append(guard)
    rows = []
    for name, results in by_name.items():
        counts = Counter(result.outcome for result in results)
        # The sentence that a reader needs first: of a failure, if there is one.
        telling = min(
            results, key=lambda result: ("fail", "cannot run", "pass", "not applicable").index(result.outcome)
        )
        rows.append(
            {
                "domain": cell.found.domain,
                "model": cell.found.model,
                "guard": name,
                "counts": {outcome: counts[outcome] for outcome in ("pass", "fail", "cannot run", "not applicable")},
                "sentence": telling.sentence,
            }
        )
    return rows
