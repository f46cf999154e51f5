"""The probe behind an arm must tell right from wrong on others' prompts, and better than what sees no model (row 27).

Both guards bind claims of movement only: what a gate does not move, its probe cannot have moved.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from threearc.effects.arms import Arm
from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.statistics.wording import interval

TRANSFER, BASELINES = "probe_transfer", "probe_baselines"
BINDS: Binds = "claims"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per arm that acts on a probe: its AUC on fresh prompts against its bar, and against every baseline's."""
    for arm in evidence.arms.values():
        if "probe" in arm.first.setup.condition.settings:
            probe = evidence.probe or {"steps": [], "against": [], "not_attributable": "its file is not there"}
            yield _transfer(evidence, arm, probe)
            yield _baselines(evidence, arm, probe)


def _transfer(evidence: Evidence, arm: Arm, probe: Mapping[str, Any]) -> GuardResult:
    bar = evidence.bars["probe_auc"]
    found = [step["auc"] for step in probe["steps"] if (step["reader"], step["step"]) == ("h_last", "fresh")]
    if not found or found[0]["low"] is None:
        why = probe["not_attributable"] or "one class only"
        return evidence.result(TRANSFER, BINDS, "cannot run", f"The probe has no AUC on fresh prompts: {why}.", arm=arm)
    (auc,) = found
    outcome: GuardOutcome = "pass" if auc["low"] >= bar else "fail"
    sentence = f"The probe's AUC on fresh prompts is {interval(**auc)}; its interval must reach {bar}."
    return evidence.result(TRANSFER, BINDS, outcome, sentence, arm=arm, figure=auc["estimate"], bar=bar)


def _baselines(evidence: Evidence, arm: Arm, probe: Mapping[str, Any]) -> GuardResult:
    rows = probe["against"]
    if not rows or any(row["difference"]["low"] is None for row in rows):
        return evidence.result(
            BASELINES, BINDS, "cannot run", "The probe cannot be held against its baselines.", arm=arm
        )
    hardest = min(rows, key=lambda row: row["difference"]["low"])
    difference = hardest["difference"]
    outcome: GuardOutcome = "pass" if difference["low"] > 0 else "fail"
    sentence = (
        f"On fresh prompts the probe's AUC less that of the {hardest['reader']} alone is {interval(**difference)}."
    )
    return evidence.result(BASELINES, BINDS, outcome, sentence, arm=arm, figure=difference["low"], bar=0.0)
