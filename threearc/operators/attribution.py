"""Which heads tell the answers without a disposition from those with it: arc 2's attribution, two ways (FACTS).

*Magnitude*: how much louder a head is in the first cohort. *Directional*: how far apart the cohorts are along the
direction between their means, fitted on other entries' answers (in sample any head looks apart, ERRATA row 13). The
largest of many heads is large by chance too, so it is held against the largest under permuted labels (row 12).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from threearc.models.features import Features
from threearc.models.tempering import Head
from threearc.operators.cohorts import Cohorts
from threearc.provenance.errors import StudyError, remake
from threearc.provenance.hashing import seed_from
from threearc.records.jsonl import read_document
from threearc.records.reports import HeadRanking, HeadsReport
from threearc.statistics.cohorts import MaximumTest, cohens_d, crossfitted_d, free_share, labellings, maximum_test

WAYS = ("magnitude", "directional")
#: Folds over entries in which directions are fitted and held out.
FOLDS = 5
#: Cosine between two means from which a direction between them is mostly spread (FACTS: .96 to .998 for top heads).
COLLINEAR = 0.95


@dataclass(frozen=True)
class Asked:
    """What tempering was asked for.

    Attributes:
        dispositions, way: whose heads are damped, and which way they are chosen.
        count: how many heads; ``controls``: names of the control selections.
        least_cohort: responses that each cohort must have.
        permutations: draws of the null.
    """

    dispositions: Sequence[str]
    way: str
    count: int
    controls: Sequence[str]
    least_cohort: int
    permutations: int
    seed: int


@dataclass(frozen=True)
class Ranking:
    """Heads by Cohen's d between two cohorts, the largest first; none where a cohort has fewer than two responses.

    Attributes:
        heads: (layer, head).
        d: Cohen's d of each, first cohort less second, in pooled standard deviations.
        cosines: between the cohorts' mean outputs of each head.
        maximum: the largest d against its permutation null.
    """

    heads: tuple[Head, ...]
    d: tuple[float, ...]
    cosines: tuple[float, ...]
    maximum: MaximumTest | None


def rank_heads(
    features: Features, cohorts: Cohorts, entries: Mapping[str, str], draws: int, seed: int
) -> dict[str, Ranking]:
    """The heads' ranking by every way.

    Args:
        entries: entry of each response: its answers share folds, and exchange their labels together.
        draws: of the permutation null; ``seed``: of its labels and of the folds.
    """
    if min(cohorts.sizes) < 2:
        return dict.fromkeys(WAYS, Ranking((), (), (), None))
    place = features.rows()
    # In the order of the features, not cohort after cohort: labels change places by position within an entry.
    names = sorted((*cohorts.first, *cohorts.second), key=place.__getitem__)
    rows = [place[name] for name in names]
    clusters, chosen = [entries[name] for name in names], set(cohorts.first)
    first = np.array([name in chosen for name in names])
    labels = labellings(first, clusters, draws, seed_from("permuted labels", cohorts.disposition, seed))
    folds = entry_folds(clusters, seed_from("folds of entries", cohorts.disposition, seed))
    directional, cosines = [], []
    # One head after the other: all heads of a real model, in double precision, would take a gigabyte.
    for _, _, columns in features.slices():
        outputs = features.head_means[rows, columns].astype(float)
        directional.append(crossfitted_d(outputs, labels, folds))
        cosines.append(cosine(outputs[first].mean(axis=0), outputs[~first].mean(axis=0)))
    magnitude = cohens_d(features.head_norms[rows].reshape(len(rows), -1), labels)
    found = {"magnitude": magnitude, "directional": np.stack(directional, axis=1)}
    return {way: _ranked(features, d, cosines, free_share(clusters)) for way, d in found.items()}


def _ranked(features: Features, d: np.ndarray, cosines: Sequence[float], free: float) -> Ranking:
    heads = [(layer, head) for layer, head, _ in features.slices()]
    order = np.argsort(-d[0], kind="stable")
    return Ranking(
        tuple(heads[i] for i in order),
        tuple(float(d[0, i]) for i in order),
        tuple(cosines[i] for i in order),
        maximum_test(d, free),
    )


def entry_folds(entries: Sequence[str], seed: int) -> np.ndarray:
    """The fold of every response: entries shuffled and dealt out, blind to any label, so that no draw changes them."""
    names = sorted(set(entries))
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[i]: place % FOLDS for place, i in enumerate(order)}
    return np.array([fold_of[entry] for entry in entries])


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Cosine of the angle between two vectors; 0 where one of them is zero."""
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length > 0 else 0.0


def select_heads(ranking: Ranking, count: int, controls: Sequence[str], seed: int) -> dict[str, list[Head]]:
    """The top heads, and as many control heads: the last of the ranking, and a random draw from all but the top.

    The draw leaves out the last ones too where the model has heads enough, so that the controls differ.
    """
    chosen: dict[str, list[Head]] = {"top": list(ranking.heads[:count])}
    if "random" in controls:
        rest = ranking.heads[count:-count] if len(ranking.heads) >= 3 * count else ranking.heads[count:]
        picks = np.random.default_rng(seed_from("random heads", seed)).choice(len(rest), count, replace=False)
        chosen["random"] = [rest[i] for i in sorted(picks)]
    if "bottom" in controls:
        chosen["bottom"] = list(ranking.heads[-count:])
    return chosen


def attribute(features: Features, every: Sequence[Cohorts], entries: Mapping[str, str], asked: Asked) -> dict[str, Any]:
    """heads.json: all rankings, the selections of those that were asked for, and why a ranking means nothing, if so.

    Raises:
        StudyError: if the model has too few heads for the selection and as many controls.
    """
    heads = len(features.slices())
    if 2 * asked.count > heads:
        raise StudyError(
            f"{asked.count} heads and as many controls are asked for, but the model has {heads} heads.",
            where="config key tempering.heads",
            remedy=f"Use at most {heads // 2}.",
        )
    rankings = []
    for cohorts in every:
        found = rank_heads(features, cohorts, entries, asked.permutations, asked.seed)
        rankings += [_as_json(cohorts, way, ranking, asked) for way, ranking in found.items()]
    return {"rankings": rankings}


def _as_json(cohorts: Cohorts, way: str, ranking: Ranking, asked: Asked) -> dict[str, Any]:
    wanted = way == asked.way and cohorts.disposition in asked.dispositions
    why = cohorts.why
    if why is None and min(cohorts.sizes) < asked.least_cohort:
        why = f"The cohorts have {cohorts.sizes[0]} and {cohorts.sizes[1]} responses; {asked.least_cohort} are needed."
    selected = {}
    if wanted and why is None:
        selected = select_heads(ranking, asked.count, asked.controls, seed_from(cohorts.disposition, asked.seed))
    test = ranking.maximum
    return {
        "disposition": cohorts.disposition,
        "way": way,
        "asked": wanted,
        "cohort_sizes": list(cohorts.sizes),
        "not_attributable": why or _too_quiet(way, ranking, asked.count),
        "collinear": _collinear(ranking, asked.count) if way == "directional" else None,
        "maximum": None if test is None else {name: round(value, 6) for name, value in vars(test).items()},
        "ranking": [
            {"layer": layer, "head": head, "d": round(d, 6), "cosine": round(cos, 6)}
            for (layer, head), d, cos in zip(ranking.heads, ranking.d, ranking.cosines, strict=True)
        ],
        "selected": {selection: [list(head) for head in chosen] for selection, chosen in selected.items()},
    }


def _too_quiet(way: str, ranking: Ranking, count: int) -> str | None:
    """Why the top heads are no heads of the first cohort, if so."""
    louder = sum(d > 0 for d in ranking.d[:count])
    if louder == count:
        return None
    what = {
        "magnitude": "speak louder in the cohort without the disposition",
        "directional": "point the same way in answers that their direction was not fitted on",
    }[way]
    return f"Only {louder} of the {count} heads asked for {what}."


def _collinear(ranking: Ranking, count: int) -> str | None:
    """That the direction of some top heads lies between nearly parallel means, if so."""
    parallel = sum(cos >= COLLINEAR for cos in ranking.cosines[:count])
    if not parallel:
        return None
    return (
        f"The cohorts' means of {parallel} of the {count} top heads are nearly parallel (cosine {COLLINEAR} or more):"
        " a direction between such means is mostly spread."
    )


def read_selected(path: str | Path) -> list[HeadRanking]:
    """The rankings of a heads.json whose heads are to be damped.

    Raises:
        StudyError: if it is no heads.json, or selects control heads without top heads.
    """
    chosen = [ranking for ranking in read_document(path, HeadsReport).rankings if ranking.selected]
    for ranking in chosen:
        if "top" not in ranking.selected:
            raise StudyError(
                f"The ranking for {ranking.disposition} selects no top heads.",
                where=f"{path}, key selected",
                remedy=remake(path),
            )
    return chosen
