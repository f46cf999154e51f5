"""McNemar's exact test: of the pairs that changed, did as many change one way as the other?"""

import numpy as np


def single_answers(arm: np.ndarray, base: np.ndarray) -> bool:
    """Does every cluster (c, 2) hold one answer of each arm, an event or none, if any: are they independent pairs?"""
    both = np.stack([arm, base])
    return bool(both.shape[-1] == 2 and np.isin(both, (0.0, 1.0)).all() and (arm[:, 1] == base[:, 1]).all())


def exact_mcnemar(arm: np.ndarray, base: np.ndarray) -> float:
    """Two-sided p from the sums of single answers (c, 2); 1 where no pair changed.

    McNemar, Psychometrika 12 (1947); the exact form is the sign test on the pairs that changed.
    """
    from scipy.stats import binomtest

    gained, lost = int((arm[:, 0] > base[:, 0]).sum()), int((arm[:, 0] < base[:, 0]).sum())
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
