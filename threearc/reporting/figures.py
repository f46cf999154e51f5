"""The report's figures, as SVG text that is the same for the same numbers."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

#: Colours that stay apart in print and for colour-blind readers (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: One fewer than colours, so that 42 series have a pair of their own.
MARKERS = "osD^vP"

#: One point: x, estimate, low, high.
Point = tuple[float, float, float | None, float | None]
#: What base shows against itself: low, high.
Band = tuple[float, float]
NOISE, MARGIN = "#d9d9d9", "#f2f0e6"


@dataclass(frozen=True)
class ForestRow:
    """One row of a forest: an effect, the noise floor of its cell, and which colour it has."""

    label: str
    point: Point
    noise: Band | None = None
    colour: int = 0


#: Panels side by side before the next row begins.
ACROSS = 5


@contextmanager
def _figure(
    titles: Sequence[str], *, across: int = ACROSS, width: float = 2.6, height: float = 2.3
) -> Iterator[tuple[Any, list[Any], io.StringIO]]:
    """One panel per title, in rows of ``across``; ``width`` and ``height`` of a panel in inches."""
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
    columns = min(across, len(titles))
    rows = -(-len(titles) // columns)
    with pyplot.rc_context(settings):
        size = (width * columns, height * rows + 0.3)
        figure, grid = pyplot.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
        axes = list(grid.flat)
        for axis, title in zip(axes, titles, strict=False):
            axis.set_title(title)
        for axis in axes[len(titles) :]:
            axis.set_axis_off()
        out = io.StringIO()
        yield figure, axes[: len(titles)], out
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
    noise: Mapping[str, Band] | None = None,
) -> str:
    """Lines with intervals, one panel per cell.

    Args:
        panels: by panel title, by series name, points in order of x.
        zero: draw a line at 0.
        apart: how far, in x, to spread the series at one place, for points that would hide each other.
        noise: by panel title, what base shows against itself: a grey band.
    """
    with _figure(list(panels)) as (figure, axes, out):
        names = list(dict.fromkeys(name for series in panels.values() for name in series))
        for axis, (title, series) in zip(axes, panels.items(), strict=True):
            if noise and title in noise:
                axis.axhspan(*noise[title], color=NOISE, linewidth=0)
            if zero:
                axis.axhline(0, color="#999999", linewidth=0.8)
            for name, points in series.items():
                style = names.index(name)
                shift = apart * (style / max(len(names) - 1, 1) - 0.5)
                beside = [(x + shift, value, low, high) for x, value, low, high in points]
                _line(axis, beside, style, name)
            axis.set_xlabel(x_label)
            if log_x:
                ticks = sorted({point[0] for points in series.values() for point in points})
                axis.set_xscale("log", base=2)
                axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
                axis.minorticks_off()
        _beside(axes, y_label)
        _legend(figure, axes)
    return out.getvalue()


def steps(
    panels: Mapping[str, Mapping[str, Mapping[str, Point]]], order: Sequence[str], y_label: str, bar: float
) -> str:
    """Points with intervals over named steps, one panel per cell, with chance and a bar.

    Args:
        panels: by panel title, by reader, by step.
        order: the steps from left to right.
    """
    with _figure(list(panels)) as (figure, axes, out):
        readers = list(dict.fromkeys(name for series in panels.values() for name in series))
        for axis, series in zip(axes, panels.values(), strict=True):
            axis.axhline(0.5, color="#999999", linewidth=0.8)
            axis.axhline(bar, color="#999999", linewidth=0.8, linestyle="--")
            for i, (reader, found) in enumerate(series.items()):
                shift = 0.14 * (i - (len(series) - 1) / 2)
                points = [(order.index(step) + shift, *found[step][1:]) for step in order if step in found]
                _line(axis, points, readers.index(reader), reader, joined=False)
            axis.set_xticks(range(len(order)), order)
            axis.set_ylim(0, 1.03)
        _beside(axes, y_label)
        _legend(figure, axes)
    return out.getvalue()


def forest(panels: Mapping[str, Sequence[ForestRow]], x_label: str, margin: float) -> str:
    """Effects with intervals, one row each; the margin is shaded, and under every row lies its cell's noise floor.

    Args:
        panels: rows by panel title.
    """
    most = max(len(rows) for rows in panels.values())
    with _figure(list(panels), across=2, width=6.2, height=0.5 + 0.17 * most) as (_, axes, out):
        for axis, rows in zip(axes, panels.values(), strict=True):
            axis.axvspan(-margin, margin, color=MARGIN, linewidth=0)
            axis.axvline(0, color="#999999", linewidth=0.8)
            for i, row in enumerate(rows):
                if row.noise is not None:
                    axis.barh(i, row.noise[1] - row.noise[0], 0.9, row.noise[0], color=NOISE)
                _, estimate, low, high = row.point
                colour = COLOURS[row.colour % len(COLOURS)]
                if low is not None and high is not None:
                    axis.plot([low, high], [i, i], color=colour, linewidth=1.2)
                axis.plot([estimate], [i], "o", color=colour, markersize=3.5)
            _rows(axis, [row.label for row in rows], x_label)
    return out.getvalue()


def pairs(
    panels: Mapping[str, Sequence[tuple[str, Point, Point]]], names: tuple[str, str], x_labels: Mapping[str, str]
) -> str:
    """Two looks at the same thing, one row each: an open point for the first, a filled one for the second.

    Args:
        panels: by panel title, rows of label, first look and second look.
        names: of the two looks; ``x_labels``: by panel title.
    """
    most = max(len(rows) for rows in panels.values())
    with _figure(list(panels), across=3, width=4.4, height=0.5 + 0.19 * most) as (figure, axes, out):
        for axis, (title, rows) in zip(axes, panels.items(), strict=True):
            axis.axvline(0, color="#999999", linewidth=0.8)
            for i, (_, first, second) in enumerate(rows):
                axis.plot([first[1], second[1]], [i, i], color="#bbbbbb", linewidth=0.8)
                for point, shift, colour, name in (
                    (first, -0.15, COLOURS[1], names[0]),
                    (second, 0.15, COLOURS[0], names[1]),
                ):
                    _, estimate, low, high = point
                    if low is not None and high is not None:
                        axis.plot([low, high], [i + shift] * 2, color=colour, linewidth=0.8, alpha=0.7)
                    face = "white" if name == names[0] else colour
                    axis.plot(
                        [estimate], [i + shift], "o", color=colour, markerfacecolor=face, markersize=4, label=name
                    )
            _rows(axis, [label for label, _, _ in rows], x_labels[title])
        _legend(figure, axes)
    return out.getvalue()


def against_null(panels: Mapping[str, Sequence[tuple[str, float, float, float]]], x_label: str) -> str:
    """Observed values against their nulls, one row each: grey from the null's mean to its 95 % quantile.

    Args:
        panels: by panel title, rows of label, observed, mean of the null, its 95 % quantile.
    """
    most = max(len(rows) for rows in panels.values())
    with _figure(list(panels), across=2, width=6.2, height=0.5 + 0.17 * most) as (_, axes, out):
        for axis, rows in zip(axes, panels.values(), strict=True):
            for i, (_, observed, mean, high) in enumerate(rows):
                axis.plot([mean, high], [i, i], color="#bbbbbb", linewidth=5, solid_capstyle="butt")
                axis.plot([mean], [i], "|", color="#888888", markersize=7)
                axis.plot([observed], [i], "o", color=COLOURS[1] if observed > high else COLOURS[0], markersize=4)
            _rows(axis, [row[0] for row in rows], x_label)
    return out.getvalue()


def gated(panels: Mapping[str, Sequence[tuple[str, float, Sequence[tuple[str, Point]]]]], y_label: str) -> str:
    """Points with intervals over steps, each with a bar of its own; one panel per cell.

    Args:
        panels: by panel title, steps from left to right: name, bar, and named points beside each other.
    """
    with _figure(list(panels), height=2.8) as (figure, axes, out):
        names = list(dict.fromkeys(name for steps in panels.values() for _, _, found in steps for name, _ in found))
        for axis, steps in zip(axes, panels.values(), strict=True):
            axis.axhline(0.5, color="#999999", linewidth=0.8)
            for i, (_, bar, found) in enumerate(steps):
                axis.plot([i - 0.42, i + 0.42], [bar, bar], color="#000000", linewidth=0.9, linestyle="--")
                for j, (name, (_, value, low, high)) in enumerate(found):
                    x = i + 0.8 * ((j + 0.5) / len(found) - 0.5)
                    _line(axis, [(x, value, low, high)], names.index(name), name)
            # Five steps stand side by side in a narrow panel.
            axis.set_xticks(range(len(steps)), [name for name, _, _ in steps], fontsize="x-small")
            axis.set_ylim(0, 1.03)
        _beside(axes, y_label)
        _legend(figure, axes)
    return out.getvalue()


def bars(
    panels: Mapping[str, Mapping[str, Sequence[tuple[str, Point]]]], y_label: str, lines: Mapping[str, float]
) -> str:
    """Bars with intervals, side by side; one panel per cell.

    Args:
        panels: by panel title, by group (a place on the x axis), named bars.
        lines: by the name of the bars, the bar in the other sense: a dashed line of their colour.
    """
    with _figure(list(panels), height=3.2) as (figure, axes, out):
        names = list(dict.fromkeys(name for groups in panels.values() for row in groups.values() for name, _ in row))
        width = 0.8 / max(len(names), 1)
        for axis, groups in zip(axes, panels.values(), strict=True):
            axis.axhline(0.5, color="#999999", linewidth=0.8)
            for name in names:
                style = names.index(name)
                if name in lines:
                    axis.axhline(lines[name], color=COLOURS[style], linewidth=0.9, linestyle="--")
                for i, row in enumerate(groups.values()):
                    for _, value, low, high in (point for own, point in row if own == name):
                        x = i + width * (style - (len(names) - 1) / 2)
                        axis.bar([x], [value], width * 0.9, color=COLOURS[style], label=name)
                        if low is not None and high is not None:
                            axis.plot([x, x], [low, high], color="#000000", linewidth=0.8)
            axis.set_xticks(range(len(groups)), list(groups), rotation=30, ha="right")
            axis.set_ylim(0, 1.03)
        _beside(axes, y_label)
        _legend(figure, axes)
    return out.getvalue()


def scatter(panels: Mapping[str, tuple[str, str, Sequence[tuple[str, float, float, bool]]]]) -> str:
    """Points in the plane, coloured by name, filled or hollow; one panel per cell.

    Args:
        panels: by panel title, labels of both axes, and points: name, x, y, filled.
    """
    with _figure(list(panels)) as (figure, axes, out):
        names = sorted({name for _, _, points in panels.values() for name, _, _, _ in points})
        for axis, (x_label, y_label, points) in zip(axes, panels.values(), strict=True):
            for name in names:
                colour = COLOURS[names.index(name) % len(COLOURS)]
                for filled in (True, False):
                    own = [(x, y) for own, x, y, full in points if (own, full) == (name, filled)]
                    axis.scatter(
                        [x for x, _ in own],
                        [y for _, y in own],
                        s=9,
                        linewidths=0.7,
                        edgecolors=colour,
                        facecolors=colour if filled else "none",
                        label=name if filled else None,
                    )
            axis.set_xlabel(x_label)
            axis.set_ylabel(y_label)
        _legend(figure, axes)
    return out.getvalue()


def _line(axis: Any, points: Sequence[Point], style: int, name: str, *, joined: bool = True) -> None:
    """Points with intervals in the style of a number, joined by a line or not."""
    colour, marker = COLOURS[style % len(COLOURS)], MARKERS[style % len(MARKERS)]
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


def _rows(axis: Any, labels: Sequence[str], x_label: str) -> None:
    """One row per label, from the top down."""
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.set_xlabel(x_label)


def _beside(axes: Sequence[Any], y_label: str) -> None:
    """The label of the y axis, once per row of panels."""
    for axis in axes[::ACROSS]:
        axis.set_ylabel(y_label)


def _legend(figure: Any, axes: Sequence[Any]) -> None:
    """One legend below all panels: a series may be in some of them only."""
    known: dict[str, Any] = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            known.setdefault(label, handle)
    if len(known) > 1:
        figure.legend(known.values(), known.keys(), loc="outside lower center", ncols=min(len(known), 5))
