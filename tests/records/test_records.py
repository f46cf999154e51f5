import json

import pytest
from factories import prompt, response, setup
from pydantic import ValidationError

from threearc.provenance.errors import StudyError
from threearc.records.jsonl import read_records, write_records
from threearc.records.judgements import CoverageVerdict, Judgement, PromptSubject, ScoresVerdict
from threearc.records.prompts import Checklist, Claim, Prompt
from threearc.records.responses import Condition, Message, Response


def test_equal_content_has_equal_ids_and_another_content_another():
    assert prompt().id == prompt().id
    assert prompt().id != prompt(entry="sauce/thin").id


def test_a_row_reads_back_as_it_was_written(tmp_path):
    asked = prompt()
    rows = [response(asked, seed=seed) for seed in range(3)]
    write_records(tmp_path / "r.jsonl", rows)
    assert read_records(tmp_path / "r.jsonl", Response) == rows


def test_an_edited_row_is_refused_with_its_line(tmp_path):
    file = tmp_path / "r.jsonl"
    write_records(file, [response(prompt(), seed=seed) for seed in range(2)])
    first, second = file.read_text().splitlines()
    file.write_text(first + "\n" + second.replace("too hot", "too cold") + "\n")
    with pytest.raises(StudyError, match=r"r\.jsonl, line 2.*not the hash"):
        read_records(file, Response)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda line: line[: len(line) // 2], "Invalid JSON"),
        (lambda line: line.replace('"decode_seed":0', '"decode_seed":"0"'), "decode_seed"),
        (lambda line: line.replace('"turn":1', '"turn":1,"mood":"good"'), "mood"),
        (lambda line: line + "\n" + line, "occurs twice"),
    ],
)
def test_a_bad_row_is_refused_with_file_line_and_remedy(tmp_path, spoil, message):
    file = tmp_path / "r.jsonl"
    write_records(file, [response(prompt())])
    file.write_text(spoil(file.read_text().strip()) + "\n")
    with pytest.raises(StudyError, match=message) as caught:
        read_records(file, Response)
    assert "line" in caught.value.where and "`rm -f " in caught.value.remedy


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        read_records(tmp_path / "none.jsonl", Prompt)


def test_the_same_row_is_not_written_twice(tmp_path):
    with pytest.raises(ValueError, match="same row"):
        write_records(tmp_path / "r.jsonl", [prompt(), prompt()])
    assert not (tmp_path / "r.jsonl").exists()


def test_a_checklist_of_another_prompt_is_refused():
    other = Checklist(author="a", prompt_hash="of another", claims=(Claim(id="c", text="x"),))
    with pytest.raises(ValidationError, match="another prompt"):
        prompt(checklist=other)


def test_the_condition_id_names_the_whole_set_up():
    asked = prompt()
    plain, warm = response(asked), response(asked, setup=setup(dtype="bfloat16"))
    assert plain.condition_id != warm.condition_id
    assert plain.condition_id == response(asked, seed=7).condition_id
    row = json.loads(plain.model_dump_json()) | {"condition_id": warm.condition_id, "id": ""}
    with pytest.raises(ValidationError, match="condition_id"):
        Response.model_validate_json(json.dumps(row))


def test_second_turns_carry_their_parent():
    asked = prompt()
    turns = (
        Message(role="user", content="a"),
        Message(role="assistant", content="b"),
        Message(role="user", content="c"),
    )
    with pytest.raises(ValidationError, match="parent_id"):
        response(asked, messages=turns, turn=2)
    with pytest.raises(ValidationError, match="turn"):
        response(asked, messages=turns, turn=1)
    assert response(asked, messages=turns, turn=2, parent_id="p").turn == 2


def test_a_judgement_has_a_verdict_or_a_reason_and_never_both():
    fields = {"subject": PromptSubject(prompt_id="p"), "question": "coverage", "judge": "j", "judge_hash": "h"}
    verdict = CoverageVerdict(claims={"a": True, "b": False})
    assert Judgement(**fields, verdict=verdict).verdict.coverage == 0.5
    assert Judgement(**fields, missing="silent").verdict is None
    for wrong in ({}, {"verdict": verdict, "missing": "silent"}):
        with pytest.raises(ValidationError, match="either a verdict or a reason"):
            Judgement(**fields, **wrong)
    with pytest.raises(ValidationError, match="cannot have a verdict on"):
        Judgement(**(fields | {"question": "delivery"}), verdict=verdict)


def test_scores_stay_on_the_scale():
    with pytest.raises(ValidationError):
        ScoresVerdict(instrument="rubric", scores={"a": 6})


def test_a_condition_has_a_known_role():
    with pytest.raises(ValidationError):
        Condition(operator="x", variant="y", role="miracle")
