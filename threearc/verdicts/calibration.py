"""The engine held against arms whose truth is known: each gets the verdict that a treatment like it would get."""

from collections.abc import Mapping, Sequence
from typing import Any

from threearc.records.findings import Effect, Verdict
from threearc.records.responses import Role
from threearc.verdicts.synthesis import Cell, verdicts

ROLE: Role = "calibration"


def without_controls(cell: Cell) -> Cell:
    """What a cell found on its students, without the arms of known truth."""
    return _without(cell, cell.found.of_role(ROLE))


def control_verdicts(cells: Sequence[Cell], analysis: Mapping[str, Any]) -> list[Verdict]:
    """A verdict for every arm of known truth and every disposition.

    Each is drawn as if its arm were one more treatment of the study: the same rules, and the same correction for
    multiplicity over the study's tests and its own. No treatment's verdict knows of it.
    """
    plain = [without_controls(cell) for cell in cells]
    drawn: list[Verdict] = []
    for i, cell in enumerate(cells):
        others = plain[:i] + plain[i + 1 :]
        for arm in cell.found.of_role(ROLE):
            one_more = verdicts([_with_treatment(cell, arm)], analysis, beside=others)
            drawn += [verdict for verdict in one_more if verdict.condition == arm]
    return drawn


def _with_treatment(cell: Cell, arm: str) -> Cell:
    """The cell without its arms of known truth but one, which passes for a treatment; its effects keep their ids.

    Benchmarks are left out: arms of known truth do not answer them, and what nobody asked of an arm it cannot lack.
    """
    one = _without(cell, [condition for condition in cell.found.of_role(ROLE) if condition != arm])
    effects = tuple(
        _as_treatment(e) if e.contrast.arm_condition == arm else e
        for e in one.found.effects
        if e.contrast.split != "benchmark"
    )
    recipes = tuple(e for e in one.found.recipes if e.contrast.split != "benchmark")
    return Cell(one.found.model_copy(update={"effects": effects, "recipes": recipes}), one.guards)


def _without(cell: Cell, arms: Sequence[str]) -> Cell:
    return Cell(cell.found.without(arms), [guard for guard in cell.guards if guard.condition not in arms])


def _as_treatment(effect: Effect) -> Effect:
    return effect.model_copy(update={"contrast": effect.contrast.model_copy(update={"role": "treatment"})})


def calibration(cells: Sequence[Cell], drawn: Sequence[Verdict]) -> dict[str, Any]:
    """The word that each control deserves and the one that it got, cell by cell, and how often they agree.

    Args:
        drawn: the controls' verdicts.
    """
    said = {(verdict.condition, verdict.disposition): verdict for verdict in drawn}
    rows: list[dict[str, Any]] = []
    for cell in cells:
        for arm in (arm for arm in cell.found.arms if arm.role == ROLE):
            truth, about = arm.settings["truth"], str(arm.settings["disposition"])
            verdict = said.get((arm.condition_id, about))
            if verdict is not None:
                rows.append(
                    {
                        "domain": cell.found.domain,
                        "model": cell.found.model,
                        "control": arm.variant,
                        "dose": arm.dose,
                        "disposition": about,
                        "truth": truth,
                        "word": verdict.word,
                        "verdict": verdict.id,
                    }
                )
    doses = sorted({row["dose"] for row in rows})
    return {"doses": doses, "rows": rows, "controls": _by_control(rows, doses)}


def _by_control(rows: Sequence[dict[str, Any]], doses: Sequence[float]) -> list[dict[str, Any]]:
    found = []
    for control in dict.fromkeys(row["control"] for row in rows):
        own = [row for row in rows if row["control"] == control]
        at = [[row["word"] in row["truth"] for row in own if row["dose"] == dose] for dose in doses]
        counts = [{"dose": d, "agree": sum(agrees), "cells": len(agrees)} for d, agrees in zip(doses, at, strict=True)]
        found.append({"control": control, **{key: own[0][key] for key in ("disposition", "truth")}, "doses": counts})
    return found
