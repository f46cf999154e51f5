"""Guards on what both sides of a comparison must share: condition, decoding, judge."""

from dataclasses import replace

import numpy as np
import pytest
from factories import BASE, DECODING, response, setup
from guards.plants import ARM, PLAN, world

from threearc.effects.assess import assess_cell
from threearc.guards import decoding_parity, judge_parity, one_condition
from threearc.records.untouched import OTHER_ORDER

GUARDS = (one_condition, decoding_parity, judge_parity)


def drawn(seed=0):
    return world(20, np.random.default_rng(seed))


def results(guard, made, operator="sft"):
    return [r for r in guard.check(made.evidence()[0]) if r.operator == operator]


def answered(made, name, condition_setup, **fields):
    """The arm again, with answers under another set-up."""
    made.arms[name] = [
        replace(o, response=response(o.prompt, setup=condition_setup, tokens=100, **fields)) for o in made.arms[name]
    ]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.NAME)
def test_a_clean_cell_passes_arm_by_arm(guard):
    evidence, _ = drawn().evidence()
    found = list(guard.check(evidence))
    assert {r.condition for r in found} == set(evidence.arms) and {r.outcome for r in found} == {"pass"}
    assert {(r.figure, r.binds) for r in found} == {(0, "every verdict")}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"decoding": DECODING.model_copy(update={"max_tokens": 64})}, "decoding.max_tokens"),
        ({"dtype": "bfloat16"}, "dtype"),
        ({"template": "another"}, "template"),
        ({"engine": "vllm"}, "engine"),
        ({"revision": "another"}, "revision"),
        ({"student": "another"}, "student"),
        ({"versions": {"torch": "3"}}, "versions.torch"),
        ({"versions": {"jax": "2"}}, "versions.torch"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_part_of_a_set_up_differs_is_found(fields, name):
    made = drawn()
    answered(made, "arm", setup(ARM, train_seed=0, **fields))
    (found,) = results(decoding_parity, made)
    assert (found.outcome, found.figure) == ("fail", 1) and name in found.sentence and list(found.details) == [name]


def test_a_library_that_only_the_operator_needs_is_its_own_affair():
    made = drawn()
    answered(made, "arm", setup(ARM, train_seed=0, versions={"torch": "2", "peft": "1"}))
    assert [r.outcome for r in results(decoding_parity, made)] == ["pass"]


def test_a_derived_arm_is_held_against_base_too():
    made = drawn()
    own = made.arms["gate"][0].response.setup.model_copy(update={"dtype": "bfloat16"})
    made.arms["gate"] = [
        replace(o, response=response(o.prompt, setup=own, derived_from=o.response.derived_from))
        for o in made.arms["gate"]
    ]
    assert [r.outcome for r in results(decoding_parity, made, "sidecar")] == ["fail"]


@pytest.mark.parametrize("field", ["template", "engine", "dtype", "versions"])
def test_a_set_up_that_is_not_known_does_not_read_as_the_same(field):
    made = drawn()
    nothing = {} if field == "versions" else ""
    for name, condition, seed in (("arm", ARM, 0), ("base", BASE, None)):
        answered(made, name, setup(condition, train_seed=seed, **{field: nothing}))
    (found,) = results(decoding_parity, made)
    assert found.outcome == "cannot run" and field in found.sentence


def test_answers_of_two_adapters_by_one_name_are_not_one_arm():
    made = drawn()
    half = [o for o in made.arms["arm"] if o.prompt.split == "fresh"]
    stitched = setup(ARM.model_copy(update={"settings": {"train_seed": 0, "adapter": "another"}}), train_seed=0)
    for o in half:
        o.response = response(o.prompt, setup=stitched, tokens=100)
    found = results(one_condition, made)
    assert [(r.outcome, r.figure) for r in found] == [("fail", 20), ("fail", 20)]
    assert "by the same name" in found[0].sentence


def test_a_training_seed_that_is_not_the_operators_is_found():
    made = drawn()
    answered(made, "arm", setup(ARM, train_seed=3))
    (found,) = results(one_condition, made)
    assert found.outcome == "fail" and "training seed" in found.sentence


def second(made, first, condition_setup):
    """A second answer, after ``first``."""
    again = response(first.prompt, setup=condition_setup, tokens=100)
    messages = (*first.response.messages, *first.response.messages)
    fields = again.model_dump() | {"turn": 2, "parent_id": first.response.id, "messages": messages}
    fields = {name: value for name, value in fields.items() if name not in ("id", "kind")}
    made.arms["arm"].append(replace(first, response=type(again)(**fields)))


@pytest.mark.parametrize(("after", "outcome"), [("arm", "pass"), ("base", "fail")])
def test_second_answers_go_on_from_the_arms_own_first(after, outcome):
    made = drawn()
    second(made, made.arms[after][0], setup(ARM, train_seed=0))
    (found,) = results(one_condition, made)
    assert found.outcome == outcome and found.figure == (outcome == "fail")


def test_an_answer_whose_origin_is_not_there_cannot_be_traced():
    made = drawn()
    made.arms["base"] = made.arms["base"][1:]
    (found,) = results(one_condition, made, "sidecar")
    assert found.outcome == "cannot run"


def test_text_of_two_arms_is_not_one_thing_unless_both_are_the_untouched_student():
    made = drawn()
    own = made.arms["gate"][0].response.setup
    for source, outcome in (("seeds", "pass"), ("arm", "fail")):
        origin = made.arms[source][0].response
        made.arms["gate"][0].response = response(
            made.arms["gate"][0].prompt, setup=own, derived_from=origin.id, tokens=100
        )
        (found,) = results(one_condition, made, "sidecar")
        assert (found.outcome, found.figure) == (outcome, outcome == "fail")


def test_a_base_under_two_set_ups_holds_every_arm_back():
    """The engine takes the first that it finds for base; the second is one more arm of the cell."""
    outcomes = [o for own in drawn().arms.values() for o in own]
    for o in outcomes:
        if o.response.setup.condition == BASE and o.prompt.split == "fresh":
            o.response = response(o.prompt, setup=setup(BASE, dtype="bfloat16"), tokens=100)
    # The gate's text is that of answers which are no longer there.
    rest = [o for o in outcomes if o.response.derived_from is None]
    _, base, others = assess_cell("chef", "tiny", "rubric", [], rest, [], [], {}, PLAN, brief=True)
    evidence = replace(drawn().evidence()[0], base=base, arms=others)
    found = list(one_condition.check(evidence))
    assert {r.outcome for r in found} == {"fail"} and len(found) == len(others) == 4
    assert all(r.details["answers of base under another set-up"] == 20 for r in found)


def test_one_slice_seen_by_another_judge_is_found():
    made = drawn()
    made.arms["base"][3].judges["coverage"] = {"rules 1", "rules 2"}
    found = list(judge_parity.check(made.evidence()[0]))
    arms = {r.operator: r for r in found if r.operator != "base"}
    assert {r.outcome for r in arms.values()} == {"fail"} and "(coverage)" in arms["sft"].sentence


def test_a_question_that_one_arm_only_was_asked_is_found():
    made = drawn()
    for o in made.arms["arm"]:
        o.asked -= {"scores"}
        del o.judges["scores"]
    (found,) = results(judge_parity, made)
    assert (found.outcome, found.figure) == ("fail", 1) and "(scores)" in found.sentence


def test_checklists_by_two_authors_are_found_and_those_of_two_splits_are_not():
    made = drawn()
    written = made.arms["arm"][0].prompt.checklist.model_copy(update={"author": "b"})
    for outcomes in made.arms.values():
        for o in outcomes:
            if o.prompt.split == "fresh":
                o.prompt = o.prompt.model_copy(update={"checklist": written})
    assert [r.outcome for r in results(judge_parity, made)] == ["pass"]
    o = made.arms["arm"][0]
    o.prompt = o.prompt.model_copy(update={"checklist": written})
    (found,) = results(judge_parity, made)
    assert found.outcome == "fail" and "(checklist author, eval)" in found.sentence


def test_judges_that_are_not_known_do_not_read_as_the_same():
    made = drawn()
    made.arms["arm"][0].judges = {}
    assert [r.outcome for r in results(judge_parity, made)] == ["cannot run"]
    for outcomes in made.arms.values():
        for o in outcomes:
            o.judges, o.asked = {}, set()
    assert [r.outcome for r in results(judge_parity, made)] == ["cannot run"]


def test_an_arm_that_answered_one_split_is_compared_on_that():
    found = [r for r in judge_parity.check(drawn().evidence()[0]) if r.operator == "base"]
    assert len(found) == 2 and {r.outcome for r in found} == {"pass"} and OTHER_ORDER.operator == "base"
