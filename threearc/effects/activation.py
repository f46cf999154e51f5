"""How many directions a fine-tuned student's final states moved in: is what training did low-rank? (FACTS, arc 1)"""

from typing import Any

import numpy as np

from threearc.models.features import Features, States
from threearc.provenance.errors import REMAKE, StudyError

#: Shares of the variance to reach.
SHARES = (0.5, 0.9, 0.95)


def activation_ranks(features: Features, states: States) -> dict[str, dict[str, Any]]:
    """Ranks of the difference, trained less base, over the same answers read by both, by condition id.

    Raises:
        StudyError: if the states are not of the answers, or not of the student, that the features are of.
    """
    rows = features.rows()
    width = features.h_last.shape[1]
    for condition, found in states.h_last.items():
        if found.shape[1] != width:
            raise _unlike(f"The states of {condition} are {found.shape[1]} wide, those of base {width}.")
    lacking = [name for name in states.response_ids if name not in rows]
    if lacking:
        raise _unlike(f"The trained students read {len(lacking)} answers that base did not, {lacking[0]} among them.")
    base = features.h_last[[rows[name] for name in states.response_ids]].astype(float)
    if len(base) < 2:
        return {}
    return {condition: difference_ranks(base, found.astype(float)) for condition, found in states.h_last.items()}


def _unlike(what: str) -> StudyError:
    return StudyError(what, where="features/adapters.npz and features/base.npz", remedy=REMAKE)


def difference_ranks(base: np.ndarray, trained: np.ndarray) -> dict[str, Any]:
    """Principal components of trained less base that carry given shares of its variance.

    Args:
        base, trained: (n, hidden), row by row the same answers, n at least 2.

    Returns:
        n; most: as many components as there can be; dimensions: by share; shift: the part of the difference's energy
        that all answers share, in [0, 1], which principal components leave out; size: the difference's root mean
        square over that of base.
    """
    difference = trained - base
    mean = difference.mean(axis=0)
    energy = float((difference**2).sum())
    variances = np.linalg.svd(difference - mean, compute_uv=False) ** 2
    # What rounding leaves of a difference that is the same everywhere is no direction.
    spread = variances.sum() > 1e-12 * energy
    shares = np.cumsum(variances) / variances.sum() if spread else np.ones_like(variances)
    return {
        "n": len(base),
        "most": min(len(base) - 1, base.shape[1]),
        # The first component with which the share is reached; rounding must not ask for one more.
        "dimensions": {f"{share:g}": int((shares < share - 1e-9).sum()) + 1 for share in SHARES},
        "shift": round(float(len(base) * (mean**2).sum()) / energy, 6) if energy else 0.0,
        "size": round(float(np.sqrt(energy / (base**2).sum())), 6),
    }
