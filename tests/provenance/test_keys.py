import json
from pathlib import Path

import pytest

from threearc.provenance.errors import StudyError
from threearc.provenance.keybook import KeyBook
from threearc.provenance.keys import Key, parse_key
from threearc.provenance.stamps import stamp_of, verify, write_stamp

#: A workflow of three rules: a makes x, b makes y from x, c makes z from y and from a source file.
INPUTS = {"a": [], "b": ["x"], "c": ["y"]}
MADE = {"x": "a", "y": "b", "z": "c"}


def book(repository, settings):
    class Book(KeyBook):
        def _read_code(self, name, domain):
            return f"code of {name}", {}

    return Book(
        Path(repository, "workflow_scripts"),
        lambda name, **wildcards: settings[name],
        {},
        lambda path: (MADE[path], {}) if path in MADE else None,
        lambda name, wildcards: INPUTS[name],
    )


def keys(repository, settings):
    made = book(repository, settings)
    return {name: made.key(name, {}).text() for name in INPUTS}


def test_a_change_changes_its_own_key_and_every_key_after_it(repository):
    before = keys(repository, {"a": {"n": 1}, "b": {}, "c": {}})
    last = keys(repository, {"a": {"n": 1}, "b": {}, "c": {"n": 1}})
    middle = keys(repository, {"a": {"n": 1}, "b": {"n": 1}, "c": {}})
    first = keys(repository, {"a": {"n": 2}, "b": {}, "c": {}})
    changed = lambda after: {name for name in INPUTS if after[name] != before[name]}  # noqa: E731
    assert [changed(last), changed(middle), changed(first)] == [{"c"}, {"b", "c"}, {"a", "b", "c"}]


def test_the_text_does_not_depend_on_the_order_of_settings(repository):
    one = keys(repository, {"a": {"n": 1, "m": [1, 2]}, "b": {}, "c": {}})
    two = keys(repository, {"a": {"m": [1, 2], "n": 1}, "b": {}, "c": {}})
    swapped = keys(repository, {"a": {"m": [2, 1], "n": 1}, "b": {}, "c": {}})
    assert one == two != swapped


def test_a_key_reads_back(repository):
    text = keys(repository, {"a": {"n": 1}, "b": {}, "c": {}})["b"]
    assert parse_key(text).text() == text
    assert json.loads(text)["upstream"].keys() == {"x"}


@pytest.fixture
def stamped(tmp_path):
    made = Key("a", {}, "code", {}, {}, {})
    file = tmp_path / "x.json"
    file.write_text("1")
    write_stamp(tmp_path / "stamps/a.json", made, {"x": str(file)})
    reader = Key("report", {}, "code", {}, {}, {str(file): made.digest})
    return file, reader, tmp_path / "stamps"


def test_a_file_made_under_its_key_is_accepted(stamped):
    file, reader, stamps = stamped
    verify([str(file)], reader, stamps)


def test_stale_edited_and_unstamped_files_are_refused(stamped, tmp_path):
    file, reader, stamps = stamped
    stale = Key("report", {}, "code", {}, {}, {str(file): "another"})
    with pytest.raises(StudyError, match="another configuration"):
        verify([str(file)], stale, stamps)
    file.write_text("2")
    with pytest.raises(StudyError, match="changed after"):
        verify([str(file)], reader, stamps)
    with pytest.raises(StudyError, match="which rule"):
        verify([str(tmp_path / "y.json")], reader, stamps)


def test_stamps_lie_beside_the_logs():
    assert stamp_of("results/logs/judge_arm/chef/x.log") == Path("results/stamps/judge_arm/chef/x.json")
