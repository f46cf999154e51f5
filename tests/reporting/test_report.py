import html
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from threearc.domains.data_files import read_data
from threearc.records.findings import ArmSummary, CellEffects, Verdict
from threearc.records.jsonl import read_document
from threearc.records.reports import HeadsReport
from threearc.reporting import contents, figures
from threearc.reporting.page import DATA, interval
from threearc.statistics.wording import percent


class Page(HTMLParser):
    """Links, their titles and texts."""

    def __init__(self, text):
        super().__init__()
        self.links, self.open = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.open = dict(attributes) | {"text": ""}

    def handle_data(self, data):
        if self.open is not None:
            self.open["text"] += data

    def handle_endtag(self, tag):
        if tag == "a" and self.open is not None:
            self.links.append(self.open)
            self.open = None


@pytest.fixture(scope="module")
def page(study):
    text = (study / "results/report.html").read_text()
    return text, Page(text).links, study / "results"


def test_every_link_leads_to_a_file_and_every_named_row_is_in_it(page):
    text, links, root = page
    within = {link["href"] for link in links if link["href"].startswith("#")}
    assert len(within) > 20 and all(f'id="{href[1:]}"' in text for href in within)
    leading = [link for link in links if not link["href"].startswith("#")]
    assert len(leading) > 200
    contents = {}
    for link in leading:
        file = root / link["href"]
        text = contents.setdefault(link["href"], file.read_text())
        row = link["title"].partition(", row ")[2]
        assert row in text, link


def test_effects_in_the_report_are_those_of_the_file(page):
    _, links, root = page
    by_row = {link["title"].partition(", row ")[2]: link["text"] for link in links if "/effects.json" in link["href"]}
    checked = 0
    for cell in ("chef/qwen3-0.6b", "chef/gemma-4-e2b"):
        found = read_document(root / cell / "effects.json", CellEffects)
        assert {e.contrast.operator for e in found.steps} == {"dpo"}
        students = found.without(found.of_role("calibration"))
        for e in (*students.effects, *students.steps):
            if e.estimate is not None and e.low is not None:
                printed = [float(number) for number in re.findall(r"[+-][\d.]+", by_row[e.id])]
                assert printed == pytest.approx([e.estimate, e.low, e.high], abs=5.1e-4)
                checked += 1
    assert checked > 100


def test_the_report_says_that_it_is_a_miniature_and_stands_alone(page):
    text, _, _ = page
    assert "anything about the real models" in text
    assert not re.search(r'(src|href)="(https?:)?//', text)
    arcs = ("looks", "base", "budgets", "arc1", "arc2", "arc3", "models")
    for name in ("verdicts", *arcs, "calibration", "guards", "errata", "effects"):
        assert f'<h2 id="{name}">' in text and f'href="#{name}"' in text
    assert text.count("<svg") >= 8


def test_the_papers_figures_stand_beside_and_are_marked_as_such(page):
    text, _, _ = page
    paper = read_data(DATA / "paper.yaml", dict[str, Any])
    rows = re.findall(r'<tr class="paper">(.*?)</tr>', text, re.DOTALL)
    # What a study did not measure (benchmark, reasoning) has no rows beside which the paper's could stand.
    assert len(rows) >= sum(len(paper[part]) for part in ("arc1", "two_by_two", "heads", "tempering", "steps", "axes"))
    assert any("53 / 5 / 38 / 4" in row and "-0.009" in row for row in rows)
    assert all("<a " not in row for row in rows), "the paper's figures lead to no file of this study"


def test_results_json_holds_what_the_report_prints(page):
    _, _, root = page
    results = json.loads((root / "results.json").read_text())
    verdicts = json.loads((root / "study/verdicts.json").read_text())["verdicts"]
    assert results["verdicts"] == verdicts and len(results["cells"]) == 2


def test_every_ranking_of_heads_is_printed_beside_its_null(page):
    text, links, root = page
    for cell in ("chef/qwen3-0.6b", "chef/gemma-4-e2b"):
        heads = read_document(root / cell / "heads.json", HeadsReport)
        own = [link["text"] for link in links if link["href"] == f"{cell}/heads.json"]
        assert len(heads.rankings) == 8
        for ranking in heads.rankings:
            assert " / ".join(map(str, ranking.cohort_sizes)) in own
            assert ranking.maximum is None or f"{ranking.maximum.p:.3f}" in own
            assert ranking.not_attributable is None or ranking.not_attributable in html.unescape(text)
    assert "Largest Cohen" in text


def test_the_largest_d_is_drawn_against_its_null():
    rows = {"chef": [("a", 0.9, 0.4, 0.6), ("b", 0.5, 0.4, 0.6)]}
    drawn = figures.against_null(rows, "d")
    assert drawn == figures.against_null(rows, "d") and "<svg" in drawn
    colours = [drawn.count(colour.lower()) for colour in figures.COLOURS[:2]]
    assert all(colours), "what stands out and what does not have colours of their own"


def test_the_same_numbers_draw_the_same_picture():
    panels = {"a": {"one": [(1.0, 0.1, 0.0, 0.2), (2.0, 0.3, None, None)], "two": [(1.0, 0.5, 0.4, 0.6)]}}
    draw = lambda: figures.curves(panels, "x", "y", zero=True, log_x=True)  # noqa: E731
    assert draw() == draw() and "<svg" in draw()


def test_the_legend_names_series_that_only_some_panels_have():
    panels = {"a": {"one": [(1.0, 0.1, 0.0, 0.2)]}, "b": {"two": [(1.0, 0.5, 0.4, 0.6)]}}
    drawn = figures.curves(panels, "x", "y")
    assert ">one<" in drawn and ">two<" in drawn


def test_a_benchmarks_sweep_is_drawn_for_the_cells_that_answered_it():
    points = [{"budget": b, "accuracy": {"estimate": 0.1, "low": 0.0, "high": 0.2}, "cut": 0.5} for b in (512, 4096)]
    cells = [cell("a", {"eval": points}), cell("b", {"eval": points, "benchmark": points})]
    assert "a, coding" in contents.sweep(cells, "eval")
    picture = contents.sweep(cells, "benchmark")
    assert "b, coding" in picture and "a, coding" not in picture and "4096" in picture
    assert contents.sweep(cells[:1], "benchmark") is None


def cell(model, sweep):
    arm = ArmSummary(
        condition_id="c", operator="base", variant="base", role="base", dose=None, train_seed=None, settings={},
        tables={}, sweep=sweep,
    )  # fmt: skip
    found = CellEffects(domain="coding", model=model, measures=(), arms=(arm,), effects=(), unattributable=())
    return contents.CellContents(f"coding/{model}", found, (), None, None)


def test_what_is_not_known_is_shown_as_such():
    assert interval(None) == "–" == percent(None)
    assert interval({"estimate": 0.5, "low": None, "high": None}) == "0.500 (no interval)"
    assert interval({"estimate": -0.001, "low": -0.2, "high": 0.2}, 2, True) == "+0.00 (-0.20 to +0.20)"
    assert interval({"estimate": -0.5, "low": -0.6, "high": 0.1}, 2, True) == "-0.50 (-0.60 to +0.10)"


def test_every_training_seed_has_a_row_of_its_own():
    rows = contents.verdict_grid([verdict(seed, word) for seed, word in enumerate(("moves cleanly", "content damage"))])
    assert [(row["arm"], row["words"]["humble"].word) for row in rows] == [
        ("sft, seed 0", "moves cleanly"),
        ("sft, seed 1", "content damage"),
    ]


def verdict(seed, word):
    return Verdict(
        domain="chef", model="tiny", operator="sft", variant=f"seed {seed}", dose=None, condition=f"c{seed}",
        disposition="humble", target="checkpoint", target_in_words="", word=word, rule="row 1", sentence="",
        numbers={}, effects=(), guards=(),
    )  # fmt: skip
