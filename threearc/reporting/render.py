"""Rendering report.html and results.json from a study's documents."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from threearc.records.findings import Effect, Verdict
from threearc.reporting import contents
from threearc.reporting.contents import CellContents
from threearc.statistics import wording
from threearc.verdicts.rules import FACTS, TABLE

DATA = Path(__file__).parent / "data"


def render(
    settings: Mapping[str, Any],
    verdicts: Sequence[Verdict],
    synthesis: Mapping[str, Any],
    cells: Sequence[CellContents],
) -> str:
    """The report as one HTML file, figures inlined.

    Args:
        settings: name, miniature, seeds, decoding and analysis of the study.
    """
    margins, bars = settings["analysis"]["margins"], settings["analysis"]["guards"]
    environment = Environment(
        loader=FileSystemLoader(DATA),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "interval": interval,
        "effect": effect,
        "percent": wording.percent,
        "words": lambda text: str(text).replace("_", " "),
    }
    return environment.get_template("report.html.j2").render(
        settings=settings,
        grid=contents.verdict_grid(verdicts),
        dispositions=list(dict.fromkeys(verdict.disposition for verdict in verdicts)),
        synthesis=synthesis,
        cells=cells,
        label=contents.label,
        swept=contents.swept,
        table=TABLE,
        facts=FACTS,
        figures={
            "asymmetry": _svg(
                contents.effect_forest(cells, "assertion_asymmetry", "Δ assertion asymmetry", margins["asymmetry"])
            ),
            "accuracy": _svg(contents.effect_forest(cells, "accuracy", "Δ accuracy", margins["content"])),
            "lambda_asymmetry": _svg(contents.lambda_curves(cells, "assertion_asymmetry", "Δ assertion asymmetry")),
            "lambda_accuracy": _svg(contents.lambda_curves(cells, "accuracy", "Δ accuracy")),
            "sweep": _svg(contents.sweep(cells)),
            "auc": _svg(contents.auc_steps(cells, bars["probe_auc"])),
        },
    )


def interval(value: Mapping[str, float | None] | None, digits: int = 3, signed: bool = False) -> str:
    """An estimate with its interval, as documents hold it."""
    return (
        wording.interval(**value, digits=digits, signed=signed)
        if value is not None
        else wording.interval(None, None, None)
    )


def effect(found: Effect) -> str:
    """An effect with its interval."""
    return wording.interval(found.estimate, found.low, found.high, signed=True)


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
                "guards": [guard.row() for guard in cell.guards],
                "probe": None
                if cell.probe is None
                else {k: v for k, v in cell.probe.items() if k not in ("scores", "asserts")},
                "heads": cell.heads,
            }
            for cell in cells
        ],
    }
