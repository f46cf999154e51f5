"""What the untouched student answers: as base, and twice again for the noise floor."""

from collections.abc import Sequence

from threearc.operators.answering import Interview
from threearc.records.prompts import Prompt
from threearc.records.responses import Response
from threearc.records.untouched import BASE, OTHER_ORDER, OTHER_SEEDS, SEED_SHIFT


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
