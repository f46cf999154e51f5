"""Arc 3: can a linear probe on the student's hidden states tell right answers from wrong ones? Everything it is asked.

What is measured here is held against bars elsewhere: no bar can change what a gate does.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from threearc.operators.probing.answers import Answers, too_few
from threearc.operators.probing.axes import assess_axes
from threearc.operators.probing.crossvalidation import Fitting, Probe, make_folds
from threearc.operators.probing.gate import decide, gate_result
from threearc.operators.probing.judges import Reading, judge_gaps
from threearc.operators.probing.landscape import base_rates, distribution_shift, picture
from threearc.operators.probing.readers import H_LAST, READERS
from threearc.operators.probing.steps import assess, control
from threearc.statistics.clusters import as_json


def fit_probe(
    answers: Answers, fitting: Fitting, keep_right: float, least_class: int, judges: Sequence[Reading] = ()
) -> dict[str, Any]:
    """probe.json: the steps of probes and baselines, the gate, and score and decision for every response.

    Args:
        judges: who is held against the probe.
    """
    train, fresh = answers.train, answers.fresh
    axes, cross_axis = assess_axes(answers, fitting, least_class)
    report: dict[str, Any] = {
        "not_attributable": _not_attributable(answers, fitting, least_class),
        "counts": {
            use: {"n": int(rows.sum()), "right": int(answers.right[rows].sum())}
            for use, rows in (("train", train), ("fresh", fresh))
        },
        "rates": base_rates(answers, fitting),
        "shift": distribution_shift(answers, fitting),
        "axes": axes,
        "cross_axis": cross_axis,
        "picture": picture(answers),
    }
    names = answers.response_ids.tolist()
    if report["not_attributable"] is not None:
        nothing: dict[str, Any] = {"steps": [], "against": [], "control": None, "judge_gaps": [], "prompts": []}
        gate = {"threshold": 0.0, "eval": None, "fresh": None}
        # Where nothing is known the gate lets everything stand.
        return (
            report
            | nothing
            | {"gate": gate, "scores": dict.fromkeys(names, 1.0), "asserts": dict.fromkeys(names, True)}
        )
    folds = make_folds(answers.right, answers.entries, train, fitting, fitting.repeats)
    probes = {name: Probe(reader, answers, answers.right, train, fitting) for name, reader in READERS.items()}
    steps, against, scores = assess(answers, probes, folds, fitting)
    plain = next(step for step in steps if (step.reader, step.step) == (H_LAST, "cv"))
    decided = decide(answers, probes[H_LAST], folds, keep_right)
    return report | {
        "steps": [step.row() for step in steps],
        "against": [{"reader": reader, "difference": as_json(found)} for reader, found in against.items()],
        "control": control(answers, plain, probes[H_LAST], folds, fitting),
        "judge_gaps": judge_gaps(judges, answers, scores, fitting, least_class),
        "prompts": _prompts(answers, decided.scores),
        "gate": {
            "threshold": decided.threshold,
            "eval": gate_result(decided.asserts, answers, train, fitting),
            "fresh": gate_result(decided.asserts, answers, fresh, fitting),
        },
        "scores": dict(zip(names, decided.scores.tolist(), strict=True)),
        "asserts": dict(zip(names, decided.asserts.tolist(), strict=True)),
    }


def _not_attributable(answers: Answers, fitting: Fitting, least_class: int) -> str | None:
    """Why no probe can be fitted, or assessed, on these answers."""
    right = answers.right[answers.train]
    why = too_few(right, answers.entries[answers.train], fitting.folds, least_class)
    if why is not None:
        return why
    fresh = answers.right[answers.fresh]
    if fresh.all() or not fresh.any():
        return "The fresh answers that finished and were judged are all right, or all wrong, or none."
    return None


def _prompts(answers: Answers, scores: np.ndarray) -> list[dict[str, Any]]:
    """What the probe says of each prompt's answers on average, and how many of them are right."""
    found = []
    for split, use in (("eval", answers.train), ("fresh", answers.fresh)):
        for prompt in sorted(set(answers.prompt_ids[use])):
            rows = use & (answers.prompt_ids == prompt)
            entry = answers.entries[rows][0]
            mean, right = round(float(scores[rows].mean()), 6), int(answers.right[rows].sum())
            found.append(
                {
                    "prompt_id": prompt,
                    "split": split,
                    "entry": entry,
                    "score": mean,
                    "n": int(rows.sum()),
                    "right": right,
                }
            )
    return found
