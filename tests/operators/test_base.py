from collections import Counter

from factories import prompt

from threearc.operators.base import answer_base, answer_train
from threearc.records.prompts import MEASURED


def test_base_answers_every_measured_prompt_twice_and_the_benchmark_among_them(interview):
    asked = {split: prompt(text=f"Q of {split}?", entry=split, split=split) for split in MEASURED}
    found = Counter(
        (r.setup.condition.variant, next(s for s, p in asked.items() if p.id == r.prompt_id))
        for r in answer_base(interview, list(asked.values()), [0, 1])
    )
    assert found == {
        **{(variant, s): 2 for variant in ("base", "other decode seeds") for s in MEASURED},
        ("other batch order", "eval"): 2,
    }


def test_base_answers_training_prompts_once_per_seed(interview):
    asked = prompt(split="train")
    (answer,) = answer_train(interview, [asked], [7])
    assert (answer.prompt_id, answer.decode_seed, answer.setup.condition.variant) == (asked.id, 7, "base")
