from factories import prompt, response

from threearc.operators.sidecar import SidecarSettings, apply_sidecar

SETTINGS = SidecarSettings(probe="p", threshold=0.5, hedge="I am not certain of this answer.")


def test_doubted_answers_get_a_hedge_and_their_content_stays():
    base = [response(prompt(text=f"Q{i}?"), text=f"Answer {i}.") for i in range(2)]
    trusted, doubted = apply_sidecar(base, {base[0].id: True, base[1].id: False}, SETTINGS)
    assert trusted.text == "Answer 0."
    assert doubted.text == "I am not certain of this answer.\n\nAnswer 1."


def test_derived_answers_point_to_base_and_have_a_condition_of_their_own():
    (base,) = [response(prompt())]
    (derived,) = apply_sidecar([base], {base.id: True}, SETTINGS)
    assert derived.derived_from == base.id and derived.token_ids is None
    assert derived.condition_id != base.condition_id
    assert derived.setup.condition.operator == "sidecar" and derived.setup.student == base.setup.student
