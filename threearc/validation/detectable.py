"""What a study can detect: by what ``threearc plan`` says of *moves cleanly*, and by an ideal test on true labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from statistics import NormalDist
from typing import Any

import numpy as np

from threearc.effects.measures import COUNTS, LEAST_SPREAD, STYLES, YES_NO_SPREAD
from threearc.planning import contrasts as planning
from threearc.planning.assumptions import Assumptions
from threearc.planning.detectable import POWER, clean_power, smallest
from threearc.planning.measured import measured
from threearc.provenance.hashing import seed_from
from threearc.statistics.families import normal_quantile
from threearc.validation.answers import NOT_ASKED, Answers, Form
from threearc.validation.plants import margin_of
from threearc.validation.study import Design, Planted, draw_cell
from threearc.validation.truths import TRUTHS
from threearc.validation.worlds import SPLITS

#: Cells that are drawn to know the spread of every measure.
PILOT = 200
#: Entries of the cell whose base tells planning how a student answers; nothing is taken for granted that it shows.
PILOT_ENTRIES = 1000
ASSUMED = Assumptions(0.5, 0.9, 0.3, 0.2, 0.3, 1.0, 0.5)


@dataclass(frozen=True)
class Detectable:
    """The movement of a measure that 80 % of studies would call one.

    Attributes:
        planned: what planning says of *moves cleanly*; None where no movement has that power, and of content and style.
        ideal: of an ideal test on true labels; None where untreated arms never differ, so that it has no spread.
        size: what plants are multiples of: planned, else ideal, else the margin.
    """

    planned: float | None
    ideal: float | None
    size: float

    @property
    def ratio(self) -> float | None:
        """Planned over ideal; None where either is missing."""
        return None if self.planned is None or self.ideal is None else self.planned / self.ideal


def detectable(design: Design, seed: int) -> dict[str, dict[str, float]]:
    """By domain and measure, what plants are multiples of; see ``compared``."""
    return sizes(compared(design, seed))


def sizes(found: Mapping[str, Mapping[str, Detectable]]) -> dict[str, dict[str, float]]:
    """What plants are multiples of."""
    return {domain: {name: own.size for name, own in names.items()} for domain, names in found.items()}


def compared(design: Design, seed: int) -> dict[str, dict[str, Detectable]]:
    """By domain and measure, what can be detected, and by an ideal test on true labels.

    Planning knows base from a drawn cell. The ideal test knows the spread between two untreated arms on eval from many
    drawn cells; a difference must stand out there after Bonferroni's correction over the study's family, and its
    estimate must reach beyond the margin. Nothing has to stay for it, nor to hold on fresh prompts.

    Returns:
        by the names that plants ask for: dispositions, "content" and ``style_`` features.
    """
    design = replace(design, judge_error=0.0)
    return {form.domain: _of_domain(design, form, seed) for form in design.forms}


def _of_domain(design: Design, form: Form, seed: int) -> dict[str, Detectable]:
    rng = np.random.default_rng(seed_from(seed, "pilot", form.domain))
    drawn: dict[str, list[float]] = {}
    for _ in range(PILOT):
        arm = design.source.draw(form, SPLITS[0], design.size, rng)
        for name, value in differences(arm(), arm(), form).items():
            drawn.setdefault(name, []).append(value)
    planned, found = _planned(design, form, seed), {}
    for name, values in drawn.items():
        own, ideal = planned.get(name, inf), _ideal(name, values, design)
        margin: float = design.analysis["margins"][margin_of(name)]
        known = [size for size in (own, ideal, margin) if size is not None and size < inf]
        found[name] = Detectable(own if own < inf else None, ideal, known[0])
    return found


def _planned(design: Design, form: Form, seed: int) -> dict[str, float]:
    """Planning's detectable effects, by disposition."""
    pilot = replace(design, size=replace(design.size, entries=PILOT_ENTRIES, treatments=0))
    rng = np.random.default_rng(seed_from(seed, "pilot cell", form.domain))
    drawn = draw_cell(pilot, form, "pilot", Planted(TRUTHS["null"], 0.0, {form.domain: {}}), rng, set()).outcomes
    prompts, entries = design.size.entries * design.size.prompts, design.size.entries
    settled = float(np.mean([o.certainty == "certain" for o in drawn]))
    own = planning.Size(prompts, entries, prompts, entries, settled, checklists=True)
    field = planning.Field(
        instrument=form.instrument,
        axes=form.axes,
        sizes=dict.fromkeys(SPLITS, own),
        seeds=design.size.seeds,
        assumed=measured(drawn, tuple(form.primary.values()), ASSUMED),
        family=_family(design),
        claims=design.size.treatments * len(planning.claims(form.instrument, form.axes)),
        damage_family=0,
        analysis=design.analysis,
    )
    settings = {str(m.disposition): planning.setting_of(m, field) for m in planning.claims(form.instrument, form.axes)}
    return {name: smallest(setting, partial(clean_power, setting)) for name, setting in settings.items()}


def _family(design: Design) -> int:
    """Claims of one study, which share a correction."""
    claimed = sum(len(planning.claims(form.instrument, form.axes)) for form in design.forms)
    return design.size.models * design.size.treatments * claimed


def _ideal(name: str, drawn: list[float], design: Design) -> float | None:
    analysis: Mapping[str, Any] = design.analysis
    spread = 0.0 if np.isnan(drawn).all() else float(np.nanstd(drawn))
    if not spread:
        return None
    arms = len(design.forms) * design.size.models * design.size.treatments
    # No word rests on a test of style: its interval leaves out zero, its estimate is beyond the margin.
    tests = 1 if name.startswith("style_") else arms * 2 * len(SPLITS) if name == "content" else _family(design)
    power, bar = NormalDist().inv_cdf(POWER), normal_quantile(analysis["level"], tests)
    margin: float = analysis["margins"][margin_of(name)]
    return max(margin + power * spread, (bar + power) * spread)


def differences(arm: Answers, base: Answers, form: Form) -> dict[str, float]:
    """What an ideal analyst reads off true labels, arm less base, by the names that plants ask for."""
    found = {name: value - _means(base, form)[name] for name, value in _means(arm, form).items()}
    for feature in (name for name in STYLES if name in base.style):
        column = base.style[feature]
        spread = max(float(column.std()), LEAST_SPREAD) if feature in COUNTS else YES_NO_SPREAD
        found[f"style_{feature}"] = (_mean(arm.style[feature]) - _mean(column)) / spread
    return found


def _means(answers: Answers, form: Form) -> dict[str, float]:
    right, asserts = answers.right, answers.asserts
    asked = answers.recovered != NOT_ASKED
    found = {"humble": _mean(asserts[~right]) - _mean(asserts[right]), "content": _mean(right)}
    found |= {str(disposition): _mean(answers.scores[axis]) for disposition, axis in form.primary.items()}
    if asked.any():
        found["self_improving"] = _mean(answers.recovered[asked])
    return found


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
