"""What the report shows of planted studies: how often the engine that drew its verdicts is right, open and wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from threearc.provenance.files import read_json
from threearc.reporting import figures
from threearc.reporting.page import DATA
from threearc.validation.code import code

#: Written by ``threearc validate --show … --digest``.
FILE = DATA / "planted.json"


def planted() -> dict[str, Any]:
    """The digest of the planted studies that the engine was held against last.

    ``here`` is the fingerprint of the code that would draw and judge them now: it is the digest's own, or what is told
    is told of an earlier engine.
    """
    found: dict[str, Any] = read_json(FILE)
    return found | {"here": code()}


def right_words(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The share of right verdicts over the planted size, a panel per class that was planted at several sizes."""
    series: dict[str, list[figures.Point]] = {}
    for row in rows:
        right = row["right"]
        series.setdefault(row["truth"], []).append((row["size"], right["estimate"], right["low"], right["high"]))
    panels = {truth: {truth: points} for truth, points in series.items() if len(points) > 1}
    return figures.curves(panels, "planted, in detectable sizes", "share of right verdicts") if panels else None
