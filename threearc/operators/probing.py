"""Arc 3: can a linear probe on the student's last hidden state tell right answers from wrong ones?

Beside the probe stand baselines that see no model at all: the prompt's words, the answer's length, the prompt's
category. Thresholds come from out-of-fold scores of eval answers only (ERRATA row 11), and the one that decides on an
eval answer from the scores of the other folds (row 6): no answer has a say in how it is judged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from threearc.models.features import Features
from threearc.records.prompts import Prompt, Split
from threearc.records.responses import Response
from threearc.statistics.auc import auc_difference, auc_interval
from threearc.statistics.clusters import (
    Interval,
    as_json,
    cluster_sums,
    difference_of_ratios,
    single_interval,
)


@dataclass(frozen=True)
class Labelled:
    """n judged responses with what a probe may look at.

    Attributes:
        response_ids, entries, prompts, categories: (n,) strings.
        states: (n, hidden) h_last.
        lengths: (n,) generated tokens.
        right: (n,) bool.
    """

    response_ids: list[str]
    entries: list[str]
    prompts: list[str]
    categories: list[str]
    states: np.ndarray
    lengths: np.ndarray
    right: np.ndarray

    def rarest_class(self) -> int:
        """The number of right or of wrong responses, whichever is less."""
        return int(min(self.right.sum(), (~self.right).sum()))

    def rarest_entries(self) -> int:
        """The number of entries with a right response or with a wrong one, whichever is less."""
        return min(
            len({e for e, r in zip(self.entries, self.right, strict=True) if r == side}) for side in (True, False)
        )


@dataclass(frozen=True)
class Step:
    """One step of one reader: cv, grouped cv or fresh."""

    reader: str
    step: str
    auc: Interval
    n: int
    right: int


@dataclass(frozen=True)
class Fitting:
    """How probes are fitted and assessed; ``level`` and ``draws`` are of the AUC's bootstrap."""

    regularisation: float
    folds: int
    seed: int
    draws: int
    level: float


#: What a reader sees of the responses.
View = Callable[[Labelled], Any]


def _states(data: Labelled) -> Any:
    return data.states.astype(float)


def _prompts(data: Labelled) -> Any:
    return np.array(data.prompts, dtype=object)


def _lengths(data: Labelled) -> Any:
    return data.lengths.reshape(-1, 1).astype(float)


def _categories(data: Labelled) -> Any:
    return np.array(data.categories, dtype=object).reshape(-1, 1)


#: The probe and the baselines that it must beat.
READERS: dict[str, View] = {
    "h_last": _states,
    "prompt words": _prompts,
    "answer length": _lengths,
    "category": _categories,
}


#: What the judged answers to a split are for.
USES: Mapping[Split, str] = {"eval": "train", "fresh": "fresh"}


def labelled(
    responses: Sequence[Response], prompts: Mapping[str, Prompt], right: Mapping[str, bool], features: Features
) -> dict[str, Labelled]:
    """Responses by use: "train" and "fresh" are judged and finished; "all" is every response, right or not unknown.

    A cut answer has no last token of its own: its state is no example, but the gate must decide on it all the same,
    and on answers to a benchmark, which neither teach the probe nor assess it.
    """
    rows = features.rows()
    uses: dict[str, list[Response]] = {"train": [], "fresh": [], "all": list(responses)}
    for response in responses:
        use = USES.get(prompts[response.prompt_id].split)
        if use is not None and response.id in right and features.finished[rows[response.id]]:
            uses[use].append(response)
    return {
        use: Labelled(
            response_ids=[r.id for r in chosen],
            entries=[prompts[r.prompt_id].entry for r in chosen],
            prompts=[prompts[r.prompt_id].text for r in chosen],
            categories=[prompts[r.prompt_id].category for r in chosen],
            states=features.h_last[[rows[r.id] for r in chosen]],
            lengths=np.array([r.n_tokens for r in chosen]),
            right=np.array([right.get(r.id, False) for r in chosen], dtype=bool),
        )
        for use, chosen in uses.items()
    }


def fit_probe(data: Mapping[str, Labelled], fitting: Fitting, keep_right: float, least_class: int) -> dict[str, Any]:
    """probe.json: the steps of probe and baselines, the gate, and score and decision for every response.

    An eval answer is scored by the fold's probe that has not seen its entry, and held against the threshold of the
    other folds; a fresh one is scored by a probe of all eval answers, and held against the threshold of them all.
    """
    train, fresh, every = data["train"], data["fresh"], data["all"]
    counts = {use: {"n": len(data[use].right), "right": int(data[use].right.sum())} for use in ("train", "fresh")}
    why = _not_attributable(train, fresh, fitting, least_class)
    if why is not None:
        gate: dict[str, Any] = {"threshold": 0.0, "eval": None, "fresh": None}
        scores, asserts = dict.fromkeys(every.response_ids, 1.0), dict.fromkeys(every.response_ids, True)
        return {
            "not_attributable": why, "counts": counts, "steps": [], "against": [], "gate": gate, "scores": scores,
            "asserts": asserts,
        }  # fmt: skip
    fold_of = dict(zip(train.entries, folds(train.right, train.entries, fitting).tolist(), strict=True))
    states, all_states = _states(train), _states(every)
    probes = {
        fold: fitted("h_last", states, train.right, _elsewhere(train.entries, fold_of, fold), fitting)
        for fold in sorted(set(fold_of.values()))
    }
    probes[None] = fitted("h_last", states, train.right, slice(None), fitting)
    # By entry, not by response: an answer that was cut teaches no probe, but its entry's other answers may have.
    places = [fold_of.get(entry) for entry in every.entries]
    scores = {}
    for fold, probe in probes.items():
        rows = [i for i, place in enumerate(places) if place == fold]
        if rows:
            found = probe.predict_proba(all_states[rows])[:, 1]
            scores |= {every.response_ids[i]: _rounded(score) for i, score in zip(rows, found, strict=True)}
    own = np.array([scores[name] for name in train.response_ids])
    thresholds = {
        fold: choose_threshold(own[chosen], train.right[chosen], keep_right)
        for fold, chosen in ((fold, _elsewhere(train.entries, fold_of, fold)) for fold in probes)
    }
    asserts = {name: scores[name] >= thresholds[place] for name, place in zip(every.response_ids, places, strict=True)}
    gate = {"threshold": thresholds[None]}
    gate |= {name: _gate(asserts, part, fitting) for name, part in (("eval", train), ("fresh", fresh))}
    steps, against = assess(train, fresh, fitting)
    return {
        "not_attributable": None,
        "counts": counts,
        "steps": [
            {"reader": s.reader, "step": s.step, "auc": as_json(s.auc), "n": s.n, "right": s.right} for s in steps
        ],
        "against": [{"reader": reader, "difference": as_json(found)} for reader, found in against.items()],
        "gate": gate,
        "scores": scores,
        "asserts": asserts,
    }


def _not_attributable(train: Labelled, fresh: Labelled, fitting: Fitting, least_class: int) -> str | None:
    """Why no probe can be fitted, or assessed, on these answers."""
    if train.rarest_class() < least_class:
        return f"Only {train.rarest_class()} eval answers are in the rarer class; {least_class} are needed."
    if train.rarest_entries() < 2 * fitting.folds:
        # Fewer, and a fold may leave the others with one class only.
        return f"The rarer class comes from {train.rarest_entries()} entries; {2 * fitting.folds} are needed."
    if fresh.rarest_class() == 0:
        return "The fresh answers that finished and were judged are all right, or all wrong, or none."
    return None


def _rounded(score: float) -> float:
    """A score to as many digits as every run agrees on."""
    return round(float(score), 6)


def _elsewhere(entries: Sequence[str], fold_of: Mapping[str, int], fold: int | None) -> np.ndarray:
    """(n,) bool: responses whose entry lies in another fold."""
    return np.array([fold_of[entry] != fold for entry in entries])


def assess(train: Labelled, fresh: Labelled, fitting: Fitting) -> tuple[list[Step], dict[str, Interval]]:
    """CV, CV grouped by entry and fresh AUC of all readers, and the probe's fresh AUC less each baseline's."""
    steps, on_fresh = [], {}
    for reader, view in READERS.items():
        for step, groups in (("cv", None), ("grouped cv", train.entries)):
            scores = out_of_fold(reader, view(train), train.right, groups, fitting)
            steps.append(_step(reader, step, scores, train, fitting))
        model = fitted(reader, view(train), train.right, slice(None), fitting)
        on_fresh[reader] = model.predict_proba(view(fresh))[:, 1]
        steps.append(_step(reader, "fresh", on_fresh[reader], fresh, fitting))
    own = on_fresh.pop("h_last")
    against = {
        reader: auc_difference(own, other, fresh.right, fresh.entries, fitting.draws, fitting.level, fitting.seed)
        for reader, other in on_fresh.items()
    }
    return steps, against


def make_reader(reader: str, fitting: Fitting) -> Any:
    """A scikit-learn pipeline that ends in a logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    first: Any = StandardScaler()
    if reader == "prompt words":
        first = TfidfVectorizer()
    elif reader == "category":
        first = OneHotEncoder(handle_unknown="ignore")
    # To the optimum, in double precision: sums depend on how memory lies, and an early stop makes that show.
    return make_pipeline(first, LogisticRegression(C=fitting.regularisation, tol=1e-10, max_iter=10_000))


def fitted(reader: str, x: Any, right: np.ndarray, rows: Any, fitting: Fitting) -> Any:
    """A reader fitted on some rows."""
    return make_reader(reader, fitting).fit(x[rows], right[rows])


def folds(right: np.ndarray, groups: Sequence[str] | None, fitting: Fitting) -> np.ndarray:
    """The fold of every response, stratified by class; with groups, an entry's responses share theirs: (n,) ints."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(n_splits=fitting.folds, shuffle=True, random_state=fitting.seed)
    places = np.empty(len(right), dtype=int)
    for fold, (_, held_out) in enumerate(splitter.split(right, right, groups)):
        places[held_out] = fold
    return places


def out_of_fold(reader: str, x: Any, right: np.ndarray, groups: Sequence[str] | None, fitting: Fitting) -> np.ndarray:
    """P(right) of every response from a model that has not seen it, or, with groups, none of its entry: (n,)."""
    places, scores = folds(right, groups, fitting), np.empty(len(right))
    for fold in np.unique(places):
        model = fitted(reader, x, right, places != fold, fitting)
        scores[places == fold] = model.predict_proba(x[places == fold])[:, 1]
    return scores


def choose_threshold(scores: np.ndarray, right: np.ndarray, keep_right: float) -> float:
    """The threshold of least gate asymmetry that still asserts at least ``keep_right`` of the right answers.

    Args:
        scores: (n,) out-of-fold P(right); an answer asserts at or above the threshold.
    """
    options = []
    for threshold in np.unique(scores):
        asserts = scores >= threshold
        kept = float(asserts[right].mean())
        if kept >= keep_right:
            options.append((float(asserts[~right].mean()) - kept, float(threshold)))
    return min(options)[1]


def _gate(decisions: Mapping[str, bool], data: Labelled, fitting: Fitting) -> dict[str, Any]:
    """gate_asymmetry and P(assert | right) of decisions."""
    asserts = np.array([float(decisions[name]) for name in data.response_ids])
    right = data.right.astype(float)
    columns = np.stack([asserts * (1 - right), 1 - right, asserts * right, right], axis=1)
    sums = cluster_sums(columns, data.entries, sorted(set(data.entries)))
    interval = single_interval(sums, difference_of_ratios, fitting.draws, fitting.level, fitting.seed)
    kept = float(asserts[data.right].mean()) if data.right.any() else None
    return {"gate_asymmetry": as_json(interval), "asserts_when_right": kept}


def _step(reader: str, step: str, scores: np.ndarray, data: Labelled, fitting: Fitting) -> Step:
    interval = auc_interval(scores, data.right, data.entries, fitting.draws, fitting.level, fitting.seed)
    return Step(reader, step, interval, len(data.right), int(data.right.sum()))
