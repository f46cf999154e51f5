from pathlib import Path

import pytest
from factories import BASE, prompt, response, setup

from threearc.models.interventions import UNTOUCHED, Intervention
from threearc.operators.adapters import AdapterSettings
from threearc.operators.recovery import ask_failures_again, done_to
from threearc.operators.tempering import TemperingSettings
from threearc.provenance.errors import StudyError
from threearc.records.responses import Condition

DAMPED = TemperingSettings(disposition="humble", attribution="magnitude", selection="top", heads=((0, 1),), factor=0.5)


def arm(operator, settings):
    return Condition(operator=operator, variant="v", role="treatment", settings=settings.model_dump(mode="json"))


def taught(method, recipe, seed):
    # Preference training that taught nothing leaves the weights as they were.
    return arm(method, AdapterSettings(method=method, recipe=recipe, adapter="same", train_seed=seed))


def untouched(condition):
    return UNTOUCHED


def test_failures_are_asked_again_under_their_own_condition(interview):
    asked = [prompt(text=f"Q{i}?", entry=f"e{i}") for i in range(3)]
    tempered = arm("tempered", DAMPED)
    failures = [response(asked[0]), response(asked[1], condition=tempered), response(asked[2])]
    second = ask_failures_again(
        interview, failures, {p.id: p for p in asked}, lambda p: f"Wrong about {p.entry}.", lambda c: done_to(c, [])
    )
    assert interview.engine.interventions == [UNTOUCHED, Intervention(heads=((0, 1),), factor=0.5)]
    by_parent = {answer.parent_id: answer for answer in second}
    for first in failures:
        answer = by_parent[first.id]
        assert answer.turn == 2 and answer.condition_id == first.condition_id and answer.prompt_id == first.prompt_id
        assert [message.role for message in answer.messages] == ["user", "assistant", "user"]
        assert answer.messages[1].content == first.text
        assert answer.text == f"You said: {answer.messages[2].content}" and "Wrong about" in answer.text


def test_the_history_holds_what_the_reader_saw(interview):
    asked = prompt()
    first = response(asked, text="Visible.", thinking="Hidden.", setup=setup())
    (second,) = ask_failures_again(interview, [first], {asked.id: asked}, lambda p: "Wrong.", untouched)
    assert "Hidden" not in second.messages[1].content


def test_what_was_done_to_an_arm_is_found_by_the_adapters_name_not_by_its_weights():
    names = [("sft", "main", 0), ("sft", "wide", 0), ("dpo", "main", 0), ("sft", "main", 1)]
    adapters = [({"method": m, "recipe": r, "train_seed": s}, Path(m, r, str(s))) for m, r, s in names]
    for name in names:
        assert done_to(taught(*name), adapters) == Intervention(adapter=Path(*map(str, name)))
    assert done_to(BASE, adapters) == UNTOUCHED
    with pytest.raises(StudyError, match="adapter is not among"):
        done_to(taught("sft", "main", 2), adapters)
