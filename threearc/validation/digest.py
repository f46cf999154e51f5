"""What the report shows of planted studies: how often verdicts were right, open and wrong, by class and size."""

from collections.abc import Mapping
from math import isnan
from typing import Any

from threearc.provenance.errors import StudyError
from threearc.statistics.rates import clopper_pearson
from threearc.validation.tables import LEVEL, by_study, guilty, rest, words_of
from threearc.validation.truths import CLEAN, TRUTHS, Truth

#: What files that are told together must have in common.
SAME = ("code", "source", "models", "treatments", "prompts", "analysis")


def digest(files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Rows by class and size, and what all studies have in common.

    Args:
        files: what ``validate`` wrote, by name.

    Raises:
        StudyError: if they were drawn or judged in different ways.
    """
    (name, first), *others = files.items()
    for other, found in others:
        unlike = [key for key in SAME if found["settings"][key] != first["settings"][key]]
        if unlike:
            raise StudyError(
                f"Its planted studies were made in another way than those of {name} ({', '.join(unlike)}).",
                where=other,
                remedy="Run them again with the same code and configuration.",
            )
    points = [point for found in files.values() for point in found["points"] if point["studies"]]
    order = list(TRUTHS)
    points.sort(key=lambda point: (order.index(point["truth"]), rest(point), point["size"]))
    own = first["settings"]
    return {
        "code": own["code"],
        "source": own["source"]["kind"],
        "cells": len(own["forms"]) * own["models"],
        "treatments": own["treatments"],
        "level": LEVEL,
        "studies": sum(point["studies"] for point in points),
        "rows": [_row(point) for point in points],
    }


def _row(point: Mapping[str, Any]) -> dict[str, Any]:
    truth = TRUTHS[point["truth"]]
    verdicts = max(sum(point["verdicts"]), 1)
    return {
        "truth": truth.name,
        "says": truth.says,
        "deserves": list(truth.right),
        "elsewhere": _elsewhere(truth),
        "size": point["size"],
        "entries": point["entries"],
        "seeds": point["seeds"],
        "judge_error": point["judge_error"],
        "studies": point["studies"],
        "false_clean": None if truth.name == CLEAN else _of_studies(guilty(point), point["studies"]),
        "right": _estimate(*by_study(point["right"], point["verdicts"])),
        "open": round(sum(point["open"]) / verdicts, 4),
        "wrong": round(1 - (sum(point["right"]) + sum(point["open"])) / verdicts, 4),
        "words": dict(words_of(point).most_common()),
        "held_back": round(point["alarmed"] / point["studies"], 4),
    }


def _elsewhere(truth: Truth) -> list[dict[str, list[str]]]:
    """The words that are right for dispositions that the plant does not reach, with these dispositions."""
    by_words: dict[tuple[str, ...], list[str]] = {}
    for disposition, words in truth.but.items():
        by_words.setdefault(words, []).append(disposition)
    return [{"dispositions": names, "words": list(words)} for words, names in by_words.items()]


def _of_studies(count: int, of: int) -> dict[str, float]:
    low, high = clopper_pearson(count, of, LEVEL)
    return {"studies": count, "low": round(low, 4), "high": round(high, 4)}


def _estimate(estimate: float, low: float, high: float) -> dict[str, float | None]:
    """None where there is no interval, as of one study."""
    values = {"estimate": estimate, "low": low, "high": high}
    return {name: None if isnan(value) else round(value, 4) for name, value in values.items()}
