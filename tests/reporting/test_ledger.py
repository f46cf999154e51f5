import copy
import html
import re

import pytest

from threearc.provenance.stores import append, read_store
from threearc.records.ledger import NAME, begin, end
from threearc.reporting.ledger import SECTION, refresh, run_under_way, section

CONFIG = {"analysis": {"draws": 200, "margins": {"axis": 0.25}}, "seeds": {"decode": [0]}, "models": {"a": {"x": 1}}}


class Study:
    """A folder of results whose ledger is written run by run, each with a change of the configuration."""

    def __init__(self, root):
        self.root, self.config, self.code, self.runs = root, copy.deepcopy(CONFIG), {"judge_arm": "1", "b": "1"}, []

    def run(self, *, responses, then=None, failed=None, ended=True, **changes):
        """One run; ``changes`` are new values of keys, their dots written as two underscores."""
        for key, value in changes.items():
            *parents, last = key.split("__")
            within = self.config
            for parent in parents:
                within = within[parent]
            within[last] = value
        path = self.root / NAME
        start = begin(path, self.config, version="1", code=self.code, targets=[], responses=responses)
        self.runs.append(start.run)
        if ended:
            end(path, start, failed, responses=responses if then is None else then)
        return self

    def told(self, made_by=-1):
        """Sentences and tables of the section, as text without tags."""
        text = section(self.root, self.runs[made_by] if self.runs and made_by is not None else "")
        assert SECTION.fullmatch(text), "nothing may stand around it, or it would grow with every refresh"
        bold = re.findall(r"<strong( class=\"fail\")?>(.*?)</strong>", text)
        rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
        cells = [[html.unescape(cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)] for row in rows]
        return [(html.unescape(words), bool(bad)) for bad, words in bold], [row for row in cells if row], text


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path)


def changes(rows):
    """Run, response files, key, old and new value of each row of a table of changes."""
    return [tuple(row[1:]) for row in rows if len(row) == 6]


def test_an_analysis_that_was_fixed_beforehand_is_good_news(study):
    sentences, rows, text = study.run(responses=0, then=3).run(responses=3).told()
    assert len(sentences) == 1 and not sentences[0][1]
    assert "before the first response, and has not changed since" in sentences[0][0]
    assert not changes(rows) and "2 runs: 2 finished" in text and "chain of 4 entries is\nwhole" in text


def test_changes_before_the_first_response_are_shown_and_no_harm(study):
    sentences, rows, _ = study.run(responses=0).run(responses=0, analysis__draws=300).run(responses=0).told()
    assert sentences[0][0].endswith("1 change of values came before it too, none since.") and not sentences[0][1]
    assert changes(rows) == [("2", "0", "analysis.draws", "200", "300")]


def test_a_change_after_responses_is_the_first_thing_told_even_if_taken_back(study):
    study.run(responses=0, then=3).run(responses=3, analysis__margins__axis=0.5)
    sentences, rows, _ = study.told()
    assert sentences[0][1] and sentences[0][0].startswith("The analysis was changed after responses existed: 1 change")
    assert changes(rows) == [("2", "3", "analysis.margins.axis", "0.25", "0.5")]
    sentences, rows, _ = study.run(responses=3, analysis__margins__axis=0.25).told()
    assert "2 changes" in sentences[0][0] and "it is now what it was at first" in sentences[0][0]
    assert [row[2:] for row in changes(rows)] == [
        ("analysis.margins.axis", "0.25", "0.5"),
        ("analysis.margins.axis", "0.5", "0.25"),
    ]


def test_responses_that_were_deleted_had_existed(study):
    sentences, rows, _ = study.run(responses=0, then=3).run(responses=0, analysis__draws=300).told()
    assert sentences[0][1] and "after responses existed" in sentences[0][0] and changes(rows)[0][1] == "3"


def test_an_analysis_first_written_down_after_responses_was_not_fixed_beforehand(study):
    sentences, _, _ = study.run(responses=2).told()
    assert sentences[0][1] and "not fixed beforehand" in sentences[0][0] and "2 files" in sentences[0][0]


def test_added_seeds_models_and_code_are_told_beside(study):
    study.run(responses=0, then=3)
    study.code = {"judge_arm": "2", "b": "1", "newdomain": "1"}
    sentences, rows, _ = study.run(responses=3, seeds__decode=[0, 1], models__b={"x": 2}).told()
    assert "has not changed since" in sentences[0][0] and not sentences[0][1]
    assert sentences[1][0] == "Other changes after responses existed: models, seeds, code or data."
    assert changes(rows) == [
        ("2", "3", "models.b", "none", '{"x":2}'),
        ("2", "3", "seeds.decode", "[0]", "[0,1]"),
        ("2", "3", "code or data", "", "changed behind judge_arm"),
    ]


def test_every_way_to_end_is_told(study):
    study.run(responses=0).run(responses=0, failed=["judge_arm <i>"]).run(responses=0, failed=[])
    study.run(responses=0, ended=False).run(responses=0, ended=False)
    _, rows, text = study.told()
    hows = [row[3] for row in rows if len(row) == 11]
    assert hows == ["finished", "failed: judge_arm <i>", "stopped", "ended without a word", "under way"]
    assert "5 runs: 1 finished, 1 failed, 1 stopped, 1 ended without a word, 1 under way" in text


def test_a_forged_ledger_is_the_first_thing_told(study):
    study.run(responses=0, then=3).run(responses=3, analysis__draws=300).run(responses=3)
    rows = list(read_store(study.root / NAME))
    rows[2]["config"]["analysis"]["draws"] = 200
    (study.root / NAME).unlink()
    append(study.root / NAME, rows)
    sentences, _, text = study.told()
    assert sentences[0] == (
        "The ledger of runs was altered: entry 3 is not what it was. Below is what is left of it.",
        True,
    )
    assert "is\nbroken" in text


def test_without_a_ledger_nothing_is_known(study):
    sentences, rows, text = study.told(made_by=None)
    assert sentences == [("Nothing is known of what was fixed beforehand: no ledger tells of a run.", True)]
    assert not rows and "href" not in text
    (study.root / NAME).write_text("nonsense\n")
    sentences, _, _ = study.told(made_by=None)
    assert "line 1 is no entry" in sentences[0][0] and sentences[1][0].startswith("Nothing is known")


def test_a_report_by_a_run_that_is_not_in_the_ledger_says_so(study):
    study.run(responses=0, then=3, ended=False)
    assert run_under_way(study.root, study.config["analysis"]) == study.runs[-1]
    assert run_under_way(study.root, {"draws": 1}) == "", "its analysis is not the one that was written down"
    study.run(responses=3)
    assert run_under_way(study.root, study.config["analysis"]) == ""
    sentences, _, _ = study.told(made_by=None)
    assert sentences[0][1] and "is not in the ledger" in sentences[0][0]


def test_a_finished_report_learns_of_later_runs_and_keeps_all_else(study, tmp_path):
    report, stamp = tmp_path / "report.html", tmp_path / "stamp.json"
    study.run(responses=0, then=3)
    report.write_text(f"<h1>é</h1>\n{section(study.root, study.runs[0])}\n<p>numbers</p>")
    refresh(report, stamp, study.root)
    assert not stamp.exists(), "a file that no rule has written is left alone"
    stamp.write_text('{"outputs": {}}')
    study.run(responses=3, failed=["x"], analysis__draws=300)
    refresh(report, stamp, study.root)
    text = report.read_text()
    assert "1 failed" in text and f'data-run="{study.runs[0]}"' in text and f"{report}" in stamp.read_text()
    assert "a later run asked for" in html.unescape(text) and "analysis.draws" in text
    assert SECTION.sub("", text) == "<h1>é</h1>\n\n<p>numbers</p>"
    before = report.stat().st_mtime_ns
    refresh(report, stamp, study.root)
    assert report.stat().st_mtime_ns == before
