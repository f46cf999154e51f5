from factories import prompt

from threearc.models.students import load_student
from threearc.operators.answering import open_interview
from threearc.operators.base import answer_base
from threearc.operators.tempering import answer_tempered, tempering_conditions
from threearc.records.reports import HeadRanking

SETTINGS = {
    "model": "tiny",
    "revision": "miniature",
    "dtype": "float32",
    "reasoning": None,
    "thinking": ["<think>", "</think>"],
    "decoding": {"temperature": 0.7, "top_p": 1.0, "top_k": 0, "max_tokens": 16},
    "batch_size": 8,
    "length_step": 32,
}


def ranking(disposition="humble", **selected):
    return HeadRanking(
        disposition=disposition, way="magnitude", asked=True, cohort_sizes=(20, 20), not_attributable=None,
        collinear=None, maximum=None, ranking=(), selected=selected,
    )  # fmt: skip


def test_conditions_form_a_dose_curve_and_controls_stand_beside_it():
    heads = {"top": ((0, 1),), "random": ((1, 0),), "bottom": ((1, 1),)}
    conditions = tempering_conditions([ranking(**heads)], [0.5, 0.9, 1.0], 0.5)
    assert [(c.variant, c.dose, c.role) for c in conditions] == [
        ("top heads, humble", 0.0, "control"),
        ("top heads, humble", 0.1, "treatment"),
        ("top heads, humble", 0.5, "treatment"),
        ("random heads, humble", 0.5, "control"),
        ("bottom heads, humble", 0.5, "control"),
    ]
    assert conditions[3].settings["heads"] == [[1, 0]]


def test_every_disposition_has_arms_of_its_own():
    rankings = [ranking(top=((0, 1),)), ranking("adversarial_self", top=((1, 1),))]
    conditions = tempering_conditions(rankings, [0.5], 0.5)
    assert [(c.variant, c.settings["disposition"]) for c in conditions] == [
        ("top heads, humble", "humble"),
        ("top heads, adversarial self", "adversarial_self"),
    ]
    assert tempering_conditions([], [0.5], 0.5) == []


def test_tempered_answers_differ_from_base_and_a_factor_of_1_does_not(students):
    prompts = [prompt(text=f"My sauce number {i} split. Why?", entry=f"e{i}") for i in range(8)]
    interview, _ = open_interview(students["qwen3"], SETTINGS)
    base = answer_base(interview, prompts, [0])
    main = [r.token_ids for r in base if r.setup.condition.role == "base"]
    conditions = tempering_conditions([ranking(top=((0, 0), (0, 1), (0, 2)))], [1.0, 0.0], 0.0)
    same, damped = answer_tempered(interview, conditions, prompts, [0])
    assert [r.token_ids for r in same] == main
    assert [r.token_ids for r in damped] != main
    assert len({r.condition_id for r in [*base, *same, *damped]}) == 5


def test_another_batch_order_changes_nothing_and_other_seeds_do(students):
    prompts = [prompt(text=f"My sauce number {i} split. Why?", entry=f"e{i}") for i in range(20)]
    interview, _ = open_interview(students["gemma4"], SETTINGS | {"thinking": ["<|channel>thought", "<channel|>"]})
    arms = {}
    for answer in answer_base(interview, prompts, [0, 1]):
        arms.setdefault(answer.setup.condition.variant, []).append(
            (answer.prompt_id, answer.decode_seed, answer.token_ids)
        )
    assert arms["other batch order"] == arms["base"]
    assert [row[2] for row in arms["other decode seeds"]] != [row[2] for row in arms["base"]]


def test_responses_name_their_student(students):
    interview, _student = open_interview(students["qwen3"], SETTINGS)
    (answer,) = interview.ask([prompt()], interview.setup(answer_condition()), [0])
    again = load_student(students["qwen3"], "float32")
    assert answer.setup.student == again.hash and answer.setup.template == again.template
    assert answer.setup.versions.keys() == {"torch", "transformers", "tokenizers"}


def answer_condition():
    from threearc.records.untouched import BASE

    return BASE
