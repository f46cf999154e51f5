"""One effect over many cells: random effects, instead of counting verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from threearc.statistics.clusters import Interval


@dataclass(frozen=True)
class Pooled:
    """What cells show together.

    Attributes:
        mean: the mean effect over cells like these, with its interval; ``p``: of none.
        tau2: variance of the true effects between cells.
        low, high: where the true effect of another such cell lies; nan with fewer than three cells, and too narrow with
            few (of eight cells, 88 % where 95 % are stated).
    """

    mean: Interval
    p: float
    tau2: float
    low: float
    high: float


def pooled(
    effects: Sequence[float], variances: Sequence[float], level: float, between: Literal["pm", "dl"] = "pm"
) -> Pooled:
    """Random-effects mean with the interval of Hartung and Knapp, Statistics in Medicine 20 (2001).

    Effects that agree better than chance do not narrow the interval below the one that their variances alone give
    (Röver, Knapp and Friede, BMC Medical Research Methodology 15, 2015). The prediction interval is that of Higgins,
    Thompson and Spiegelhalter, Journal of the Royal Statistical Society A 172 (2009).

    Args:
        variances: of the effects, all above 0.
        between: the estimate of tau²: Paule and Mandel's, or DerSimonian and Laird's.

    Raises:
        ValueError: if the sequences differ in length, or a variance is not above 0.
    """
    from scipy.special import stdtr, stdtrit

    cells = len(effects)
    if cells != len(variances) or not all(variance > 0 for variance in variances):
        raise ValueError("every effect needs a variance above 0")
    nothing = float("nan")
    if cells < 2:
        mean = effects[0] if cells else nothing
        return Pooled(Interval(mean, nothing, nothing, level), nothing, nothing, nothing, nothing)
    given, own = np.asarray(effects, dtype=float), np.asarray(variances, dtype=float)
    tau2 = _paule_mandel(given, own) if between == "pm" else _dersimonian_laird(given, own)
    weights = 1 / (own + tau2)
    mean = float(weights @ given / weights.sum())
    scale = max(1.0, float(weights @ (given - mean) ** 2) / (cells - 1))
    error = float(np.sqrt(scale / weights.sum()))
    half = float(stdtrit(cells - 1, (1 + level) / 2)) * error
    reach = nothing
    if cells > 2:
        reach = float(stdtrit(cells - 2, (1 + level) / 2) * np.sqrt(tau2 + error**2))
    return Pooled(
        mean=Interval(mean, mean - half, mean + half, level),
        p=float(2 * stdtr(cells - 1, -abs(mean) / error)),
        tau2=tau2,
        low=mean - reach,
        high=mean + reach,
    )


def _heterogeneity(effects: np.ndarray, variances: np.ndarray) -> float:
    """Cochran's Q."""
    weights = 1 / variances
    return float(weights @ (effects - weights @ effects / weights.sum()) ** 2)


def _dersimonian_laird(effects: np.ndarray, variances: np.ndarray) -> float:
    """DerSimonian and Laird, Controlled Clinical Trials 7 (1986)."""
    weights = 1 / variances
    excess = _heterogeneity(effects, variances) - (len(effects) - 1)
    return max(0.0, float(excess / (weights.sum() - (weights**2).sum() / weights.sum())))


def _paule_mandel(effects: np.ndarray, variances: np.ndarray) -> float:
    """The tau² that makes Q what it should be. Paule and Mandel, Journal of Research of the NBS 87 (1982).

    Ours because the iteration of statsmodels 0.15 ends at 0 where rounding takes its last step past the root.
    """
    from scipy.optimize import brentq

    def excess(tau2: float) -> float:
        return _heterogeneity(effects, variances + tau2) - (len(effects) - 1)

    if excess(0.0) <= 0:
        return 0.0
    # Q is no more than the sum of squares over tau², which is n − 1 sample variances.
    return float(brentq(excess, 0.0, 1.01 * float(effects.var(ddof=1)), xtol=1e-15, rtol=1e-13))
