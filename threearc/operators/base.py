"""The untouched student, and the same again: the arms whose spread is the study's noise floor."""

from collections.abc import Sequence

from threearc.operators.answering import Interview
from threearc.records.prompts import Prompt
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


def answer_train(interview: Interview, train: Sequence[Prompt], decode_seeds: Sequence[int]) -> list[Response]:
    """Answers to the training prompts, once per seed, for the teacher to criticise."""
    return interview.ask(train, interview.setup(BASE), decode_seeds)


def answer_base(interview: Interview, measured: Sequence[Prompt], decode_seeds: Sequence[int]) -> list[Response]:
    """All answers of the base arm and of its A/A arms to eval, fresh and benchmark prompts."""
    responses = interview.ask(measured, interview.setup(BASE), decode_seeds)
    shifted = [seed + SEED_SHIFT for seed in decode_seeds]
    responses += interview.ask(measured, interview.setup(OTHER_SEEDS), shifted, shuffle=1)
    # Whether batches matter is the engine's affair, not the prompts': one split shows it.
    own = [prompt for prompt in measured if prompt.split == "eval"]
    responses += interview.ask(own, interview.setup(OTHER_ORDER), decode_seeds, shuffle=2)
    return responses
