"""Rendering report.html and results.json from a study's documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from threearc.domains.data_files import read_data
from threearc.records.findings import Verdict
from threearc.reporting import arcs, contents
from threearc.reporting.contents import CellContents
from threearc.reporting.errata import own_figures, risks
from threearc.reporting.looks import looks_figure
from threearc.reporting.page import DATA, environment
from threearc.reporting.planted import planted, right_words
from threearc.reporting.probes import axis_bars, five_steps, printed, right_and_wrong
from threearc.verdicts.rules import FACTS, TABLE


def render(
    settings: Mapping[str, Any],
    verdicts: Sequence[Verdict],
    synthesis: Mapping[str, Any],
    cells: Sequence[CellContents],
    beforehand: str,
) -> str:
    """The report as one HTML file, figures inlined.

    Args:
        settings: name, miniatures (names of models), seeds, decoding and analysis of the study.
        beforehand: the section on the ledger, as HTML.
    """
    margins, bars = settings["analysis"]["margins"], settings["analysis"]["guards"]
    trained, style = (arcs.trained_rows(cells, shown) for shown in (arcs.TRAINED, arcs.STYLE))
    grid, known = contents.verdict_grid(verdicts), planted()
    asymmetry, accuracy = "Δ assertion asymmetry", "Δ accuracy"
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            settings=settings,
            beforehand=Markup(beforehand),
            paper=read_data(DATA / "paper.yaml", dict[str, Any]),
            grid=grid,
            tally=contents.tally(verdicts),
            dispositions=list(dict.fromkeys(verdict.disposition for verdict in verdicts)),
            synthesis=synthesis,
            planted=known,
            cells=cells,
            trained={"rows": trained, "headings": arcs.headings(trained)},
            style={"rows": style, "headings": arcs.headings(style)},
            tempered=arcs.tempered_rows(cells),
            reasoning=list(arcs.reasoning_rows(cells)),
            activation=list(arcs.activation_rows(cells)),
            by_model=arcs.model_rows(cells, grid),
            heads=any(cell.heads for cell in cells),
            probes=any(cell.probe for cell in cells),
            label=contents.label,
            swept=contents.swept,
            rankings=contents.head_rankings(cells),
            errata=[(risk, own_figures(risk, cells)) for risk in risks()],
            table=TABLE,
            facts=FACTS,
            figures={
                "asymmetry": _svg(
                    contents.effect_forest(cells, "assertion_asymmetry", asymmetry, margins["asymmetry"])
                ),
                "across": _svg(contents.pooled_forest(synthesis)),
                "accuracy": _svg(contents.effect_forest(cells, "accuracy", accuracy, margins["content"])),
                "lambda_asymmetry": _svg(contents.lambda_curves(cells, "assertion_asymmetry", asymmetry)),
                "lambda_accuracy": _svg(contents.lambda_curves(cells, "accuracy", accuracy)),
                "largest_d": _svg(contents.largest_d(cells)),
                "sweep": _svg(contents.sweep(cells, "eval")),
                "benchmark_sweep": _svg(contents.sweep(cells, "benchmark")),
                "looks": _svg(looks_figure(cells)),
                "auc": _svg(contents.auc_steps(cells, bars["probe_auc"])),
                "five_steps": _svg(five_steps(cells, synthesis)),
                "axes": _svg(axis_bars(cells, synthesis)),
                "picture": _svg(right_and_wrong(cells)),
                "planted": _svg(right_words(known["rows"])),
            },
        )
    )


def _svg(text: str | None) -> Markup | None:
    """The picture without the XML declaration, fit to stand inside HTML."""
    return None if text is None else Markup(text[text.index("<svg") :])


def results(
    settings: Mapping[str, Any],
    verdicts: Sequence[Verdict],
    synthesis: Mapping[str, Any],
    cells: Sequence[CellContents],
) -> dict[str, Any]:
    """results.json: what the report prints, for programs."""
    return {
        "study": dict(settings),
        "synthesis": dict(synthesis),
        "verdicts": [verdict.row() for verdict in verdicts],
        "cells": [
            {
                "folder": cell.folder,
                "arms": [arm.model_dump(mode="json") for arm in cell.found.arms],
                "effects": [effect.row() for effect in cell.found.effects],
                "steps": [effect.row() for effect in cell.found.steps],
                "trends": [effect.row() for effect in cell.found.trends],
                "recipes": [effect.row() for effect in cell.found.recipes],
                "guards": [guard.row() for guard in cell.guards],
                "probe": printed(cell.probe),
                "heads": cell.heads,
            }
            for cell in cells
        ],
    }
