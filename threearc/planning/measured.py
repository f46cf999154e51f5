"""What a plan need not assume: how base has answered already, where a study has come so far."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from threearc.effects.outcomes import Outcome
from threearc.planning.assumptions import Assumptions
from threearc.records.untouched import OTHER_SEEDS

#: Answers that are all alike say nothing of correlations.
LEAST_VARIANCE = 1e-6


def measured(outcomes: Sequence[Outcome], axes: Sequence[str], assumed: Assumptions) -> Assumptions:
    """The assumptions, with what base's eval answers and its A/A arm of other decode seeds show in their place.

    Other decode seeds change as much as an arm that changes nothing may: that is the discordance. Where base has
    answered under one decode seed alone, the A/A arm is what shows how alike answers of two seeds are.

    Args:
        outcomes: of base, of its A/A arms and of base's second answers, in any order.
        axes: primary ones of the domain.
    """
    on_eval = [o for o in outcomes if o.prompt.split == "eval" and o.right is not None]
    base = [o for o in on_eval if o.response.setup.condition.role == "base" and o.response.turn == 1]
    again = [o for o in on_eval if o.response.setup.condition.role == "base" and o.response.turn == 2]
    other = [o for o in on_eval if o.response.setup.condition == OTHER_SEEDS and o.response.turn == 1]
    if not base:
        return assumed
    right = np.array([float(bool(o.right)) for o in base])
    found = {"accuracy": float(right.mean()), "assertion_rate": _mean(o.asserts for o in base)}
    by_prompt, by_entry = _pairs(right, [o.prompt.id for o in base]), _pairs(right, [o.prompt.entry for o in base])
    seeds = _correlation(right, *by_prompt)
    entries = _correlation(right, by_entry[0] - by_prompt[0], by_entry[1] - by_prompt[1])
    found |= {
        "seed_correlation": seeds,
        "discordance": _differing(base, other),
        "recovery_rate": _mean(o.right for o in again),
    }
    spreads = [float(np.std([o.scores[axis] for o in base if axis in o.scores] or [0])) for axis in axes]
    found["axis_sd"] = max(spreads, default=0.0) or None
    known = replace(assumed, **{name: value for name, value in found.items() if value is not None})
    if seeds is None and found["discordance"] is not None and right.var() >= LEAST_VARIANCE:
        known = replace(known, seed_correlation=known.agreement(False))
    return replace(
        known, entry_correlation=min(assumed.entry_correlation if entries is None else entries, known.seed_correlation)
    )


def _mean(flags: Iterable[bool | None]) -> float | None:
    known = [flag for flag in flags if flag is not None]
    return sum(known) / len(known) if known else None


def _pairs(values: np.ndarray, groups: Sequence[Hashable]) -> tuple[float, int]:
    """Sum of the products of deviations of every two values of a group, and how many such pairs there are."""
    own: dict[Hashable, list[float]] = defaultdict(list)
    for value, group in zip(values - values.mean(), groups, strict=True):
        own[group].append(float(value))
    products = sum(sum(row) ** 2 - sum(x * x for x in row) for row in own.values())
    return products, sum(len(row) * (len(row) - 1) for row in own.values())


def _correlation(values: np.ndarray, products: float, pairs: int) -> float | None:
    variance = float(values.var())
    return None if not pairs or variance < LEAST_VARIANCE else min(max(products / pairs / variance, 0.0), 1.0)


def _differing(base: Sequence[Outcome], other: Sequence[Outcome]) -> float | None:
    """Share of the answers whose correctness other decode seeds changed, the seeds of both arms taken in order."""
    arms: list[dict[str, list[Outcome]]] = [defaultdict(list), defaultdict(list)]
    for arm, outcomes in zip(arms, (base, other), strict=True):
        for outcome in sorted(outcomes, key=lambda o: o.response.decode_seed):
            arm[outcome.prompt.id].append(outcome)
    return _mean(
        one.right is not two.right for name in arms[0] for one, two in zip(arms[0][name], arms[1][name], strict=False)
    )
