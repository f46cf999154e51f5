"""What the report tells of planted studies: every class, and shares that add up."""

import pytest

from threearc.reporting.page import environment
from threearc.reporting.planted import planted, right_words
from threearc.validation.truths import CLEAN, TRUTHS


def test_every_class_was_planted_and_its_words_add_up():
    found = planted()
    assert list(dict.fromkeys(row["truth"] for row in found["rows"])) == list(TRUTHS)
    assert sum(row["studies"] for row in found["rows"]) == found["studies"]
    for row in found["rows"]:
        right = row["right"]
        assert right["estimate"] + row["open"] + row["wrong"] == pytest.approx(1, abs=2e-4)
        assert right["low"] <= right["estimate"] <= right["high"] and row["wrong"] >= 0
        assert row["says"] == TRUTHS[row["truth"]].says and row["deserves"] == list(TRUTHS[row["truth"]].right)
        assert (row["false_clean"] is None) == (row["truth"] == CLEAN)


def test_a_line_needs_several_sizes():
    rows = planted()["rows"]
    line = [row for row in rows if row["truth"] == CLEAN]
    assert right_words([row for row in rows if row["truth"] != CLEAN]) is None
    assert CLEAN in right_words(line) and "damage" not in right_words(rows)


@pytest.mark.parametrize("changed", [False, True])
def test_the_report_says_whether_planted_studies_were_judged_by_this_engine(changed):
    known = planted()
    page = (
        environment()
        .get_template("planted.html.j2")
        .render(
            planted=known | ({"code": "another"} if changed else {"code": known["here"]}), figures={"planted": None}
        )
    )
    assert ("The engine has changed since" in page) is changed
    assert ("which is\nthat of the engine that drew" in page) is not changed
