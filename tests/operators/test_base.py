from collections import Counter

from factories import prompt

from threearc.operators.base import answer_base
from threearc.records.prompts import SPLITS


def test_base_answers_every_measured_prompt_twice_and_the_benchmark_among_them(interview):
    asked = {split: prompt(text=f"Q of {split}?", entry=split, split=split) for split in SPLITS}
    train, *measured = asked.values()
    found = Counter(
        (r.setup.condition.variant, next(s for s, p in asked.items() if p.id == r.prompt_id))
        for r in answer_base(interview, [train], measured, [0, 1])
    )
    assert found == {
        ("base", "train"): 1,
        **{(variant, s): 2 for variant in ("base", "other decode seeds") for s in SPLITS[1:]},
        ("other batch order", "eval"): 2,
    }
