"""The report's figures, as SVG text that is the same for the same numbers."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

#: Colours that stay apart in print and for colour-blind readers (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vP*"

#: One point: x, estimate, low, high.
Point = tuple[float, float, float | None, float | None]


@contextmanager
def _figure(columns: int, titles: Sequence[str], height: float = 2.6) -> Iterator[tuple[Any, list[Any], io.StringIO]]:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    settings = {
        "svg.hashsalt": "threearc",
        "svg.fonttype": "none",
        "font.size": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 8.5,
        "legend.frameon": False,
        "legend.fontsize": 7.5,
    }
    with pyplot.rc_context(settings):
        figure, axes = pyplot.subplots(1, columns, figsize=(2.9 * columns, height), squeeze=False, layout="constrained")
        for axis, title in zip(axes[0], titles, strict=True):
            axis.set_title(title)
        out = io.StringIO()
        yield figure, list(axes[0]), out
        figure.savefig(out, format="svg", metadata={"Date": None})
        pyplot.close(figure)


def curves(
    panels: Mapping[str, Mapping[str, Sequence[Point]]],
    x_label: str,
    y_label: str,
    *,
    zero: bool = False,
    log_x: bool = False,
    apart: float = 0.0,
) -> str:
    """Lines with intervals, one panel per cell.

    Args:
        panels: by panel title, by series name, points in order of x.
        zero: draw a line at 0.
        apart: how far, in x, to draw each series from the last, for points that would hide each other.
    """
    with _figure(len(panels), list(panels)) as (figure, axes, out):
        names = list(dict.fromkeys(name for series in panels.values() for name in series))
        for axis, series in zip(axes, panels.values(), strict=True):
            if zero:
                axis.axhline(0, color="#999999", linewidth=0.8)
            for name, points in series.items():
                style = names.index(name)
                beside = [(x + style * apart, value, low, high) for x, value, low, high in points]
                _line(axis, beside, COLOURS[style % len(COLOURS)], MARKERS[style % len(MARKERS)], name)
            axis.set_xlabel(x_label)
            if log_x:
                ticks = sorted({point[0] for points in series.values() for point in points})
                axis.set_xscale("log", base=2)
                axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
                axis.minorticks_off()
        axes[0].set_ylabel(y_label)
        _legend(figure, axes[0], len(names))
    return out.getvalue()


def steps(
    panels: Mapping[str, Mapping[str, Mapping[str, Point]]], order: Sequence[str], y_label: str, bar: float
) -> str:
    """Points with intervals over named steps, one panel per cell, with chance and a bar.

    Args:
        panels: by panel title, by reader, by step.
        order: the steps from left to right.
    """
    with _figure(len(panels), list(panels)) as (figure, axes, out):
        readers = list(dict.fromkeys(name for series in panels.values() for name in series))
        for axis, series in zip(axes, panels.values(), strict=True):
            axis.axhline(0.5, color="#999999", linewidth=0.8)
            axis.axhline(bar, color="#999999", linewidth=0.8, linestyle="--")
            for i, (reader, found) in enumerate(series.items()):
                shift = 0.14 * (i - (len(series) - 1) / 2)
                points = [(order.index(step) + shift, *found[step][1:]) for step in order if step in found]
                style = readers.index(reader)
                _line(axis, points, COLOURS[style], MARKERS[style], reader, joined=False)
            axis.set_xticks(range(len(order)), order)
            axis.set_ylim(0, 1.03)
        axes[0].set_ylabel(y_label)
        _legend(figure, axes[0], len(readers))
    return out.getvalue()


def forest(rows: Sequence[tuple[str, Point, bool]], x_label: str, margin: float) -> str:
    """Effects with intervals, one row each; noise-floor rows are grey, and the margin is shaded.

    Args:
        rows: label, (ignored, estimate, low, high), noise floor or not.
    """
    with _figure(1, [""], height=0.6 + 0.2 * len(rows)) as (figure, (axis,), out):
        figure.set_size_inches(7.2, 0.6 + 0.2 * len(rows))
        axis.axvspan(-margin, margin, color="#eeeeee", linewidth=0)
        axis.axvline(0, color="#999999", linewidth=0.8)
        for i, (_, (_, estimate, low, high), noise) in enumerate(rows):
            colour = "#888888" if noise else COLOURS[0]
            if low is not None and high is not None:
                axis.plot([low, high], [i, i], color=colour, linewidth=1.2)
            axis.plot([estimate], [i], "o", color=colour, markersize=3.5)
        axis.set_yticks(range(len(rows)), [label for label, _, _ in rows])
        axis.invert_yaxis()
        axis.set_xlabel(x_label)
    return out.getvalue()


def _line(axis: Any, points: Sequence[Point], colour: str, marker: str, name: str, *, joined: bool = True) -> None:
    line = "-" if joined else "none"
    axis.plot(
        [p[0] for p in points],
        [p[1] for p in points],
        linestyle=line,
        marker=marker,
        markersize=4,
        color=colour,
        label=name,
        linewidth=1.2,
    )
    for x, _, low, high in points:
        if low is not None and high is not None:
            axis.plot([x, x], [low, high], color=colour, linewidth=0.8, alpha=0.7)


def _legend(figure: Any, axis: Any, count: int) -> None:
    if count > 1:
        handles, labels = axis.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(count, 4))
