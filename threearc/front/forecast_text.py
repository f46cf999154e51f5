"""A plan for people: cell by cell what n can settle, what stands in the way, and what it all costs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from threearc.front.forecast import Forecast, PlannedCell
from threearc.planning.contrasts import PlannedContrast
from threearc.planning.costs import Costs, Count
from threearc.planning.words import Reach
from threearc.records.findings import Word

NOTES = """\
80 % detectable: the smallest true movement of which the study says *moves cleanly* four times in five. That is the
whole verdict: it stands out on eval after Holm's correction over {family} tests and exceeds its margin, it stands out
without any one decode seed and on fresh prompts, should all contrasts of its cell move, and what must stay is shown to.
n for interest: entries of eval prompts, fresh ones growing along, that do so for a movement of two margins. The other
columns: the smallest movement, or "yes", where the word is said four times in five of a truth that suits it; "no: n" is
the entries that it takes, "never" that no number of them helps. Doses are planned as the strongest alone, and recipes
as if their training seeds did not differ.
"""
HEADS = ("starts", "readings", "trainings", "answers", "derived", "written", "read", "judge calls", "teacher calls")


def told(found: Forecast) -> Iterator[str]:
    """The lines of the plan."""
    cells = len(found.cells)
    yield f"{found.study}: {cells} cells, {found.family} tests of claims and {found.damage_family} of damage at most."
    yield ""
    for alike in _alike(found.cells):
        yield from _cell(alike)
    yield NOTES.format(family=found.family)
    yield from _costs(found)


def _alike(cells: Sequence[PlannedCell]) -> list[list[PlannedCell]]:
    """Cells of one domain that can settle the same, together."""
    groups: list[list[PlannedCell]] = []
    for cell in cells:
        known = next((g for g in groups if g[0].domain == cell.domain and g[0].contrasts == cell.contrasts), None)
        if known is None:
            groups.append([cell])
        else:
            known.append(cell)
    return groups


def _cell(alike: Sequence[PlannedCell]) -> Iterator[str]:
    cell = alike[0]
    yield f"{cell.domain}: {', '.join(own.model for own in alike)}"
    for split, size in cell.splits.items():
        yield (
            f"  {split:9} {size.prompts:5} prompts of {size.entries} entries;"
            f" {size.checkable} of {size.checkable_entries} entries can be right or wrong"
        )
    seeds = f"  decode seeds {len(cell.decode_seeds)}, training seeds {len(cell.train_seeds)}"
    assumed = (f"{name.replace('_', ' ')} {value:g}" for name, value in vars(cell.assumed).items())
    yield f"{seeds}; assumed: {', '.join(assumed)}"
    for about in dict.fromkeys((c.target_in_words, c.test) for c in cell.contrasts):
        operators = dict.fromkeys(c.operator for c in cell.contrasts if (c.target_in_words, c.test) == about)
        yield f"  verdicts on {', '.join(operators)} are about {about[0]}; test: {about[1]}"
    yield ""
    words = [reach.word for reach in max((c.words for c in cell.contrasts), key=len, default=[])][1:]
    heads = ("disposition", "operators (arms)", "measure", "margin", "80 % detectable", "n for interest", *words)
    groups = _same(cell.contrasts)
    rows = [heads, *(_row(group, words) for group in groups)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    for row in rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    for why in dict.fromkeys(group[0].words[0].why for group in groups if not group[0].words[0].reachable):
        names = [f"{_disposition(g[0])} ({_operators(g)})" for g in groups if g[0].words[0].why == why]
        yield f"  No clean movement of {', '.join(names)}: {why}."
    yield ""


def _same(contrasts: Sequence[PlannedContrast]) -> list[list[PlannedContrast]]:
    """Contrasts that differ in their operator alone, together."""
    groups: dict[str, list[PlannedContrast]] = {}
    for contrast in contrasts:
        groups.setdefault(str(replace(contrast, operator="", arms=0, test="")), []).append(contrast)
    return sorted(groups.values(), key=lambda group: [c.disposition for c in contrasts].index(group[0].disposition))


def _disposition(contrast: PlannedContrast) -> str:
    return contrast.disposition.replace("_", " ")


def _operators(group: Sequence[PlannedContrast]) -> str:
    return ", ".join(contrast.operator for contrast in group)


def _row(group: Sequence[PlannedContrast], words: Sequence[Word]) -> tuple[str, ...]:
    contrast = group[0]
    by_word = {reach.word: reach for reach in contrast.words}
    return (
        _disposition(contrast),
        ", ".join(f"{own.operator} ({own.arms})" for own in group),
        contrast.measure.replace("_", " "),
        f"±{contrast.margin:g}",
        _reached(by_word["moves cleanly"]),
        str(contrast.entries_of_interest or "never"),
        *("–" if (reach := by_word.get(word)) is None else _reached(reach) for word in words),
    )


def _reached(reach: Reach) -> str:
    if reach.reachable:
        return "yes" if reach.smallest is None else f"{reach.smallest:.3f}"
    return "never" if reach.entries is None else f"no: n {reach.entries}"


def _costs(found: Forecast) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("", *HEADS)]
    rows += [(f"{cell.domain}/{cell.model}", *_counts(cell.costs)) for cell in found.cells]
    rows += [(f"{name}, all models", *_counts(costs)) for name, costs in found.domains.items()]
    rows.append(("total", *_counts(found.total)))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    yield "Costs, to be expected and at most (starts load a student to generate, readings to read; then tokens):"
    for first, *others in rows:
        counts = (text.rjust(width) for text, width in zip(others, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *counts])


def _counts(costs: Costs) -> list[str]:
    return [_counted(value) for value in vars(costs).values()]


def _counted(value: int | Count) -> str:
    if not isinstance(value, Count):
        return str(value)
    expected, most = _short(value.expected), _short(value.most)
    return expected if expected == most else f"{expected} ≤ {most}"


def _short(count: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if count >= size:
            return f"{count / (1e3 if unit == 'k' else size):.3g} {unit}"
    return f"{count:.0f}"
