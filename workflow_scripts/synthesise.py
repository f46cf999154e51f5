"""Draw the verdicts of all cells as one family, pool them, hold probes against bars and controls against truth."""

from pathlib import Path

from threearc.provenance.files import write_json
from threearc.provenance.job import job
from threearc.records.findings import CellEffects, CellGuards, StudyVerdicts
from threearc.records.jsonl import read_document, write_document
from threearc.records.probes import ProbeReport
from threearc.verdicts.across import across
from threearc.verdicts.calibration import calibration, control_verdicts, without_controls
from threearc.verdicts.second_base import ProbedCell, sidecar_synthesis
from threearc.verdicts.synthesis import Cell, summarise, verdicts

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    found = {Path(path).parent: read_document(path, CellEffects) for path in snakemake.input.effects}
    cells = [
        Cell(effects, read_document(guards, CellGuards).guards)
        for effects, guards in zip(found.values(), snakemake.input.guards, strict=True)
    ]
    probed = [ProbedCell(found[Path(path).parent], read_document(path, ProbeReport)) for path in snakemake.input.probes]
    students = [without_controls(cell) for cell in cells]
    drawn, controls = verdicts(students, settings["analysis"]), control_verdicts(cells, settings["analysis"])
    sidecar = sidecar_synthesis(probed, settings["analysis"], settings["seed"])
    write_document(snakemake.output.verdicts, StudyVerdicts(verdicts=tuple(drawn), controls=tuple(controls)))
    together = across(students, settings["analysis"])
    more = {"across": together, "sidecar": sidecar, "calibration": calibration(cells, controls)}
    write_json(snakemake.output.synthesis, summarise(students, drawn) | more)
