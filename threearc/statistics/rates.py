"""Intervals of rates and of their differences, from counts of independent answers.

Where answers come in clusters, these hold at the number of independent answers that they are worth; see ``clusters``.
"""

import numpy as np


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
