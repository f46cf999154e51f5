import numpy as np
import pytest
from factories import prompt

from threearc.models.features import Features
from threearc.models.students import load_student
from threearc.operators.answering import open_interview
from threearc.operators.attribution import as_json, cohens_d, humble_cohorts, rank_heads, select_heads
from threearc.operators.base import answer_base
from threearc.operators.tempering import answer_tempered, tempering_conditions
from threearc.provenance.errors import StudyError

SETTINGS = {
    "model": "tiny",
    "revision": "miniature",
    "dtype": "float32",
    "thinking": ["<think>", "</think>"],
    "decoding": {"temperature": 0.7, "top_p": 1.0, "top_k": 0, "max_tokens": 16},
    "batch_size": 8,
    "length_step": 32,
}


def features(n=80, planted=(1, 2), size=1.0):
    rng = np.random.default_rng(0)
    norms = rng.normal(5, 1, (n, 2, 3))
    norms[: n // 2, planted[0], planted[1]] += size
    ids = [f"r{i}" for i in range(n)]
    blank = np.zeros(n)
    made = Features(np.array(ids), blank == 0, blank, np.zeros((n, 2)), norms, np.array([0, 4]), np.array([32, 64]))
    return made, ids[: n // 2], ids[n // 2 :]


def test_the_planted_head_ranks_first_under_its_layers_own_number():
    made, wrong, right = features()
    ranking = rank_heads(made, wrong, right)
    assert ranking.heads[0] == (4, 2) and ranking.d[0] > 0.6 and ranking.sizes == (40, 40)
    assert list(ranking.d) == sorted(ranking.d, reverse=True)


def test_d_is_the_difference_in_pooled_standard_deviations():
    a, b = np.array([[1.0], [3.0]]), np.array([[0.0], [2.0], [4.0]])
    pooled = ((1 * 2 + 2 * 4) / 3) ** 0.5
    assert cohens_d(a + 1, b)[0] == pytest.approx(1 / pooled)
    assert cohens_d(np.ones((3, 1)), np.ones((3, 1)))[0] == 0


def test_controls_are_other_heads_as_many_and_the_seeds_choice():
    made, wrong, right = features()
    ranking = rank_heads(made, wrong, right)
    chosen = select_heads(ranking, 2, ["random", "bottom"], 0)
    assert {name: len(heads) for name, heads in chosen.items()} == {"top": 2, "random": 2, "bottom": 2}
    assert not set(chosen["top"]) & {*chosen["random"], *chosen["bottom"]}
    assert chosen["bottom"] == list(ranking.heads[-2:])
    assert chosen == select_heads(ranking, 2, ["random", "bottom"], 0)
    with pytest.raises(StudyError, match="4 heads") as caught:
        select_heads(ranking, 4, [], 0)
    assert "tempering.heads" in caught.value.where


def test_cohorts_are_confident_answers_judged_both_ways():
    right, asserts = {"a": True, "b": False, "c": False, "d": True}, {"a": True, "b": True, "c": False, "e": True}
    assert humble_cohorts(["a", "b", "c", "d", "e"], right, asserts) == (["b"], ["a"])


def test_a_small_cohort_is_said_to_be_one():
    made, wrong, right = features()
    few = rank_heads(made, wrong[:1], right)
    assert "1 and 40" in as_json(few, {"top": [(0, 0)]}, 10, "humble")["not_attributable"]
    assert as_json(rank_heads(made, wrong, right), {"top": [(0, 0)]}, 10, "humble")["not_attributable"] is None


def test_heads_that_do_not_speak_louder_are_not_attributable():
    made, wrong, right = features(size=-5.0)
    top = rank_heads(made, right, wrong).heads[:1]
    why = as_json(rank_heads(made, wrong, right), {"top": [*top] * 6}, 10, "humble")["not_attributable"]
    assert "of the 6 heads" in why


def test_answers_that_were_cut_are_in_no_cohort():
    made, wrong, right = features()
    made.finished[:30] = False
    assert rank_heads(made, wrong, right).sizes == (10, 40)


def test_conditions_form_a_dose_curve_and_controls_stand_beside_it():
    heads = {"top": [(0, 1)], "random": [(1, 0)], "bottom": [(1, 1)]}
    conditions = tempering_conditions(heads, [0.5, 0.9, 1.0], 0.5, "humble", "magnitude")
    assert [(c.variant, c.dose, c.role) for c in conditions] == [
        ("top heads", 0.0, "control"),
        ("top heads", 0.1, "treatment"),
        ("top heads", 0.5, "treatment"),
        ("random heads", 0.5, "control"),
        ("bottom heads", 0.5, "control"),
    ]
    assert conditions[3].settings["heads"] == [[1, 0]]


def test_tempered_answers_differ_from_base_and_a_factor_of_1_does_not(students):
    prompts = [prompt(text=f"My sauce number {i} split. Why?", entry=f"e{i}") for i in range(8)]
    interview, student = open_interview(students["qwen3"], SETTINGS)
    base = answer_base(interview, [], prompts, [0])
    main = [r.token_ids for r in base if r.setup.condition.role == "base"]
    heads = {"top": [(0, 0), (0, 1), (0, 2)]}
    conditions = tempering_conditions(heads, [1.0, 0.0], 0.0, "humble", "magnitude")
    same, damped = answer_tempered(interview, student.model, conditions, prompts, [0])
    assert [r.token_ids for r in same] == main
    assert [r.token_ids for r in damped] != main
    assert len({r.condition_id for r in [*base, *same, *damped]}) == 5


def test_another_batch_order_changes_nothing_and_other_seeds_do(students):
    prompts = [prompt(text=f"My sauce number {i} split. Why?", entry=f"e{i}") for i in range(20)]
    interview, _ = open_interview(students["gemma4"], SETTINGS | {"thinking": ["<|channel>thought", "<channel|>"]})
    arms = {}
    for answer in answer_base(interview, prompts[:2], prompts, [0, 1]):
        arms.setdefault(answer.setup.condition.variant, []).append(
            (answer.prompt_id, answer.decode_seed, answer.token_ids)
        )
    assert arms["other batch order"] == arms["base"][2:]
    assert [row[2] for row in arms["other decode seeds"]] != [row[2] for row in arms["base"][2:]]


def test_responses_name_their_student(students):
    interview, _student = open_interview(students["qwen3"], SETTINGS)
    (answer,) = interview.ask([prompt()], interview.setup(answer_condition()), [0])
    again = load_student(students["qwen3"], "float32")
    assert answer.setup.student == again.hash and answer.setup.template == again.template
    assert answer.setup.versions.keys() == {"torch", "transformers", "tokenizers"}


def answer_condition():
    from threearc.operators.base import BASE

    return BASE
