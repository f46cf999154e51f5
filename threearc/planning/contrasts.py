"""The contrasts that a study will draw verdicts on, and what each can come to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from threearc.domains.protocol import Domain, Instrument
from threearc.effects.contrasts import SWAP
from threearc.effects.measures import Measure, measures
from threearc.effects.recipes import CROSSED
from threearc.effects.trends import LEAST_DOSES, TREND
from threearc.planning.arms import Arm, claiming, damaging, of_recipes
from threearc.planning.assumptions import Assumptions, Kind, Sample
from threearc.planning.detectable import Kept, Setting
from threearc.planning.words import OF_INTEREST, Reach, interest, reaches
from threearc.records.findings import Target
from threearc.records.prompts import MEASURED, Prompt
from threearc.verdicts.synthesis import BENCHMARK_ANCHOR, TARGETS


@dataclass(frozen=True)
class Size:
    """One split of a domain.

    Attributes:
        prompts, entries: all of them.
        checkable: those that can be right or wrong; ``checkable_entries``: whose they are.
        settled: share of the checkable ones with one settled answer.
        checklists: some are checked by one, so that there is coverage.
    """

    prompts: int
    entries: int
    checkable: int
    checkable_entries: int
    settled: float
    checklists: bool

    def sample(self, seeds: int, *, checkable: bool) -> Sample:
        """Answers of one arm."""
        prompts, entries = (self.checkable, self.checkable_entries) if checkable else (self.prompts, self.entries)
        return Sample(entries, prompts / entries if entries else 0.0, seeds)


@dataclass(frozen=True)
class Field:
    """What the contrasts of one domain share.

    Attributes:
        sizes: by measured split.
        seeds: decode seeds.
        family, damage_family: tests of the study that share a correction; ``claims``: of one cell.
        analysis: config analysis.
    """

    instrument: Instrument
    axes: Sequence[str]
    sizes: Mapping[str, Size]
    seeds: int
    assumed: Assumptions
    family: int
    claims: int
    damage_family: int
    analysis: Mapping[str, Any]


@dataclass(frozen=True)
class PlannedContrast:
    """What an operator's verdicts on one disposition are about; these arms are alike to the plan.

    Doses are planned as the strongest alone. How much training seeds differ nobody knows beforehand: of a recipe the
    plan says what its prompts could tell if they did not.

    Attributes:
        arms: how many of them there are.
        detectable: the smallest true movement that is called *moves cleanly* four times in five; None if none is.
        of_interest: a movement of interest, and ``entries_of_interest`` that find it so.
        must_stay: measures that a clean movement must not lower.
    """

    operator: str
    arms: int
    disposition: str
    measure: str
    test: str
    target: Target
    target_in_words: str
    n: Mapping[str, Mapping[str, float]]
    family: int
    margin: float
    detectable: float | None
    of_interest: float
    entries_of_interest: int | None
    must_stay: Sequence[str]
    words: Sequence[Reach]


def size_of(domain: Domain, prompts: Sequence[Prompt]) -> Size:
    """One split in numbers."""
    checkable = [p for p in prompts if p.oracle is not None or p.checklist is not None]
    settled = sum(domain.certainty(p) == "certain" for p in checkable)
    return Size(
        prompts=len(prompts),
        entries=len({p.entry for p in prompts}),
        checkable=len(checkable),
        checkable_entries=len({p.entry for p in checkable}),
        settled=settled / len(checkable) if checkable else 0.0,
        checklists=any(p.checklist is not None for p in prompts),
    )


def claims(instrument: Instrument, axes: Sequence[str]) -> list[Measure]:
    """The measures that verdicts are read off, one per disposition."""
    return [m for m in measures(instrument, axes, []) if m.primary and m.disposition is not None]


def families(
    instrument: Instrument, axes: Sequence[str], arms: Sequence[Arm], sizes: Mapping[str, Size]
) -> tuple[int, int]:
    """Tests of claims and of damage in one cell, at most: arms that change nothing are left out of both.

    Args:
        sizes: of the measured splits.
    """
    claimed = sum(_asked(arm, m) for arm in claiming(arms) for m in claims(instrument, axes))
    content = [m for m in _staying(instrument, axes, sizes) if m.disposition is None]
    # No benchmark has checklists.
    tests = sum(m.name == BENCHMARK_ANCHOR or split != "benchmark" for m in content for split in sizes)
    return claimed, tests * sum(not arm.derived for arm in damaging(arms))


def planned_contrasts(arms: Sequence[Arm], field: Field) -> list[PlannedContrast]:
    """Every operator's contrasts in one cell."""
    found = []
    counts = Counter((arm.operator, arm.derived, *_test(arm, arms)) for arm in claiming(arms))
    for (operator, derived, test, target), count in counts.items():
        arm = Arm(operator, "", "treatment", derived)
        found += [
            _planned(arm, count, m, field, test, target) for m in claims(field.instrument, field.axes) if _asked(arm, m)
        ]
    return found


def _test(arm: Arm, arms: Sequence[Arm]) -> tuple[str, Target]:
    """The test of an arm's claims, and what they are about."""
    if arm.trained in of_recipes(arms):
        return CROSSED, "recipe"
    doses = {own.dose for own in arms if own.role == "treatment" and _but_dose(own) == _but_dose(arm)}
    return (TREND if len(doses) >= LEAST_DOSES else SWAP), "checkpoint"


def _but_dose(arm: Arm) -> tuple[str, str]:
    return arm.operator, arm.variant


def _asked(arm: Arm, measure: Measure) -> bool:
    """Has the arm answers that the measure reads: nobody asks again after base's own text."""
    return not (arm.derived and measure.turn == 2)


def _staying(instrument: Instrument, axes: Sequence[str], sizes: Mapping[str, Size]) -> list[Measure]:
    """What must not fall, of what the domain measures."""
    coverage = any(size.checklists for size in sizes.values())
    return [m for m in measures(instrument, axes, []) if m.keep and (coverage or m.name != "coverage")]


def setting_of(measure: Measure, field: Field, *, derived: bool = False) -> Setting:
    """A claim of movement before it is measured.

    Args:
        measure: that the claim is read off.
        derived: the arm's text is base's own.
    """
    kind: Kind = measure.margin  # type: ignore[assignment]
    return Setting(
        kind=kind,
        samples=_samples(field, checkable=kind != "axis"),
        assumed=field.assumed,
        margins=field.analysis["margins"],
        family=field.family,
        claims=field.claims,
        level=field.analysis["level"],
        derived=derived,
        # Coverage rises and falls with accuracy, and varies less.
        kept=[_kept(m, field) for m in _beside(measure, field) if m.name != "coverage"],
        least_seeds=field.analysis["guards"]["seeds"],
    )


def _beside(measure: Measure, field: Field) -> list[Measure]:
    """What must not fall where a measure moves cleanly."""
    return [
        m for m in _staying(field.instrument, field.axes, field.sizes) if m.disposition in (None, measure.disposition)
    ]


def _planned(arm: Arm, count: int, measure: Measure, field: Field, test: str, target: Target) -> PlannedContrast:
    assert measure.disposition is not None
    setting = setting_of(measure, field, derived=arm.derived)
    samples = _samples(field, checkable=True)
    damage = replace(setting, kind="content", samples=samples, family=max(1, field.damage_family))
    floor = 1 / (field.analysis["permutations"] + 1)
    words = reaches(setting, None if arm.derived else damage, floor, field.analysis["guards"]["least_class"])
    clean = words[0]
    return PlannedContrast(
        operator=arm.operator,
        arms=count,
        disposition=measure.disposition,
        measure=measure.name,
        test=test,
        target=target,
        target_in_words=TARGETS[target],
        n={split: {**vars(sample), "answers": sample.answers} for split, sample in setting.samples.items()},
        family=field.family,
        margin=setting.margin,
        detectable=clean.smallest if clean.reachable else None,
        of_interest=OF_INTEREST * setting.margin,
        entries_of_interest=interest(setting),
        must_stay=[m.name for m in _beside(measure, field)],
        words=words,
    )


def _kept(measure: Measure, field: Field) -> Kept:
    kind: Kind = "axis" if measure.margin == "axis" else "content"
    samples = _samples(field, checkable=True)
    if measure.name == BENCHMARK_ANCHOR and "benchmark" in field.sizes:
        samples["benchmark"] = field.sizes["benchmark"].sample(field.seeds, checkable=True)
    # What conditions on the arm's answers is calibration on settled questions that were answered rightly.
    settled = min(size.settled for split, size in field.sizes.items() if split in ("eval", "fresh"))
    return Kept(kind, settled * field.assumed.accuracy if measure.conditional else 1.0, samples)


def _samples(field: Field, *, checkable: bool) -> dict[str, Sample]:
    """Of the prompts that dispositions are read off, by split."""
    own = [split for split in MEASURED if split in field.sizes and split != "benchmark"]
    return {split: field.sizes[split].sample(field.seeds, checkable=checkable) for split in own}
