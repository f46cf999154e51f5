"""What operators report of themselves: why one had nothing to act on."""

from collections.abc import Mapping
from typing import Any

from threearc.records.findings import Unattributable


def unattributable(heads: Mapping[str, Any] | None, probe: Mapping[str, Any] | None) -> list[Unattributable]:
    """From heads.json and probe.json, where there are such files."""
    found = []
    for operator, report in (("tempered", heads), ("sidecar", probe)):
        if report is not None and report["not_attributable"] is not None:
            found.append(Unattributable(operator=operator, disposition="humble", why=report["not_attributable"]))
    return found
