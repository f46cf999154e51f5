from contextlib import contextmanager

from factories import prompt, response, setup

from threearc.operators.recovery import ask_failures_again
from threearc.records.responses import Condition


def test_failures_are_asked_again_under_their_own_condition(interview):
    asked = [prompt(text=f"Q{i}?", entry=f"e{i}") for i in range(3)]
    tempered = Condition(operator="tempered", variant="top heads", role="treatment")
    failures = [response(asked[0]), response(asked[1], condition=tempered), response(asked[2])]
    entered = []

    @contextmanager
    def under(which):
        entered.append(which.condition.operator)
        yield

    second = ask_failures_again(
        interview, failures, {p.id: p for p in asked}, lambda p: f"Wrong about {p.entry}.", under
    )
    assert entered == ["base", "tempered"]
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
    (second,) = ask_failures_again(interview, [first], {asked.id: asked}, lambda p: "Wrong.")
    assert "Hidden" not in second.messages[1].content
