"""Intervals of rates and of their differences, from counts of independent answers.

Where answers come in clusters, these hold at the number of independent answers that they are worth; see ``sparse``.
"""

from collections.abc import Callable

import numpy as np

from threearc.statistics.families import normal_quantile


def score_bounds(rate: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's score interval: the true rates that are no more than ``quantile`` standard errors off.

    Wilson, Journal of the American Statistical Association 22 (1927).

    Args:
        n: answers, or what they are worth; it need not be whole.
    """
    shrink = quantile**2 / n
    centre = (rate + shrink / 2) / (1 + shrink)
    half = quantile / (1 + shrink) * np.sqrt(rate * (1 - rate) / n + shrink / (4 * n))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def wilson(events: int, n: int, level: float) -> tuple[float, float]:
    """Score interval of ``events`` in ``n`` independent answers."""
    return score_bounds(events / n, n, normal_quantile(level))


def clopper_pearson(events: int, n: int, level: float) -> tuple[float, float]:
    """Exact interval: never covers less often than ``level``. Clopper and Pearson, Biometrika 26 (1934)."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = betaincinv(events, n - events + 1, tail) if events else 0.0
    high = betaincinv(events + 1, n - events, 1 - tail) if events < n else 1.0
    return float(low), float(high)


def miettinen_nurminen(events: int, n: int, others: int, other_n: int, level: float) -> tuple[float, float]:
    """Score interval of rate less other rate, of two independent samples.

    Miettinen and Nurminen, Statistics in Medicine 4 (1985): all differences that a score test with the divisor
    n + m − 1 does not reject, each at the likeliest pair of rates with that difference. Ours because statsmodels 0.15
    has a slip in the cubic for that pair (a count where a sample size belongs).
    """
    rates, sizes = np.array([events / n, others / other_n]), np.array([n, other_n])
    total = n + other_n

    def z(difference: float) -> float:
        other = _likeliest(rates, sizes, difference)
        both = np.clip([other + difference, other], 0, 1)
        variance = (both * (1 - both) / sizes).sum() * total / (total - 1)
        return _standardised(rates[0] - rates[1] - difference, variance)

    return _inverted(z, float(rates[0] - rates[1]), normal_quantile(level))


def _likeliest(rates: np.ndarray, sizes: np.ndarray, difference: float) -> float:
    """The second rate that is likeliest where the first is larger by ``difference``: a root of a cubic in [0, 1]."""
    (first, second), (n, m) = rates, sizes
    theta = m / n
    a = 1 + theta
    b = -(1 + theta + first + theta * second + difference * (theta + 2))
    c = difference**2 + difference * (2 * first + theta + 1) + first + theta * second
    d = -first * difference * (1 + difference)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = np.sign(v or 1.0) * np.sqrt(max((b / (3 * a)) ** 2 - c / (3 * a), 0.0))
    turn = np.clip(v / u**3, -1, 1) if u else 0.0
    larger = 2 * u * np.cos((np.pi + np.arccos(turn)) / 3) - b / (3 * a)
    return float(larger - difference)


def _standardised(distance: float, variance: float) -> float:
    if abs(distance) < 1e-15:
        return 0.0
    return float(distance / np.sqrt(variance)) if variance > 0 else float(np.copysign(np.inf, distance))


def _inverted(z: Callable[[float], float], estimate: float, quantile: float) -> tuple[float, float]:
    """Where a falling z is ``quantile`` and −``quantile``, within [−1, 1]."""
    from scipy.optimize import brentq

    def root(beyond: float, target: float) -> float:
        if not abs(z(beyond)) > quantile:
            return beyond
        # A bound of the range may be infinitely many standard errors off, which a bisection cannot halve.
        return float(brentq(lambda at: float(np.clip(z(at), -1e6, 1e6)) - target, estimate, beyond, xtol=1e-14))

    return root(-1.0, quantile), root(1.0, -quantile)
