"""What a study can detect: by how far a measure must move for 80 % power in an ideal test on true labels."""

from collections.abc import Mapping
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np

from threearc.effects.measures import COUNTS, LEAST_SPREAD, STYLES, YES_NO_SPREAD
from threearc.provenance.hashing import seed_from
from threearc.validation.answers import NOT_ASKED, Answers, Form
from threearc.validation.plants import margin_of
from threearc.validation.study import Design
from threearc.validation.worlds import SPLITS

#: Cells that are drawn to know the spread of every measure, and the power that is asked for.
PILOT, POWER = 200, 0.8


def detectable(design: Design, seed: int) -> dict[str, dict[str, float]]:
    """By domain and measure, the difference that 80 % of such studies would call one, with true labels.

    The spread of the difference between two untreated arms is that of many drawn cells. A difference must stand out
    after Bonferroni's correction over the study's family, and its estimate must reach beyond the margin.

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
    return {name: _size(name, values, design) for name, values in found.items()}


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
