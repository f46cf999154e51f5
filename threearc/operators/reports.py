"""What operators report of themselves: why one had nothing to act on."""

from collections.abc import Mapping
from typing import Any

from threearc.records.findings import Unattributable
from threearc.records.reports import HeadsReport


def unattributable(heads: HeadsReport | None, probe: Mapping[str, Any] | None) -> list[Unattributable]:
    """From heads.json and probe.json, where there are such files."""
    found = [
        Unattributable(
            operator="tempered", variant=row.variant("top"), disposition=row.disposition, why=row.not_attributable
        )
        for row in (() if heads is None else heads.rankings)
        if row.asked and row.not_attributable is not None
    ]
    if probe is not None and probe["not_attributable"] is not None:
        found.append(Unattributable(operator="sidecar", disposition="humble", why=probe["not_attributable"]))
    return found
