"""Conditions of the untouched student, and of the same again: the arms whose spread is the study's noise floor."""

from threearc.records.responses import Condition, Response

OPERATOR = "base"
BASE = Condition(operator=OPERATOR, variant="base", role="base")
OTHER_SEEDS = Condition(operator=OPERATOR, variant="other decode seeds", role="noise floor")
OTHER_ORDER = Condition(operator=OPERATOR, variant="other batch order", role="noise floor")

#: Added to a decode seed for the A/A arm: far from any seed that a config would name.
SEED_SHIFT = 1_000_003


def unshifted(response: Response) -> int:
    """The decode seed of base's own answer that a response stands beside."""
    seed = response.decode_seed
    shifted = seed >= SEED_SHIFT and response.setup.condition.variant == OTHER_SEEDS.variant
    return seed - SEED_SHIFT if shifted else seed
