"""Controls in the small study: given verdicts by its own rules, and of no weight for its operators."""

import html
import json

from threearc.records.findings import CellEffects, StudyVerdicts
from threearc.records.jsonl import read_document

CELLS = ("chef/qwen3-0.6b", "chef/gemma-4-e2b")


def test_no_control_moves_cleanly_but_the_oracle(study):
    """Twelve entries settle little: what must hold is that nothing false is claimed of any."""
    drawn = read_document(study / "results/study/verdicts.json", StudyVerdicts)
    assert {(v.domain, v.model) for v in drawn.controls} == {tuple(cell.split("/")) for cell in CELLS}
    # One decode seed: nobody could tell luck.
    assert {v.variant for v in drawn.controls} == {"oracle", "mimic", "eraser", "clipper", "null"}
    assert {v.variant for v in drawn.controls if v.word == "moves cleanly"} <= {"oracle"}
    cut = [v.word for v in drawn.controls if v.variant == "clipper" and v.dose == max(w.dose for w in drawn.controls)]
    assert cut and {*cut} == {"not assessable"}
    calibration = json.loads((study / "results/study/synthesis.json").read_text())["calibration"]
    assert len(calibration["rows"]) == len(CELLS) * 5 * len(calibration["doses"])
    for row in calibration["rows"]:
        print(f"\n{row['model']}: {row['control']} {row['dose']:g}, {' or '.join(row['truth'])}: {row['word']}", end="")


def test_controls_stand_in_a_section_of_their_own_and_weigh_nothing_elsewhere(study):
    root = study / "results"
    drawn = read_document(root / "study/verdicts.json", StudyVerdicts)
    assert {v.operator for v in drawn.controls} == {"controls"} and "controls" not in {
        v.operator for v in drawn.verdicts
    }
    synthesis = json.loads((root / "study/synthesis.json").read_text())
    assert sum(synthesis["words"].values()) == len(drawn.verdicts)
    families = [0, 0]
    for cell in CELLS:
        found = read_document(root / cell / "effects.json", CellEffects)
        claimed = [e for e in found.effects if e.contrast.role == "treatment" and e.p is not None and e.moved]
        families[0] += sum(e.disposition is not None and e.contrast.split == "eval" for e in claimed)
        families[1] += sum(e.disposition is None for e in claimed)
        assert len(found.of_role("calibration")) == 15
    assert synthesis["family"] <= families[0] and synthesis["damage_family"] <= families[1]
    text = html.unescape((root / "report.html").read_text())
    assert "controls with known truth" in text
    results = json.loads((root / "results.json").read_text())
    ours = {v.condition for v in drawn.controls}
    assert not ours & {row["condition"] for cell in results["cells"] for row in cell["guards"]}
    assert not ours & {arm["condition_id"] for cell in results["cells"] for arm in cell["arms"]}
