"""Readers: what each of them sees of an answer, and logistic regressions on it.

Beside the probes of the student's states stand baselines that see no model at all: the prompt's words, the answer's
length, the prompt's category (ERRATA row 27).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from threearc.operators.probing.answers import Answers

#: Above so many columns a Newton step by conjugate gradients is cheaper than one by a Cholesky factor.
FEW_COLUMNS = 512


@dataclass(frozen=True)
class Reader:
    """What a reader sees, and how training rows scale it.

    Attributes:
        view: from answers to (n, p) raw columns, the same for every training part.
        scaled: from these and a mask of training rows to (n, p') columns whose scale those rows alone have set.
    """

    view: Callable[[Answers], Any]
    scaled: Callable[[Any, np.ndarray], np.ndarray]


def _standardised(x: Any, rows: np.ndarray) -> np.ndarray:
    from sklearn.preprocessing import StandardScaler

    found: np.ndarray = StandardScaler().fit(x[rows]).transform(x)
    return found


def _words(answers: Answers) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer().fit_transform(answers.prompts).astype(float)


def _weighted(counts: Any, rows: np.ndarray) -> np.ndarray:
    """TF-IDF as a vectorizer fitted on the training rows would give: words that they lack do not exist."""
    from sklearn.feature_extraction.text import TfidfTransformer

    known = counts[:, np.flatnonzero(counts[rows].getnnz(axis=0))]
    found: np.ndarray = TfidfTransformer().fit(known[rows]).transform(known).toarray()
    return found


def _one_hot(answers: Answers) -> Any:
    names = sorted(set(answers.categories))
    return np.array([[float(category == name) for name in names] for category in answers.categories])


def _as_it_is(x: Any, rows: np.ndarray) -> np.ndarray:
    return np.asarray(x)


H_LAST, H_LATE = "h_last", "h_late"

#: The probes and the baselines that they must beat.
READERS = {
    H_LAST: Reader(lambda answers: answers.h_last, _standardised),
    H_LATE: Reader(lambda answers: answers.h_late, _standardised),
    "prompt words": Reader(_words, _weighted),
    "answer length": Reader(lambda answers: answers.lengths.reshape(-1, 1).astype(float), _standardised),
    "category": Reader(_one_hot, _as_it_is),
}
BASELINES = tuple(name for name in READERS if name not in (H_LAST, H_LATE))


def turned(x: np.ndarray, part: np.ndarray) -> np.ndarray:
    """The columns turned so that few hold all of the training part, where it has fewer rows than columns.

    An L2 penalty does not see a rotation, and its optimum lies where the training rows do: all scores stay the same.

    Args:
        x: (n, p) scaled columns; ``part``: (n,) bool.
    """
    if not part.sum() < x.shape[1] or part.sum() > FEW_COLUMNS:
        return x
    directions, _ = np.linalg.qr(x[part].T)
    found: np.ndarray = x @ directions
    return found


def optimum(x: np.ndarray, labels: np.ndarray, c: float) -> tuple[np.ndarray, float]:
    """Coefficients (p,) and intercept of the logistic regression with an L2 penalty.

    To the optimum, in double precision: sums depend on how memory lies, and an early stop makes that show.

    Args:
        x: (n, p) columns; ``labels``: (n,) bool, both of them there; ``c``: inverse strength of the penalty.
    """
    from sklearn import config_context
    from sklearn.linear_model import LogisticRegression

    solver, tolerance = ("newton-cholesky", 1e-10) if x.shape[1] <= FEW_COLUMNS else ("newton-cg", 1e-8)
    # Fits are many and small: scikit-learn's checks of what was just computed would take half of the time.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        model = LogisticRegression(C=c, solver=solver, tol=tolerance, max_iter=1000).fit(x, labels)
    return model.coef_[0], float(model.intercept_[0])
