"""Operating characteristics as people read them: Markdown tables and a figure, from what planted studies came to."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import numpy as np

from threearc.domains.protocol import Disposition
from threearc.records.findings import Word
from threearc.reporting.figures import Point, curves
from threearc.statistics.clusters import rate, single_interval
from threearc.statistics.rates import clopper_pearson
from threearc.statistics.wording import percent
from threearc.validation.detectable import Detectable
from threearc.validation.truths import CLEAN, TRUTHS

#: Level of all intervals, draws of those of verdicts, and the seed of the draws.
LEVEL, DRAWS, SEED = 0.95, 2000, 0


def by_study(counts: Sequence[int], of: Sequence[int]) -> tuple[float, float, float]:
    """A share of verdicts, and its interval: studies are drawn again, as the verdicts of one hang together."""
    sums = np.array([counts, of], dtype=float).T
    found = single_interval(sums, rate, DRAWS, LEVEL, SEED)
    return found.estimate, found.low, found.high


def guilty(point: Mapping[str, Any]) -> int:
    """Studies with any false *moves cleanly*."""
    return sum(count > 0 for count in point["false_clean"])


def words_of(point: Mapping[str, Any]) -> Counter[str]:
    """Words of all verdicts, whatever the disposition."""
    return sum((Counter(own) for own in point["words"].values()), Counter[str]())


def markdown(found: Mapping[str, Any]) -> str:
    """All tables of a file of planted studies."""
    points = [point for point in found["points"] if point["studies"]]
    return "\n".join(
        [
            *_settings(found["settings"], points),
            *_detectable(points),
            *_false_clean(points),
            *_right(points),
            *_confusion(points),
            *_alarms(points),
        ]
    )


def power_curves(found: Mapping[str, Any]) -> str:
    """The share of right verdicts over the planted size, by class: one panel per rest of the grid, as SVG."""
    panels: dict[str, dict[str, list[Point]]] = {}
    for point in sorted(found["points"], key=lambda point: float(point["size"])):
        if point["studies"] and sum(point["verdicts"]):
            series = panels.setdefault(rest(point), {}).setdefault(point["truth"], [])
            series.append((point["size"], *by_study(point["right"], point["verdicts"])))
    return curves(panels, "planted, in detectable sizes", "share of right verdicts")


def _settings(settings: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    studies = sum(point["studies"] for point in points)
    drawing, judging = (sum(point["seconds"][i] for point in points) / max(studies, 1) for i in (0, 1))
    cells = len(settings["forms"]) * settings["models"]
    yield f"{studies} planted studies of {cells} cells with {settings['treatments']} treatments each, seed"
    yield f"{settings['seed']}, source {settings['source'].get('kind')}; {drawing + judging:.2f} CPU-seconds per study,"
    yield f"{drawing:.2f} of them for drawing it. Code {settings['code']}."


def _detectable(points: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Of dispositions: only these are planned."""
    yield from ("", "### 80 % detectable effects, against an ideal test on true labels", "")
    yield "| domain | disposition | n | planned | ideal | ratio |"
    yield "|---|---|---|---:|---:|---:|"
    sizes = {(point["entries"], point["seeds"]): point["detectable"] for point in points}
    for (entries, seeds), domains in sizes.items():
        for domain, names in domains.items():
            for name in (name for name in names if name in get_args(Disposition)):
                own = Detectable(**names[name])
                planned, ideal = ("none" if value is None else f"{value:.3f}" for value in (own.planned, own.ideal))
                ratio = "" if own.ratio is None else f"{own.ratio:.2f}"
                yield f"| {domain} | {name} | {entries} entries, {seeds} seeds | {planned} | {ideal} | {ratio} |"


def _false_clean(points: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from ("", "### Studies with any false *moves cleanly*", "")
    yield "| truth | size | grid | studies | with one | share | 95 % interval |"
    yield "|---|---:|---|---:|---:|---:|---|"
    for point in points:
        if point["truth"] != CLEAN:
            count = guilty(point)
            low, high = clopper_pearson(count, point["studies"], LEVEL)
            yield (
                f"| {point['truth']} | {point['size']:g} | {rest(point)} | {point['studies']} | {count}"
                f" | {percent(count / point['studies'])} | {percent(low)} to {percent(high)} |"
            )


def _right(points: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from ("", "### Verdicts with a right word, an open one, a wrong one", "")
    yield "| truth | right words | size | grid | right | 95 % interval | open | wrong | no room |"
    yield "|---|---|---:|---|---:|---|---:|---:|---:|"
    for point in points:
        whole = sum(point["verdicts"])
        if not whole:
            continue
        right, low, high = by_study(point["right"], point["verdicts"])
        left = sum(point["open"]) / whole
        yield (
            f"| {point['truth']} | {', '.join(TRUTHS[point['truth']].right)} | {point['size']:g} | {rest(point)}"
            f" | {percent(right)} | {percent(low)} to {percent(high)} | {percent(left)}"
            f" | {percent(max(0.0, 1 - right - left))} | {sum(point['short'])} |"
        )


def _confusion(points: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    words = get_args(Word)
    yield from ("", "### Words by truth, in percent of the verdicts", "")
    yield f"| truth | size | grid | {' | '.join(words)} |"
    yield f"|---|---:|---|{'---:|' * len(words)}"
    for point in points:
        counts = words_of(point)
        whole = max(counts.total(), 1)
        shares = " | ".join(f"{100 * counts[word] / whole:.1f}" if counts[word] else "" for word in words)
        yield f"| {point['truth']} | {point['size']:g} | {rest(point)} | {shares} |"


def _alarms(points: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    guards = sorted({guard for point in points for guard in point["alarms"]})
    if not guards:
        return
    yield from ("", "### Studies in which guards held a word back, in percent", "")
    yield f"| truth | size | grid | any | {' | '.join(guard.replace('_', ' ') for guard in guards)} |"
    yield f"|---|---:|---|---:|{'---:|' * len(guards)}"
    for point in points:
        counts = (point["alarmed"], *(point["alarms"].get(guard, 0) for guard in guards))
        shares = (f"{100 * count / point['studies']:.1f}" for count in counts)
        yield f"| {point['truth']} | {point['size']:g} | {rest(point)} | {' | '.join(shares)} |"


def rest(point: Mapping[str, Any]) -> str:
    """The point of the grid, without its truth and size."""
    error = f", judge error {percent(point['judge_error'])}" if point["judge_error"] else ""
    return f"{point['entries']} entries, {point['seeds']} seeds{error}"
