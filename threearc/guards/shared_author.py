"""Shared author: who judges must not judge what he wrote, and fresh prompts must be another's (ERRATA row 8).

It holds nothing back: whose hand a text is in is known by name only, and says nothing of its size. That a checklist is
by the author of its prompt is usual, and told.
"""

from collections.abc import Iterator

from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult

NAME = "shared_author"
BINDS: Binds = "nothing"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """One result: how many hands hold two tasks that must be in two."""
    splits = list(dict.fromkeys(p.split for p in evidence.prompts if p.split != "train"))
    if not evidence.judges or not splits:
        yield evidence.result(NAME, BINDS, "cannot run", "It is not known who wrote the prompts, or who judged.")
        return
    wrote = {split: {p.author for p in evidence.prompts if p.split == split} for split in splits}
    listed = {
        split: {p.checklist.author for p in evidence.prompts if p.split == split and p.checklist is not None}
        for split in splits
    }
    shared = [
        f"{author} judged and wrote {what} of {split}"
        for split in splits
        for what, authors in (("prompts", wrote[split]), ("checklists", listed[split]))
        for author in sorted(authors & evidence.judges)
    ]
    both = wrote.get("eval", set()) & wrote.get("fresh", set())
    shared += [f"{author} wrote eval and fresh prompts" for author in sorted(both)]
    hands = "; ".join(
        f"{split} by {_named(wrote[split])}" + (f", checklists by {_named(listed[split])}" if listed[split] else "")
        for split in splits
    )
    outcome: GuardOutcome = "fail" if shared else "pass"
    told = f" {'; '.join(shared)}." if shared else ""
    sentence = f"Prompts: {hands}; judged by {_named(evidence.judges)}.{told}"
    yield evidence.result(NAME, BINDS, outcome, sentence, figure=len(shared), bar=0)


def _named(names: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names))
