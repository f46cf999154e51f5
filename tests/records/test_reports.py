import json

import pytest

from threearc.operators.attribution import read_selected
from threearc.operators.sidecar import answer_sidecar
from threearc.provenance.errors import StudyError
from threearc.records.reports import HeadsReport

RANKING = {
    "disposition": "adversarial_self",
    "way": "magnitude",
    "asked": True,
    "cohort_sizes": [12, 30],
    "not_attributable": None,
    "collinear": None,
    "maximum": {"observed": 0.5, "mean": 0.4, "high": 0.6, "p": 0.2, "free": 1.0},
    "ranking": [{"layer": 1, "head": 0, "d": 0.5, "cosine": 0.9}],
    "selected": {"top": [[1, 0]]},
}
HEADS = {"rankings": [RANKING, RANKING | {"way": "directional", "asked": False, "selected": {}}]}


def test_heads_read_back(tmp_path):
    path = tmp_path / "heads.json"
    path.write_text(HeadsReport.of(HEADS).model_dump_json())
    (ranking,) = read_selected(path)
    assert ranking.selected == {"top": ((1, 0),)} and ranking.variant("top") == "top heads, adversarial self"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", json.dumps(HEADS)[:-40], json.dumps({"rankings": [RANKING | {"selected": {"top": [1]}}]})]
)
def test_torn_reports_are_told_with_file_and_remedy(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text)
    for read in (read_selected, lambda file: answer_sidecar([], file, "Hm.")):
        with pytest.raises(StudyError) as caught:
            read(path)
        assert caught.value.where == str(path) and "`rm -f " in caught.value.remedy


def test_an_operator_cannot_write_what_is_no_report():
    with pytest.raises(ValueError, match="not a valid HeadsReport"):
        HeadsReport.of({"rankings": [RANKING | {"cohort_sizes": [1]}]})
