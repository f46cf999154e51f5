"""Scores from models that have not seen the answer, over and over, with C chosen inside every training part.

Three ways to fool oneself are closed here: C picked on the scores that are reported (ERRATA row 6), one lucky
assignment of folds (row 6), and answers of one entry on both sides of a fold (row 27).
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from threearc.operators.probing.answers import Answers
from threearc.operators.probing.readers import Reader, optimum, turned
from threearc.provenance.hashing import seed_from
from threearc.statistics.auc import auc


@dataclass(frozen=True)
class Fitting:
    """How probes are fitted and assessed.

    Attributes:
        regularisations: values of C to choose from.
        folds: of every cross-validation; ``repeats``: assignments of folds.
        control_draws: draws of control labels.
        draws, level: of the bootstrap.
    """

    regularisations: tuple[float, ...]
    folds: int
    repeats: int
    control_draws: int
    seed: int
    draws: int
    level: float


@dataclass(frozen=True)
class Folds:
    """Assignments of training rows to folds, each (n,) ints with −1 for rows outside; the first is the gate's too.

    Attributes:
        plain: answer by answer; ``grouped``: an entry's answers share their fold.
    """

    plain: tuple[np.ndarray, ...]
    grouped: tuple[np.ndarray, ...]

    @property
    def coarse(self) -> tuple[np.ndarray, ...]:
        """Grouped folds put together into three: enough to choose C by where no two training parts share a fit."""
        return tuple(np.where(places < 0, -1, places % 3) for places in self.grouped)


def make_folds(labels: np.ndarray, entries: np.ndarray, rows: np.ndarray, fitting: Fitting, repeats: int) -> Folds:
    """Stratified folds of the rows, ``repeats`` times."""
    seeds = [fitting.seed if r == 0 else seed_from(fitting.seed, "folds", r) % 2**32 for r in range(repeats)]
    plain, grouped = (
        tuple(_assigned(labels, groups, rows, fitting.folds, seed) for seed in seeds) for groups in (None, entries)
    )
    return Folds(plain, grouped)


def _assigned(labels: np.ndarray, groups: Any, rows: np.ndarray, folds: int, seed: int) -> np.ndarray:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(n_splits=folds, shuffle=True, random_state=seed)
    known, places = np.flatnonzero(rows), np.full(len(rows), -1)
    own = None if groups is None else groups[known]
    for fold, (_, held_out) in enumerate(splitter.split(known, labels[known], own)):
        places[known[held_out]] = fold
    return places


@dataclass(frozen=True)
class OutOfFold:
    """Scores of n answers at every repeat, and how often each C was chosen on the way.

    Attributes:
        scores: (repeats, n).
    """

    scores: np.ndarray
    chosen: Counter[float]

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Scores of some of the answers: (repeats, rows)."""
        found: np.ndarray = self.scores[:, rows]
        return found


class Probe:
    """One reader and one set of labels; every training part is fitted once for each C."""

    def __init__(self, reader: Reader, answers: Answers, labels: np.ndarray, rows: np.ndarray, fitting: Fitting):
        """A probe that may learn from ``rows`` (n,) bool and then scores all answers."""
        self._raw, self._scale = reader.view(answers), reader.scaled
        self._labels, self._rows, self._fitting = labels, rows, fitting
        self._known: dict[tuple[bytes, float], np.ndarray] = {}
        self._last: tuple[bytes, np.ndarray] | None = None

    def scores(self, part: np.ndarray, c: float) -> np.ndarray:
        """P(label) of every answer (n,) from a model of the training part (n,) bool."""
        from scipy.special import expit

        key = (part.tobytes(), c)
        if key not in self._known:
            labels = self._labels[part]
            if labels.all() or not labels.any():
                # One class alone teaches nothing.
                return np.full(len(part), 0.5)
            x = self._scaled(part)
            weights, intercept = optimum(x[part], labels, c)
            self._known[key] = expit(x @ weights + intercept)
        return self._known[key]

    def _scaled(self, part: np.ndarray) -> np.ndarray:
        """Columns as the training part scales them; the last ones are kept for the next C."""
        key = part.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = key, turned(self._scale(self._raw, part), part)
        return self._last[1]

    def choose(self, part: np.ndarray, grouped: np.ndarray) -> float:
        """The C of the best AUC in grouped CV inside the training part; of equals the smallest.

        Args:
            grouped: (n,) folds; those that reach into the part are the inner folds.
        """
        options = sorted(self._fitting.regularisations)
        if len(options) == 1:
            return options[0]
        scores = np.empty((len(options), len(part)))
        for place in np.unique(grouped[part]):
            held_out = part & (grouped == place)
            for i, c in enumerate(options):
                scores[i, held_out] = self.scores(part & ~held_out, c)[held_out]
        found = [auc(rounded(row[part]), self._labels[part]) for row in scores]
        return options[int(np.argmax(found))]

    def out_of_fold(
        self, outer: tuple[np.ndarray, ...], grouped: tuple[np.ndarray, ...], within: np.ndarray | None = None
    ) -> OutOfFold:
        """Scores of every training row by models of the other folds, at every repeat; other answers stay nan.

        Args:
            within: (n,) bool, a part of the training rows to stay in: no model sees anything outside it.
        """
        rows = self._rows if within is None else within
        chosen: Counter[float] = Counter()
        scores = np.full((len(outer), len(self._rows)), np.nan)
        for repeat, (places, inner) in enumerate(zip(outer, grouped, strict=True)):
            for place in np.unique(places[rows]):
                part = rows & (places != place)
                c = self.choose(part, inner)
                chosen[c] += 1
                held_out = rows & (places == place)
                scores[repeat, held_out] = self.scores(part, c)[held_out]
        return OutOfFold(rounded(scores), chosen)

    def taught(self, grouped: np.ndarray) -> OutOfFold:
        """Scores of every answer by the model of all training rows."""
        c = self.choose(self._rows, grouped)
        return OutOfFold(rounded(self.scores(self._rows, c))[None], Counter([c]))


def rounded(scores: np.ndarray) -> np.ndarray:
    """Scores to as many digits as every run agrees on."""
    return np.round(scores, 6)


def spread(scores: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """The lowest and the highest AUC of a single repeat, of scores (repeats, n)."""
    each = [auc(row, labels) for row in scores]
    return {"lowest": _json(min(each)), "highest": _json(max(each))}


def counted(chosen: Counter[float]) -> dict[str, int]:
    """How often each C was chosen, as JSON has it."""
    return {f"{c:g}": chosen[c] for c in sorted(chosen)}


def _json(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)
