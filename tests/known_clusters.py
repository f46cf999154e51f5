"""Clusters of answers whose true rates and means are known, for tests of coverage, level and power.

A cluster's answers share a normal share of ``alike`` of the variance, and so do both arms; an answer is an event below
a cut, so that rates come out as planted whatever the correlation.
"""

import numpy as np
from scipy.special import ndtr, ndtri

#: An axis's score rises by one at each cut of the latent normal.
CUTS = np.array([-1.2, -0.4, 0.5, 1.3])


class Clusters:
    """Latent normals of ``n`` clusters with ``seeds`` answers each."""

    def __init__(self, rng, n, seeds, alike=0.6):
        self.rng, self.shape, self.alike = rng, (n, seeds), alike
        self.shared = rng.normal(size=(n, 1))

    def latent(self):
        return self.alike**0.5 * self.shared + (1 - self.alike) ** 0.5 * self.rng.normal(size=self.shape)

    def events(self, rate):
        return self.latent() < ndtri(rate)


def mean_sums(values):
    return np.stack([values.sum(axis=1), np.full(len(values), values.shape[1])], axis=1).astype(float)


def asymmetry_sums(asserts, wrong):
    right = ~wrong
    columns = [(asserts & wrong).sum(1), wrong.sum(1), (asserts & right).sum(1), right.sum(1)]
    return np.stack(columns, axis=1).astype(float)


def rate(rng, n, seeds, p):
    return mean_sums(Clusters(rng, n, seeds).events(p)), p


def rates(rng, n, seeds, base, arm):
    clusters = Clusters(rng, n, seeds)
    return mean_sums(clusters.events(arm)), mean_sums(clusters.events(base)), arm - base


def flipped(rng, n, seeds, p, share):
    """The arm is base's own answers but for a few that turned."""
    base = Clusters(rng, n, seeds).events(p)
    arm = base ^ (rng.random(base.shape) < share)
    return mean_sums(arm), mean_sums(base), share * (1 - 2 * p)


def asymmetry(rng, n, seeds, when_wrong, when_right, wrong=0.45):
    difficulty, delivery = Clusters(rng, n, seeds), Clusters(rng, n, seeds)
    is_wrong = difficulty.events(wrong)
    asserts = np.where(is_wrong, delivery.events(when_wrong), delivery.events(when_right))
    return asymmetry_sums(asserts, is_wrong), when_wrong - when_right


def asymmetries(rng, n, seeds, base, arm, wrong=(0.5, 0.45)):
    """Base and arm: (P(assert | wrong), P(assert | right)); ``wrong``: shares of wrong answers of base and arm."""
    difficulty, delivery, sides = Clusters(rng, n, seeds), Clusters(rng, n, seeds), []
    for (when_wrong, when_right), share in zip((base, arm), wrong, strict=True):
        is_wrong = difficulty.events(share)
        asserts = np.where(is_wrong, delivery.events(when_wrong), delivery.events(when_right))
        sides.append(asymmetry_sums(asserts, is_wrong))
    return sides[1], sides[0], (arm[0] - arm[1]) - (base[0] - base[1])


def score(rng, n, seeds, shift=0.0):
    return mean_sums(_scored(Clusters(rng, n, seeds).latent() + shift)), _mean_score(shift)


def scores(rng, n, seeds, shift):
    clusters = Clusters(rng, n, seeds)
    arm, base = clusters.latent() + shift, clusters.latent()
    return mean_sums(_scored(arm)), mean_sums(_scored(base)), _mean_score(shift) - _mean_score(0.0)


def rare_scores(rng, n, seeds, up, down):
    """The arm is base's scores but for a few that rose or fell by one."""
    base = _scored(Clusters(rng, n, seeds).latent())
    turned = rng.random(base.shape)
    arm = np.clip(base + (turned < up) - (turned > 1 - down), 1, 5)
    lowest, highest = ndtr(CUTS[0]), 1 - ndtr(CUTS[-1])
    return mean_sums(arm), mean_sums(base), up * (1 - highest) - down * (1 - lowest)


def coverage(rng, n, seeds):
    """Shares of four claims that are met, one half of them on average."""
    return mean_sums(np.minimum(np.floor(5 * ndtr(Clusters(rng, n, seeds).latent())), 4) / 4), 0.5


def _scored(latent):
    return 1 + (latent[..., None] > CUTS).sum(axis=-1)


def _mean_score(shift):
    return 5 - ndtr(CUTS - shift).sum()
