"""The sidecar's figures, drawn from real probes of planted answers."""

import re

import pytest
from probes import ANALYSIS, answers, probe_of

from threearc.records.findings import CellEffects
from threearc.records.probes import ProbeReport
from threearc.reporting.contents import CellContents
from threearc.reporting.probes import axis_bars, five_steps, printed, right_and_wrong
from threearc.verdicts.second_base import ProbedCell, sidecar_synthesis


@pytest.fixture(scope="module")
def study():
    axes = (("factual_accuracy", 1), ("completeness", None))
    cells, probed = [], []
    for model, signal, share in (("a", 1.5, 0.5), ("b", 0.0, 0.5), ("c", 0.0, 1.0)):
        fields = {"n": 160, "signal": signal, "share": share, "axes": axes}
        probe = ProbeReport.of(probe_of(answers(**fields), answers(**fields, seed=1, name="f", use="fresh")))
        found = CellEffects(domain="chef", model=model, measures=(), arms=(), effects=(), unattributable=())
        cells.append(CellContents(f"chef/{model}", found, (), probe.model_dump(mode="json"), None))
        probed.append(ProbedCell(found, probe))
    return cells, {"sidecar": sidecar_synthesis(probed, ANALYSIS, 0)}


def texts(svg):
    return [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_five_steps_have_a_panel_per_cell_and_the_second_base_is_the_others(study):
    drawn = texts(five_steps(*study))
    assert {"a, chef", "b, chef", "c, chef"} <= set(drawn)
    for name in ("1 CV", "2 fresh", "4 late"):
        # The cell without a probe of correctness has its axes and its second base all the same.
        assert drawn.count(name) == 2
    assert drawn.count("3 axes") == 3 and drawn.count("5 second") == 3
    assert {"h_last", "h_late", "axes, h_last", "other models, h_last"} <= set(drawn)


def test_axes_stand_side_by_side_with_their_bars(study):
    svg = axis_bars(*study)
    assert texts(svg).count("factual accuracy") == 3
    assert svg.count("stroke-dasharray") >= 6


def test_the_picture_has_every_answer_filled_or_hollow(study):
    cells, _ = study
    svg = right_and_wrong(cells)
    assert "right" in texts(svg) and "wrong" in texts(svg)
    assert svg.count("<use ") >= sum(len(cell.probe["picture"]["points"]) for cell in cells) == 960


def test_the_same_numbers_give_the_same_picture_and_nothing_gives_none(study):
    cells, synthesis = study
    assert five_steps(cells, synthesis) == five_steps(cells, synthesis)
    empty = {"sidecar": {"steps": [], "axes": []}}
    bare = [CellContents("chef/a", cells[0].found, (), None, None)]
    assert five_steps(bare, empty) is None and axis_bars(bare, empty) is None and right_and_wrong(bare) is None


def test_what_is_printed_leaves_bulk_to_its_own_file(study):
    (cell, *_), _ = study
    shown = printed(cell.probe)
    assert not shown.keys() & {"scores", "asserts", "prompts", "picture"} and shown["steps"]
    assert printed(None) is None
