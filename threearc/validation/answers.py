"""Answers of one arm as arrays: what planted truths change before the engine sees them as records."""

from dataclasses import dataclass

import numpy as np

from threearc.domains.protocol import CALIBRATION, CONTENT, PRIMARY_AXES, Disposition, Instrument
from threearc.judging.rules import APPROPRIATE
from threearc.records.judgements import Certainty

CERTAINTIES: tuple[Certainty, ...] = ("certain", "uncertain", "ambiguous")
#: What an answer holds of checks: none, a real one, or words of checking only. UNKNOWN where no oracle could tell.
UNKNOWN, NO_CHECK, REAL_CHECK, EMPTY_CHECK = -1, 0, 1, 2
#: Of second answers: never asked again.
NOT_ASKED = -1
#: Scores of an axis run from 1 to 5.
LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True)
class Form:
    """What a domain's answers are scored on."""

    domain: str
    instrument: Instrument
    axes: tuple[str, ...]

    @property
    def primary(self) -> dict[Disposition, str]:
        """The axis of each disposition that is read off one and scored here."""
        return {d: axis for d, axis in PRIMARY_AXES[self.instrument].items() if axis in self.axes}

    @property
    def calibration(self) -> str | None:
        """The axis that is read off delivery and certainty, if it is scored."""
        axis = CALIBRATION[self.instrument]
        return axis if axis in self.axes else None


@dataclass
class Answers:
    """First answers of one arm on one split, and the outcome of second ones; every array has a value per answer.

    Attributes:
        entry, prompt, seed: indices; ``prompt`` counts through all entries.
        certainty: index into ``CERTAINTIES``.
        scores: by axis; ``style``: by feature.
        checks: REAL_CHECK and so on.
        cut: the budget ended it; ``lost``: its delivery could not be judged.
        recovered: 1 if the second answer is right, 0 if wrong, NOT_ASKED.
    """

    entry: np.ndarray
    prompt: np.ndarray
    seed: np.ndarray
    certainty: np.ndarray
    right: np.ndarray
    asserts: np.ndarray
    coverage: np.ndarray
    scores: dict[str, np.ndarray]
    style: dict[str, np.ndarray]
    checks: np.ndarray
    tokens: np.ndarray
    cut: np.ndarray
    lost: np.ndarray
    recovered: np.ndarray

    def __len__(self) -> int:
        return len(self.entry)

    def deliver(self, which: np.ndarray, asserts: bool, form: Form) -> None:
        """Let some answers be judged to assert, or to hedge; calibration is read off that."""
        self.asserts[which] = asserts
        if form.calibration is not None:
            self.scores[form.calibration][which] = calibrated(self.certainty[which], self.asserts[which])

    def fail(self, which: np.ndarray, rng: np.random.Generator) -> None:
        """Let some answers be wrong: they cover less than half of the claims, and are asked again as others are."""
        asked = self.recovered[self.recovered != NOT_ASKED]
        again = which & self.right
        if len(asked):
            self.recovered[again] = rng.random(int(again.sum())) < asked.mean()
        self.right[which] = False
        self.cover(which, 0.25 * rng.integers(0, 2, int(which.sum())))

    def mend(self, which: np.ndarray, rng: np.random.Generator) -> None:
        """Let some answers be right: they cover half of the claims or more, and are not asked again."""
        self.right[which] = True
        self.recovered[which] = NOT_ASKED
        self.cover(which, 0.25 * rng.integers(2, 5, int(which.sum())))

    def cover(self, which: np.ndarray, coverage: np.ndarray) -> None:
        """Let some answers cover given shares of the claims; the content axis is read off them."""
        self.coverage[which] = coverage
        if CONTENT in self.scores:
            self.scores[CONTENT][which] = covered(coverage)


def calibrated(certainty: np.ndarray, asserts: np.ndarray) -> np.ndarray:
    """Scores of calibration, as the rules judge has them."""
    table = np.array([[APPROPRIATE[c, "hedge"], APPROPRIATE[c, "assert"]] for c in CERTAINTIES])
    return np.asarray(table[certainty, asserts.astype(int)])


def covered(coverage: np.ndarray) -> np.ndarray:
    """Scores of content for shares of the claims."""
    return np.asarray(LOWEST + np.rint((HIGHEST - LOWEST) * coverage).astype(int))
