"""Which heads speak louder when the student is confidently wrong: magnitude attribution (FACTS, arc 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from threearc.models.features import Features
from threearc.models.tempering import Head
from threearc.provenance.errors import StudyError
from threearc.provenance.hashing import seed_from
from threearc.records.jsonl import read_document
from threearc.records.reports import HeadsReport


@dataclass(frozen=True)
class Ranking:
    """Heads by Cohen's d between two cohorts, the largest first.

    Attributes:
        heads: (layer, head).
        d: Cohen's d of each, first cohort minus second, in pooled standard deviations.
        sizes: responses in the two cohorts.
    """

    heads: tuple[Head, ...]
    d: tuple[float, ...]
    sizes: tuple[int, int]


def humble_cohorts(
    responses: Sequence[str], right: Mapping[str, bool], asserts: Mapping[str, bool]
) -> tuple[list[str], list[str]]:
    """Confidently wrong and confidently right responses, of those that were judged both ways."""
    confident = [name for name in responses if asserts.get(name) and name in right]
    return [name for name in confident if not right[name]], [name for name in confident if right[name]]


def rank_heads(features: Features, first: Sequence[str], second: Sequence[str]) -> Ranking:
    """Rank heads by d of their norms between two cohorts of response ids; in order of place without two in each.

    Answers that a budget cut are left out: their last position is no end (ERRATA row 1).
    """
    rows = features.rows()
    first, second = ([name for name in cohort if features.finished[rows[name]]] for cohort in (first, second))
    if min(len(first), len(second)) < 2:
        d = np.zeros(features.head_norms.shape[1:])
    else:
        a, b = (features.head_norms[[rows[name] for name in cohort]] for cohort in (first, second))
        d = cohens_d(a, b)
    order = np.argsort(-d, axis=None, kind="stable")
    heads = [(int(features.layers[i]), int(j)) for i, j in zip(*np.unravel_index(order, d.shape), strict=True)]
    return Ranking(tuple(heads), tuple(float(x) for x in d.ravel()[order]), (len(first), len(second)))


def cohens_d(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Difference of means over the pooled standard deviation, along the first axis; 0 where nothing varies.

    Args:
        a, b: (n, ...) and (m, ...), n and m at least 2.
    """
    n, m = len(a), len(b)
    pooled = np.sqrt(((n - 1) * a.var(axis=0, ddof=1) + (m - 1) * b.var(axis=0, ddof=1)) / (n + m - 2))
    difference = a.mean(axis=0) - b.mean(axis=0)
    d: np.ndarray = np.divide(difference, pooled, out=np.zeros_like(difference), where=pooled > 0)
    return d


def select_heads(ranking: Ranking, count: int, controls: Sequence[str], seed: int) -> dict[str, list[Head]]:
    """The top heads, and as many control heads: the last of the ranking, and a random draw from all but the top.

    The draw leaves out the last ones too where the model has heads enough, so that the controls differ.

    Raises:
        StudyError: if the model has too few heads to leave as many out.
    """
    if 2 * count > len(ranking.heads):
        raise StudyError(
            f"{count} heads and as many controls are asked for, but the model has {len(ranking.heads)} heads.",
            where="config key tempering.heads",
            remedy=f"Use at most {len(ranking.heads) // 2}.",
        )
    chosen: dict[str, list[Head]] = {"top": list(ranking.heads[:count])}
    if "random" in controls:
        rest = ranking.heads[count:-count] if len(ranking.heads) >= 3 * count else ranking.heads[count:]
        picks = np.random.default_rng(seed_from("random heads", seed)).choice(len(rest), count, replace=False)
        chosen["random"] = [rest[i] for i in sorted(picks)]
    if "bottom" in controls:
        chosen["bottom"] = list(ranking.heads[-count:])
    return chosen


def as_json(
    ranking: Ranking, heads: Mapping[str, Sequence[Head]], least_cohort: int, disposition: str
) -> dict[str, Any]:
    """heads.json: the ranking, the selections, and why they mean nothing, if so."""
    top, why = len(heads["top"]), None
    louder = sum(d > 0 for d in ranking.d[:top])
    if min(ranking.sizes) < least_cohort:
        why = f"The cohorts have {ranking.sizes[0]} and {ranking.sizes[1]} responses; {least_cohort} are needed."
    elif louder < top:
        why = f"Only {louder} of the {top} heads asked for speak louder when the student is confidently wrong."
    return {
        "disposition": disposition,
        "not_attributable": why,
        "cohort_sizes": list(ranking.sizes),
        "ranking": [
            {"layer": layer, "head": head, "d": round(d, 6)}
            for (layer, head), d in zip(ranking.heads, ranking.d, strict=True)
        ],
        "selected": {selection: [list(head) for head in chosen] for selection, chosen in heads.items()},
    }


def read_heads(path: str | Path) -> dict[str, list[Head]]:
    """The selections of a heads.json."""
    return {selection: list(heads) for selection, heads in read_document(path, HeadsReport).selected.items()}
