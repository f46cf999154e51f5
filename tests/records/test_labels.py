"""Labels made by hand: good rows are read, each bad one is told with its line."""

import json

import pytest

from threearc.provenance.errors import StudyError
from threearc.records.labels import HumanLabel, read_labels

GOOD = {"response_id": "r1", "question": "correctness", "label": "right"}


def test_labels_are_read(tmp_path):
    file = tmp_path / "labels.jsonl"
    rows = [GOOD, GOOD | {"question": "delivery", "label": "hedge"}, GOOD | {"question": "completeness", "label": "4"}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_labels(file) == [HumanLabel(**row) for row in rows]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (GOOD | {"label": "assert"}, "write right or wrong"),
        (GOOD | {"question": "style"}, "question"),
        (GOOD | {"question": "completeness", "label": "6"}, "write 1 or 2 or 3 or 4 or 5"),
        (GOOD | {"label": True}, "label"),
        (GOOD | {"judge": "me"}, "judge"),
        ({"response_id": "r1"}, "question"),
        (GOOD, "label on correctness already"),
        ("", "JSON"),
    ],
    ids=[
        "another question's label",
        "a word on an axis",
        "no such score",
        "no word",
        "unknown key",
        "missing keys",
        "twice",
        "no row",
    ],
)
def test_a_bad_row_is_told_with_its_line(tmp_path, row, says):
    file = tmp_path / "labels.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n{json.dumps(row) if row else ''}\n")
    with pytest.raises(StudyError) as error:
        read_labels(file)
    assert "line 2" in str(error.value) and says in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StudyError, match="No such file"):
        read_labels(tmp_path / "labels.jsonl")
