import json
from pathlib import Path

import pytest

from threearc.provenance.errors import StudyError
from threearc.provenance.hashing import file_hash
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
        lambda name, wildcards, file: True,
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


class Chain:
    """A small workflow's files, each made from the one before by a job of its own: a -> x, b -> y, c -> z."""

    def __init__(self, root):
        self.root, self.keys = root, {}
        for name, made in (("a", "x"), ("b", "y"), ("c", "z")):
            self.run(name, made, {}, [f"{chr(ord(made) - 1)}.json"] if name != "a" else [])

    def path(self, name):
        return str(self.root / name)

    def key(self, rule, settings, sources):
        upstream = {self.path(source): self.keys[source].digest for source in sources}
        return Key(rule, settings, "code", {}, {}, upstream)

    def run(self, rule, made, settings, sources, text=None):
        key = self.keys[f"{made}.json"] = self.key(rule, settings, sources)
        Path(self.path(f"{made}.json")).write_text(text or made)
        inputs = {path: file_hash(path) for path in key.upstream}
        write_stamp(self.root / f"stamps/{rule}.json", key, inputs, [self.path(f"{made}.json")])

    def verify(self):
        verify([self.path("z.json")], self.key("report", {}, ["z.json"]), self.root / "stamps")


@pytest.fixture
def chain(tmp_path):
    return Chain(tmp_path)


def test_a_chain_of_files_made_under_their_keys_is_accepted(chain):
    chain.verify()
    Path(chain.path("x.json")).unlink()
    chain.verify()


@pytest.mark.parametrize("name", ["x", "y", "z"])
def test_an_edit_anywhere_behind_a_number_is_refused(chain, name):
    Path(chain.path(f"{name}.json")).write_text("edited")
    with pytest.raises(StudyError, match=f"{name}.json: This file was changed after"):
        chain.verify()


def test_a_hole_anywhere_behind_a_number_is_refused(chain):
    """b was run again under other settings, c was not."""
    chain.run("b", "y", {"n": 2}, ["x.json"])
    with pytest.raises(StudyError, match="made under another configuration"):
        chain.verify()


def test_an_ancestor_that_came_out_otherwise_under_the_same_key_is_refused(chain):
    """A GPU need not give the same bits twice: what was read must be what is there."""
    chain.run("a", "x", {}, [], "another x")
    with pytest.raises(StudyError, match=r"y.json: This file was made from another .*x.json than the one of now"):
        chain.verify()


def test_a_file_without_a_stamp_is_refused_unless_it_is_a_source(chain):
    source = chain.root / "source.json"
    source.write_text("1")
    report = Key("report", {}, "code", {}, {}, {str(source): file_hash(source)})
    verify([str(source)], report, chain.root / "stamps")
    source.write_text("2")
    with pytest.raises(StudyError, match="which rule"):
        verify([str(source)], report, chain.root / "stamps")


def test_stamps_lie_beside_the_logs():
    assert stamp_of("results/logs/judge_arm/chef/x.log") == Path("results/stamps/judge_arm/chef/x.json")
