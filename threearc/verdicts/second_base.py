"""The sidecar's fifth step: does another base model do what this one does, and does it need this one's state at all?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from threearc.records.findings import CellEffects
from threearc.records.probes import Estimate, ProbeReport
from threearc.statistics.auc import auc_difference, auc_interval
from threearc.statistics.clusters import as_json
from threearc.verdicts.bars import STEPS, axis_rows, bars_of, step_rows
from threearc.verdicts.modes import name_mode


@dataclass(frozen=True)
class ProbedCell:
    """A cell's effects.json and probe.json."""

    found: CellEffects
    probe: ProbeReport

    @property
    def names(self) -> dict[str, str]:
        """Domain and model."""
        return {"domain": self.found.domain, "model": self.found.model}

    def asymmetry(self, split: str) -> Estimate | None:
        """Base's assertion asymmetry on a split."""
        tables: Any = next((arm.tables for arm in self.found.arms if arm.role == "base"), {})
        return Estimate(**tables[split]["rates"]["assertion_asymmetry"]) if split in tables else None


def sidecar_synthesis(cells: Sequence[ProbedCell], analysis: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What all cells' probes say together: steps, axes, failure modes, and the second base of each domain."""
    bars = bars_of(analysis)
    steps = [{**cell.names, **row} for cell in cells for row in step_rows(cell.probe, bars)]
    by_domain: dict[str, list[ProbedCell]] = {}
    for cell in cells:
        by_domain.setdefault(cell.found.domain, []).append(cell)
    return {
        "steps": steps,
        "axes": [{**cell.names, **row} for cell in cells for row in axis_rows(cell.probe, bars)],
        "modes": [{**cell.names, **name_mode(cell.probe, cell.asymmetry("fresh"), analysis)} for cell in cells],
        "judge_gaps": [{**cell.names, **row.model_dump()} for cell in cells for row in cell.probe.judge_gaps],
        "second_base": second_base(steps),
        "cross_model": [
            row for own in by_domain.values() for row in cross_model(own, bars["cross_model"], analysis, seed)
        ],
    }


def second_base(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By domain and step, what each model's outcome is and how many pass."""
    rows = []
    for domain in dict.fromkeys(step["domain"] for step in steps):
        for number in (step.number for step in STEPS):
            own = [step for step in steps if (step["domain"], step["step"]) == (domain, number)]
            counts = Counter(step["outcome"] for step in own)
            told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()) if outcome != "pass")
            rows.append(
                {
                    "domain": domain,
                    "step": number,
                    "outcomes": {step["model"]: step["outcome"] for step in own},
                    "as_reported": {step["model"]: step["as_reported"] for step in own},
                    "passed": counts["pass"],
                    "models": len(own),
                    "sentence": f"Step {number} passes in {counts['pass']} of {len(own)} models"
                    + (f" ({told})." if told else "."),
                }
            )
    return rows


def cross_model(
    cells: Sequence[ProbedCell], margin: float, analysis: Mapping[str, Any], seed: int
) -> list[dict[str, Any]]:
    """For every ordered pair of models, what the first one's probe tells of the second one's correctness.

    A score of another model's answer to the same prompt cannot know this model's state. Where it does as well as the
    own score, what both read is the prompt. Scores are means over a prompt's answers, the own ones too.

    Args:
        margin: how far another model's AUC may fall short and still count as as good.
    """
    known = [cell for cell in cells if cell.probe.prompts]
    return [_crossed(reader, owner, margin, analysis, seed) for reader, owner in permutations(known, 2)]


def _crossed(
    reader: ProbedCell, owner: ProbedCell, margin: float, analysis: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    theirs, own = (
        {row.prompt_id: row for row in cell.probe.prompts if row.split == "fresh"} for cell in (reader, owner)
    )
    rows = [own[prompt] for prompt in sorted(own) if prompt in theirs]
    scores, foreign, labels, entries = [], [], [], []
    for row in rows:
        scores += [row.score] * row.n
        foreign += [theirs[row.prompt_id].score] * row.n
        labels += [True] * row.right + [False] * (row.n - row.right)
        entries += [row.entry] * row.n
    right, plan = np.array(labels, dtype=bool), (analysis["draws"], analysis["level"], seed)
    by_own, by_other = np.array(scores, dtype=float), np.array(foreign, dtype=float)
    found = {
        "own": as_json(auc_interval(by_own, right, entries, *plan)),
        "auc": as_json(auc_interval(by_other, right, entries, *plan)),
        "difference": as_json(auc_difference(by_other, by_own, right, entries, *plan)),
    }
    return {
        "domain": owner.found.domain,
        "probe_of": reader.found.model,
        "answers_of": owner.found.model,
        "prompts": len(rows),
        **found,
        "reads": reads(found["own"], found["auc"], found["difference"], margin),
    }


def reads(
    own: Mapping[str, float | None],
    auc: Mapping[str, float | None],
    difference: Mapping[str, float | None],
    margin: float,
) -> str:
    """What the own probe reads: "prompt", "state", or "open" where these answers cannot tell.

    Args:
        own: AUC of the own probe; ``auc``: of another model's; ``difference``: that less the own one.
    """
    if own["low"] is None or auc["low"] is None or difference["low"] is None or difference["high"] is None:
        return "open"
    if own["low"] > 0.5 and difference["high"] < 0:
        return "state"
    return "prompt" if auc["low"] > 0.5 and difference["low"] > -margin else "open"
