"""How a sidecar fails: a table of rules, read from the top; the first row whose facts all hold names the mode.

As in the table of verdicts a fact that could not be found out never counts as true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from threearc.records.probes import Estimate, ProbeReport
from threearc.statistics.wording import interval

#: A share right that falls to less than this part of what it was has collapsed: the paper's one cliff fell to a
#: twelfth, its healthy base to one half (FACTS, arc 3).
COLLAPSE = 1 / 3
#: An asymmetry is of interest from so many margins on (MEASURES).
OF_INTEREST = 2
#: What the facts mean.
FACTS = {
    "collapsed": "the share of right answers on fresh prompts is less than a third of eval's, and the interval of the"
    " difference excludes zero",
    "no_probe": "no probe could be fitted, or assessed",
    "few_right": "right answers are the rarer class on fresh prompts, a smaller share than on eval, and too few or from"
    " too few entries",
    "reaches": "the interval of the probe's AUC on fresh prompts reaches the bar",
    "healthy": "right and wrong answers on fresh prompts are both enough, and from enough entries",
    "chance": "the interval of the probe's AUC on fresh prompts holds 0.5 and stays below the bar",
    "delivery_alike": "the interval of base's assertion asymmetry on fresh prompts stays within twice the margin, from"
    " where it would be of interest: right and wrong are delivered alike",
}


@dataclass(frozen=True)
class Mode:
    """One row: its name, the facts that it needs, and its sentence with names of figures as slots."""

    name: str
    needs: tuple[str, ...]
    says: str


TABLE = (
    Mode("transfers", ("reaches",), "The probe's AUC on fresh prompts is {auc}, which reaches {bar}."),
    Mode(
        "capability cliff",
        ("collapsed",),
        "The share right falls from {eval} on eval to {fresh} on fresh prompts (difference {difference}); what"
        " asymmetry the gate shows there ({gate}) is an artifact of so few right answers.",
    ),
    Mode("not attributable", ("no_probe",), "{why}"),
    Mode(
        "capability cliff",
        ("few_right",),
        "Only {right} of {n} fresh answers are right, from {entries_right} entries ({least} are needed; share right"
        " {fresh}, on eval {eval}); what asymmetry the gate shows there ({gate}) is an artifact of so few.",
    ),
    Mode(
        "single output distribution",
        ("healthy", "chance", "delivery_alike"),
        "Base is healthy on fresh prompts (share right {fresh}), the probe's AUC is chance ({auc}, bar {bar}), and"
        " right and wrong are delivered alike (assertion asymmetry {asymmetry}).",
    ),
    Mode(
        "open",
        (),
        "The probe's AUC on fresh prompts is {auc} (bar {bar}), the share right {fresh} (on eval {eval}), assertion"
        " asymmetry {asymmetry}: no rule holds.",
    ),
)


def name_mode(probe: ProbeReport, asymmetry: Estimate | None, analysis: Mapping[str, Any]) -> dict[str, Any]:
    """The mode of one cell, its rule, facts and sentence.

    Args:
        asymmetry: base's assertion asymmetry on fresh prompts, None where delivery was not judged.
    """
    bar, least = analysis["guards"]["probe_auc"], analysis["guards"]["least_class"]
    facts = find(probe, asymmetry, bar, least, analysis["margins"]["asymmetry"])
    number, mode = next(
        (i, row) for i, row in enumerate(TABLE, start=1) if all(facts[name] is True for name in row.needs)
    )
    rates, fresh, step = probe.rates, probe.counts["fresh"], probe.step("h_last", "fresh")
    gate = None if probe.gate.fresh is None else probe.gate.fresh.gate_asymmetry
    figures = {
        "eval": _shown(rates.eval),
        "fresh": _shown(rates.fresh),
        "difference": _shown(rates.difference, signed=True),
        "right": fresh["right"],
        "n": fresh["n"],
        "entries_right": rates.fresh_entries_right,
        "least": least,
        "auc": _shown(None if step is None else step.auc),
        "bar": bar,
        "gate": _shown(gate, signed=True),
        "asymmetry": _shown(asymmetry, signed=True),
        "why": probe.not_attributable or "",
    }
    rule = f"row {number}: {' and '.join(mode.needs) or 'nothing else holds'}"
    return {"mode": mode.name, "rule": rule, "facts": facts, "sentence": mode.says.format(**figures)}


def find(
    probe: ProbeReport, asymmetry: Estimate | None, bar: float, least: int, margin: float
) -> dict[str, bool | None]:
    """Every fact of the table."""
    fresh, rates = probe.counts["fresh"], probe.rates
    wrong = fresh["n"] - fresh["right"]
    few = {
        "right": min(fresh["right"], rates.fresh_entries_right) < least,
        "wrong": min(wrong, rates.fresh_entries_wrong) < least,
    }
    step = probe.step("h_last", "fresh")
    reaches = chance = None
    if step is not None and step.auc.low is not None and step.auc.high is not None and step.auc.estimate is not None:
        reaches = step.auc.low >= bar
        chance = step.auc.low <= 0.5 <= step.auc.high < bar
    before, after = (None if rate is None else rate.estimate for rate in (rates.eval, rates.fresh))
    known = before is not None and after is not None
    lower = known and (after or 0.0) < (before or 0.0)
    return {
        "collapsed": _collapsed(before, after, rates.difference),
        "no_probe": probe.not_attributable is not None,
        "few_right": few["right"] and fresh["right"] < wrong and lower if known else None,
        "reaches": reaches,
        "healthy": not few["right"] and not few["wrong"],
        "chance": chance,
        "delivery_alike": _alike(asymmetry, margin),
    }


def _collapsed(before: float | None, after: float | None, difference: Estimate | None) -> bool | None:
    if before is None or after is None or difference is None or difference.high is None:
        return None
    return after < COLLAPSE * before and difference.high < 0


def _alike(asymmetry: Estimate | None, margin: float) -> bool | None:
    if asymmetry is None or asymmetry.low is None or asymmetry.high is None:
        return None
    return -OF_INTEREST * margin < asymmetry.low and asymmetry.high < OF_INTEREST * margin


def _shown(estimate: Estimate | None, signed: bool = False) -> str:
    return "not defined" if estimate is None else interval(**estimate.model_dump(), signed=signed)
