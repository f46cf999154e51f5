"""What a study can detect: as ``threearc plan`` says it of *moves cleanly*, and for content and style an ideal test."""

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from statistics import NormalDist
from typing import Any, cast

import numpy as np

from threearc.effects.measures import COUNTS, LEAST_SPREAD, STYLES, YES_NO_SPREAD, measures
from threearc.planning import detectable as planning
from threearc.planning.assumptions import Assumptions, Kind, Sample
from threearc.planning.detectable import Kept
from threearc.planning.measured import measured
from threearc.provenance.hashing import seed_from
from threearc.validation.answers import NOT_ASKED, Answers, Form
from threearc.validation.plants import margin_of
from threearc.validation.study import Design, Planted, draw_cell
from threearc.validation.truths import TRUTHS
from threearc.validation.worlds import SPLITS

#: Cells that are drawn to know the spread of every measure, and the power that is asked for.
PILOT, POWER = 200, 0.8
#: Entries of the cell whose base tells planning how a student answers; nothing is taken for granted that it shows.
PILOT_ENTRIES = 1000
ASSUMED = Assumptions(0.5, 0.9, 0.3, 0.2, 0.3, 1.0, 0.5)


def detectable(design: Design, seed: int) -> dict[str, dict[str, float]]:
    """By domain and measure, the difference that 80 % of such studies would call one, with true labels.

    Of dispositions it is what planning says of *moves cleanly* from a drawn cell's base. Of content and style, and of
    dispositions where so few entries never show that content stays, the spread between two untreated arms is that of
    many drawn cells; a difference must stand out after Bonferroni's correction over the study's family, and its
    estimate must reach beyond the margin.

    Returns:
        by the names that plants ask for: dispositions, "content" and ``style_`` features.
    """
    design = replace(design, judge_error=0.0)
    return {form.domain: _of_domain(design, form, seed) for form in design.forms}


def _of_domain(design: Design, form: Form, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed_from(seed, "pilot", form.domain))
    found: dict[str, list[float]] = {}
    for _ in range(PILOT):
        arm = design.source.draw(form, SPLITS[0], design.size, rng)
        for name, value in differences(arm(), arm(), form).items():
            found.setdefault(name, []).append(value)
    planned = _planned(design, form, seed)
    sizes = {name: _size(name, values, design) for name, values in found.items()}
    return sizes | {name: value for name, value in planned.items() if name in sizes and value < inf}


def _planned(design: Design, form: Form, seed: int) -> dict[str, float]:
    """Planning's detectable effects, by disposition."""
    pilot = replace(design, size=replace(design.size, entries=PILOT_ENTRIES, treatments=0))
    rng = np.random.default_rng(seed_from(seed, "pilot cell", form.domain))
    drawn = draw_cell(pilot, form, "pilot", Planted(TRUTHS["null"], 0.0, {form.domain: {}}), rng, set()).outcomes
    assumed = measured(drawn, tuple(form.primary.values()), ASSUMED)
    settled = float(np.mean([o.certainty == "certain" for o in drawn]))
    known = measures(form.instrument, form.axes, [])
    staying = [m for m in known if m.keep and m.name != "coverage"]
    size = design.size
    samples = {str(split): Sample(size.entries, size.prompts, size.seeds) for split in SPLITS}
    claimed = [m for m in known if m.primary and m.disposition is not None]
    return {
        str(m.disposition): planning.detectable(
            cast(Kind, m.margin),
            samples,
            assumed,
            design.analysis["margins"],
            family=len(design.forms) * size.models * size.treatments * len(claimed),
            level=design.analysis["level"],
            # Coverage rises and falls with accuracy, and varies less.
            kept=[
                Kept("axis" if k.margin == "axis" else "content", settled * assumed.accuracy if k.conditional else 1.0)
                for k in staying
                if k.disposition in (None, m.disposition)
            ],
        )
        for m in claimed
    }


def _size(name: str, drawn: list[float], design: Design) -> float:
    analysis: Mapping[str, Any] = design.analysis
    spread = float(np.nanstd(drawn)) if not np.isnan(drawn).all() else 0.0
    arms = len(design.forms) * design.size.models * design.size.treatments
    tests = arms * 2 * len(SPLITS) if name == "content" else arms * 5
    normal = NormalDist()
    power, alpha = normal.inv_cdf(POWER), 1 - analysis["level"]
    # No word rests on a test of style: its interval leaves out zero, its estimate is beyond the margin.
    bar = normal.inv_cdf(1 - alpha / 2 / (1 if name.startswith("style_") else tests))
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
