"""Distribution shift: can fresh prompts be told from eval ones by their words alone (ERRATA row 8)?

It holds nothing back: fresh prompts are others' on purpose, and a claim must survive that. But what is gone on prompts
that differ may have been lost to the difference, and ``fresh_transfer`` says so where this guard fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from threearc.effects.contrasts import Plan
from threearc.guards.protocol import Evidence
from threearc.provenance.hashing import seed_from
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.auc import auc_interval
from threearc.statistics.clusters import Interval, cluster_sums, difference_of_ratios, single_interval
from threearc.statistics.wording import interval

NAME = "distribution_shift"
BINDS: Binds = "nothing"
#: Folds of the classifier's cross-validation, and the fewest entries of each split that fill them.
FOLDS = 5
LEAST_ENTRIES = 2 * FOLDS


@dataclass(frozen=True)
class Shift:
    """How far fresh prompts can be told from eval ones.

    Attributes:
        auc: of a classifier of their words, entries left out.
        longer: mean length of fresh prompts less that of eval ones, in characters.
    """

    auc: Interval
    longer: Interval


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """One result: the classifier's AUC, whose interval must stay below the bar, and the difference in length."""
    bar, found = evidence.bars["shift_auc"], shift(evidence)
    if found is None:
        why = f"Eval and fresh prompts of at least {LEAST_ENTRIES} entries each are needed to tell them apart."
        yield evidence.result(NAME, BINDS, "cannot run", why)
        return
    auc, longer = found.auc, found.longer
    outcome: GuardOutcome = "pass" if auc.high < bar else "fail"
    sentence = (
        f"A classifier of their words tells fresh from eval prompts at an AUC of"
        f" {interval(auc.estimate, auc.low, auc.high)}; fresh ones are longer by"
        f" {interval(longer.estimate, longer.low, longer.high, digits=0, signed=True)} characters."
    )
    if outcome == "fail":
        sentence += " What fails to transfer may be lost to this shift."
    yield evidence.result(NAME, BINDS, outcome, sentence, figure=auc.estimate, bar=bar)


def may_be_shift(evidence: Evidence) -> bool:
    """True if a failure to transfer may be due to other prompts, or nobody can tell."""
    found = shift(evidence)
    return found is None or not found.auc.high < evidence.bars["shift_auc"]


def shift(evidence: Evidence) -> Shift | None:
    """How eval and fresh prompts of a cell differ; None where there are too few."""
    asked = ((p.split == "fresh", p.entry, p.text) for p in evidence.prompts if p.split in ("eval", "fresh"))
    return _shift(tuple(asked), evidence.plan)


@lru_cache(maxsize=2)
def _shift(asked: tuple[tuple[bool, str, str], ...], plan: Plan) -> Shift | None:
    """The same from each prompt's side, entry and text."""
    fresh = np.array([is_fresh for is_fresh, _, _ in asked], dtype=bool)
    entries, texts = [entry for _, entry, _ in asked], [text for _, _, text in asked]
    if min(len({e for e, is_fresh in zip(entries, fresh, strict=True) if is_fresh == side}) for side in (0, 1)) < (
        LEAST_ENTRIES
    ):
        return None
    seed = seed_from(plan.seed, NAME)
    scores = _out_of_fold(texts, fresh, entries, seed % 2**32)
    lengths = np.array([len(text) for text in texts], dtype=float)
    columns = np.stack([lengths * fresh, fresh, lengths * ~fresh, ~fresh], axis=1)
    sums = cluster_sums(columns, entries, sorted(set(entries)))
    return Shift(
        auc_interval(scores, fresh, entries, plan.draws, plan.level, seed),
        single_interval(sums, difference_of_ratios, plan.draws, plan.level, seed),
    )


def _out_of_fold(texts: list[str], fresh: np.ndarray, entries: list[str], seed: int) -> np.ndarray:
    """(n,) scores of being fresh from classifiers that have not seen the prompt's entry."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(max_iter=1000))
    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=seed)
    scores: np.ndarray = cross_val_predict(model, texts, fresh, groups=entries, cv=folds, method="decision_function")
    return scores
