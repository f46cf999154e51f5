"""What was fixed beforehand: the section of the report that tells the ledger of runs.

The section is the one part of the report that differs between two makings of the same study: it holds times and
machines. It has an element of its own, so that it can be written anew after every run, and left out of comparisons.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from threearc.provenance.errors import StudyError
from threearc.provenance.files import write_text
from threearc.provenance.hashing import canonical
from threearc.provenance.stamps import restamp
from threearc.records.ledger import NAME, End, Ledger, Start, read_ledger
from threearc.reporting.page import environment

#: The section within a report; the run that wrote the report is named in its first tag.
SECTION = re.compile(r'<section id="ledger" data-run="(\w*)">.*?</section>', re.DOTALL)
#: Longest value that a table shows.
_WIDTH = 90


@dataclass(frozen=True)
class Change:
    """One value that a run found changed since the run before it.

    Attributes:
        run: number of the run that first had the new value.
        responses: most response files that there had been by then.
    """

    run: int
    time: str
    responses: int
    key: str
    old: str
    new: str


@dataclass(frozen=True)
class Run:
    """One run, for a row of the table."""

    number: int
    start: Start
    end: End | None
    how: str

    @property
    def time(self) -> str:
        """When it started, for people."""
        return _when(self.start.time)

    @property
    def took(self) -> str:
        """How long, in hours and minutes; empty if nobody knows."""
        if self.end is None:
            return ""
        passed = datetime.fromisoformat(self.end.time) - datetime.fromisoformat(self.start.time)
        minutes, seconds = divmod(int(passed.total_seconds()), 60)
        return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {seconds} s"


def section(results: str | Path, made_by: str) -> str:
    """The section as HTML.

    Args:
        results: folder of the ledger.
        made_by: name of the run that wrote the report; empty if the ledger does not know it.

    Raises:
        StudyError: if there is a ledger that cannot be read.
    """
    ledger = read_ledger(Path(results, NAME))
    changes = list(_changes(ledger))
    runs = _runs(ledger)
    return environment().get_template("ledger.html.j2").render(
        ledger=ledger,
        made_by=made_by,
        told=told(ledger, made_by),
        first=ledger.starts[0] if ledger.starts else None,
        when=_when,
        runs=runs,
        tally=_tally(runs),
        analysis=[change for change in changes if _of_analysis(change)],
        others=[change for change in changes if not _of_analysis(change)],
    )  # fmt: skip


def run_under_way(results: str | Path, analysis: Mapping[str, Any]) -> str:
    """Name of the run that is going on with this analysis, or part of one; empty if the ledger knows of none."""
    ledger = read_ledger(Path(results, NAME))
    under_way = [start for start in ledger.starts[-1:] if start.run not in ledger.ends]
    return next((s.run for s in under_way if analysis.items() <= s.config["analysis"].items()), "")


def refresh(report: str | Path, stamp: Path, results: str | Path) -> None:
    """Write the section of a finished report anew, everything else left as it is.

    A run may end without writing the report: because it failed, or because all was changed back. What it did to the
    analysis must be told all the same.

    Args:
        stamp: of the job that wrote the report.

    Raises:
        StudyError: if the ledger cannot be read, or the report not be written.
    """
    file = Path(report)
    if not (file.exists() and stamp.exists()):
        return
    try:
        text = file.read_text(encoding="utf-8")
        found = SECTION.search(text)
        anew = text if found is None else text[: found.start()] + section(results, found[1]) + text[found.end() :]
        if anew != text:
            write_text(file, anew)
            restamp(stamp, str(report))
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(
            f"The report's section on the ledger cannot be written anew ({error}).",
            where=str(file),
            remedy="Make room and the file writable; or delete it and run the same command again.",
        ) from None


def told(ledger: Ledger, made_by: str) -> list[tuple[str, bool]]:
    """What a reader must know, the worst first: sentences, each with whether it is bad news."""
    starts = ledger.starts
    bad: list[str] = []
    if ledger.faults:
        bad.append(f"The ledger of runs was altered: {'; '.join(ledger.faults)}. Below is what is left of it.")
    if not starts:
        bad.append("Nothing is known of what was fixed beforehand: no ledger tells of a run.")
        return [(sentence, True) for sentence in bad]
    first, last = starts[0], starts[-1]
    if first.responses:
        bad.append(
            f"The analysis was not fixed beforehand: when it was first written down, on {_when(first.time)}, "
            f"there were responses already ({_times(first.responses, 'file')})."
        )
    changes = list(_changes(ledger))
    late = [change for change in changes if change.responses]
    of_analysis = [change for change in late if _of_analysis(change)]
    if of_analysis:
        bad.append(
            f"The analysis was changed after responses existed: {_times(len(of_analysis), 'change')} of values, "
            f"the last on {_when(of_analysis[-1].time)}{_back(starts)}."
        )
    mine = next((start for start in starts if start.run == made_by), None)
    if mine is None:
        bad.append("The run that wrote this report is not in the ledger: under what it was written nobody can tell.")
    elif mine.analysis_hash != last.analysis_hash:
        bad.append(
            f"The numbers of this report are of analysis {mine.analysis_hash}; "
            f"a later run asked for {last.analysis_hash} and has written no report."
        )
    sentences = [(sentence, True) for sentence in bad] or [(_good(first, changes), False)]
    parts = dict.fromkeys(change.key.split(".")[0] for change in late if not _of_analysis(change))
    return [*sentences, (f"Other changes after responses existed: {', '.join(parts)}.", False)] if parts else sentences


def _good(first: Start, changes: Sequence[Change]) -> str:
    written = f"The analysis was written down on {_when(first.time)}, before the first response"
    changed = sum(_of_analysis(change) for change in changes)
    if changed:
        return f"{written}; {_times(changed, 'change')} of values came before it too, none since."
    return f"{written}, and has not changed since."


def _back(starts: Sequence[Start]) -> str:
    return "; it is now what it was at first" if starts[0].analysis_hash == starts[-1].analysis_hash else ""


def _changes(ledger: Ledger) -> Iterator[Change]:
    """All that differs between a run and the one before it."""
    most, before, run = 0, None, 0
    for entry in ledger.entries:
        most = max(most, entry.responses)
        if isinstance(entry, End):
            continue
        run += 1
        if before is not None:
            for key, old, new in (*_differences(before.config, entry.config), *_of_code(before, entry)):
                yield Change(run, entry.time, most, key, _shown(old), _shown(new))
        before = entry


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Keys, as dotted paths, with the values that differ; a key that one side lacks has None there."""
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key), new.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{within}{key}.")
        elif one != other:
            yield f"{within}{key}", one, other


def _of_code(before: Start, now: Start) -> Iterator[tuple[str, Any, Any]]:
    """The version, and in one row all code and data that changed; what came with a new domain is not a change."""
    if before.version != now.version:
        yield "version", before.version, now.version
    common = before.code.keys() & now.code.keys()
    changed = sorted(name for name in common if before.code[name] != now.code[name])
    if changed:
        behind = "everything" if len(changed) == len(common) else ", ".join(changed)
        yield "code or data", "", f"changed behind {behind}"


def _of_analysis(change: Change) -> bool:
    return change.key.startswith("analysis.")


def _runs(ledger: Ledger) -> list[Run]:
    starts, ends = ledger.starts, ledger.ends
    return [
        Run(number, start, ends.get(start.run), _how(ends.get(start.run), start is starts[-1]))
        for number, start in enumerate(starts, start=1)
    ]


def _how(end: End | None, last: bool) -> str:
    """How a run ended."""
    if end is None:
        return "under way" if last else "ended without a word"
    if end.event == "finished":
        return "finished"
    return f"failed: {', '.join(end.failed)}" if end.failed else "stopped"


def _tally(runs: Sequence[Run]) -> str:
    """How many runs ended how."""
    words = [run.how.partition(":")[0] for run in runs]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else "none" if value is None else canonical(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _when(time: str) -> str:
    return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M} UTC"


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"
