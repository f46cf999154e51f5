import json

import pytest

from threearc.operators.attribution import read_heads
from threearc.operators.sidecar import answer_sidecar
from threearc.provenance.errors import StudyError
from threearc.records.reports import HeadsReport

HEADS = {
    "disposition": "humble",
    "not_attributable": None,
    "cohort_sizes": [12, 30],
    "ranking": [{"layer": 1, "head": 0, "d": 0.5}],
    "selected": {"top": [[1, 0]]},
}


def test_heads_read_back(tmp_path):
    path = tmp_path / "heads.json"
    path.write_text(HeadsReport.of(HEADS).model_dump_json())
    assert read_heads(path) == {"top": [(1, 0)]}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", json.dumps(HEADS)[:-40], json.dumps(HEADS | {"selected": {"top": [1]}})]
)
def test_torn_reports_are_told_with_file_and_remedy(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text)
    for read in (read_heads, lambda file: answer_sidecar([], file, "Hm.")):
        with pytest.raises(StudyError) as caught:
            read(path)
        assert caught.value.where == str(path) and "Delete" in caught.value.remedy


def test_an_operator_cannot_write_what_is_no_report():
    with pytest.raises(ValueError, match="not a valid HeadsReport"):
        HeadsReport.of(HEADS | {"cohort_sizes": [1]})
