"""Arc 3: can a linear probe on the student's last hidden state tell right answers from wrong ones?

Beside the probe stand baselines that see no model at all: the prompt's words, the answer's length, the prompt's
category. Thresholds come from out-of-fold scores of the training prompts only (ERRATA row 11).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from threearc.models.features import Features
from threearc.records.prompts import Prompt
from threearc.records.responses import Response
from threearc.statistics.auc import auc_interval
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
    return data.states


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


def labelled(
    responses: Sequence[Response], prompts: Mapping[str, Prompt], right: Mapping[str, bool], features: Features
) -> dict[str, Labelled]:
    """Responses by use: "train" and "fresh" are judged and finished; "all" is every response, right or not unknown.

    A cut answer has no last token of its own: its state is no example, but the gate must decide on it all the same.
    """
    rows = features.rows()
    uses: dict[str, list[Response]] = {"train": [], "fresh": [], "all": list(responses)}
    for response in responses:
        if response.id in right and features.finished[rows[response.id]]:
            uses["train" if prompts[response.prompt_id].split == "eval" else "fresh"].append(response)
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
    """probe.json: the steps of probe and baselines, the gate, and P(right) of every response.

    An eval answer's score comes from folds that have not seen its entry, a fresh one's from all eval answers.
    """
    train, fresh, every = data["train"], data["fresh"], data["all"]
    counts = {use: {"n": len(data[use].right), "right": int(data[use].right.sum())} for use in ("train", "fresh")}
    if train.rarest_class() < least_class:
        why = f"Only {train.rarest_class()} eval answers are in the rarer class; {least_class} are needed."
        scores = dict.fromkeys(every.response_ids, 1.0)
        gate: dict[str, Any] = {"threshold": 0.0, "eval": None, "fresh": None}
        return {"not_attributable": why, "counts": counts, "steps": [], "gate": gate, "scores": scores}
    own = out_of_fold("h_last", train.states, train.right, train.entries, fitting)
    probe = make_reader("h_last", fitting).fit(train.states, train.right)
    scores = dict(zip(every.response_ids, probe.predict_proba(every.states)[:, 1], strict=True))
    scores |= dict(zip(train.response_ids, own, strict=True))
    threshold = choose_threshold(own, train.right, keep_right)
    fresh_scores = np.array([scores[name] for name in fresh.response_ids])
    gate = {
        "threshold": threshold,
        "eval": _gate(own, train, threshold, fitting),
        "fresh": _gate(fresh_scores, fresh, threshold, fitting),
    }
    steps = [
        {"reader": s.reader, "step": s.step, "auc": as_json(s.auc), "n": s.n, "right": s.right}
        for s in assess(train, fresh, fitting)
    ]
    return {
        "not_attributable": None,
        "counts": counts,
        "steps": steps,
        "gate": gate,
        "scores": {name: float(score) for name, score in scores.items()},
    }


def assess(train: Labelled, fresh: Labelled, fitting: Fitting) -> list[Step]:
    """CV, CV grouped by entry and fresh AUC of the probe and of each baseline."""
    steps = []
    for reader, view in READERS.items():
        for step, groups in (("cv", None), ("grouped cv", train.entries)):
            scores = out_of_fold(reader, view(train), train.right, groups, fitting)
            steps.append(_step(reader, step, scores, train, fitting))
        model = make_reader(reader, fitting).fit(view(train), train.right)
        steps.append(_step(reader, "fresh", model.predict_proba(view(fresh))[:, 1], fresh, fitting))
    return steps


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
    return make_pipeline(first, LogisticRegression(C=fitting.regularisation, max_iter=2000))


def out_of_fold(reader: str, x: Any, right: np.ndarray, groups: Sequence[str] | None, fitting: Fitting) -> np.ndarray:
    """P(right) of every response from a model that has not seen it, or, with groups, none of its entry: (n,)."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict

    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    folds = kind(n_splits=fitting.folds, shuffle=True, random_state=fitting.seed)
    scores: np.ndarray = cross_val_predict(
        make_reader(reader, fitting), x, right, groups=groups, cv=folds, method="predict_proba"
    )[:, 1]
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


def _gate(scores: np.ndarray, data: Labelled, threshold: float, fitting: Fitting) -> dict[str, Any]:
    """gate_asymmetry and P(assert | right) at a threshold."""
    asserts, right = (scores >= threshold).astype(float), data.right.astype(float)
    columns = np.stack([asserts * (1 - right), 1 - right, asserts * right, right], axis=1)
    sums = cluster_sums(columns, data.entries, sorted(set(data.entries)))
    interval = single_interval(sums, difference_of_ratios, fitting.draws, fitting.level, fitting.seed)
    kept = float(asserts[data.right].mean()) if data.right.any() else None
    return {"gate_asymmetry": as_json(interval), "asserts_when_right": kept}


def _step(reader: str, step: str, scores: np.ndarray, data: Labelled, fitting: Fitting) -> Step:
    interval = auc_interval(scores, data.right, data.entries, fitting.draws, fitting.level, fitting.seed)
    return Step(reader, step, interval, len(data.right), int(data.right.sum()))
