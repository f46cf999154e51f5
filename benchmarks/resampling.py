"""What intervals and tests cost: cluster bootstraps and swap tests of one cell, beside the plain way to compute them.

    python benchmarks/resampling.py [--repeats 5]

The plain bootstrap adds up drawn clusters one by one; the plain swap test computes the whole statistic and its
linearised variance from all products of two columns in every draw. Times are the best of the repeats.
"""

import argparse
import time

import numpy as np

from threearc.statistics.clusters import difference_of_rates, paired_interval, resample
from threearc.statistics.swaps import swap_test


def cell(prompts: int, hedged: float = 0.0) -> list[np.ndarray]:
    """An arm and its base: asserted and all of the wrong answers, asserted and all of the right ones, three seeds.

    Args:
        hedged: share of the arm's wrong answers that hedge beyond those that hedge right or wrong.
    """
    rng, sides = np.random.default_rng(0), []
    for share, more in ((0.8, hedged), (0.9, 0.0)):
        wrong, asserts = (rng.random((2, prompts, 3)) < [[[0.45]], [[share]]]).astype(float)
        asserts *= 1 - wrong * (rng.random(wrong.shape) < more)
        columns = [asserts * wrong, wrong, asserts * (1 - wrong), 1 - wrong]
        sides.append(np.stack([column.sum(axis=1) for column in columns], axis=1))
    return sides


def best(repeats: int, work) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def plain_bootstrap(arm, base, draws):
    rng = np.random.default_rng(0)
    weights = np.zeros((draws, len(arm)))
    np.add.at(weights, (np.arange(draws)[:, None], rng.integers(0, len(arm), (draws, len(arm)))), 1.0)
    found = difference_of_rates(weights @ arm) - difference_of_rates(weights @ base)
    return np.quantile(found, [0.025, 0.975])


def plain_swaps(arm, base, chosen):
    """As many numeric slopes and products as there are columns in both arms."""
    sides, swapped, k = np.hstack([arm, base]), np.hstack([base, arm]), arm.shape[1]
    own, other = ((rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1) for rows in (sides, swapped))
    sums = sides.sum(axis=0) + chosen @ (swapped - sides)
    products = (own.sum(axis=0) + chosen @ (other - own)).reshape(-1, 2 * k, 2 * k)

    def difference(at):
        return difference_of_rates(at[:, :k]) - difference_of_rates(at[:, k:])

    slopes = np.stack([(difference(sums + h) - difference(sums - h)) / 2e-5 for h in 1e-5 * np.eye(2 * k)], axis=-1)
    return difference(sums) / np.sqrt(np.einsum("di,dij,dj->d", slopes, products, slopes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print(f"{'':44} {'s':>8} {'plain':>8} {'ratio':>6}")

    def row(name: str, own: float, plain: float) -> None:
        print(f"{name:44} {own:8.4f} {plain:8.4f} {plain / own:6.1f}")

    arm, base = cell(600)

    def drawn_anew():
        resample.cache_clear()
        return paired_interval(arm, base, difference_of_rates, 10_000, 0.95, 0)

    plain = best(repeats, lambda: plain_bootstrap(arm, base, 10_000))
    row("bootstrap, 600 prompts x 10,000 draws", best(repeats, drawn_anew), plain)
    own = best(repeats, lambda: paired_interval(arm, base, difference_of_rates, 10_000, 0.95, 0))
    row("bootstrap, 600 prompts, drawn already", own, plain)
    # Where nothing moved the test is left early; where all draws are needed it takes them all, as the plain one does.
    for prompts, hedged, told in ((600, 0.0, "left early"), (60, 0.7, "all draws"), (600, 0.7, "all draws")):
        arm, base = cell(prompts, hedged)
        chosen = np.random.default_rng(0).integers(0, 2, (20_000, prompts)).astype(float)
        own = best(repeats, lambda arm=arm, base=base: swap_test(arm, base, difference_of_rates, 20_000, 0))
        plain = best(repeats, lambda arm=arm, base=base, chosen=chosen: plain_swaps(arm, base, chosen))
        row(f"swap test, {prompts} prompts x 20,000, {told}", own, plain)


if __name__ == "__main__":
    main()
