"""Write the report, after checking that everything it prints was made under the keys that the study now asks for."""

from pathlib import Path

from threearc.provenance.files import read_json, write_json, write_text
from threearc.provenance.job import job
from threearc.provenance.keys import parse_key
from threearc.provenance.stamps import verify
from threearc.records.findings import CellEffects, CellGuards, StudyVerdicts
from threearc.records.jsonl import read_document
from threearc.records.probes import ProbeReport
from threearc.records.reports import HeadsReport
from threearc.reporting.contents import CellContents
from threearc.reporting.ledger import run_under_way, section
from threearc.reporting.render import render, results
from threearc.verdicts.calibration import without_controls
from threearc.verdicts.synthesis import Cell

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    root = Path(settings["results"])
    verify(snakemake.input, parse_key(snakemake.params.key), root / "stamps")
    probes, heads = (
        {Path(path).parent: read_document(path, kind).model_dump(mode="json") for path in paths}
        for paths, kind in ((snakemake.input.probes, ProbeReport), (snakemake.input.heads, HeadsReport))
    )
    # Controls have a section of their own, and stand in no other.
    measured = [
        without_controls(Cell(read_document(effects, CellEffects), read_document(guards, CellGuards).guards))
        for effects, guards in zip(snakemake.input.effects, snakemake.input.guards, strict=True)
    ]
    cells = [
        CellContents(
            folder=Path(effects).parent.relative_to(root).as_posix(),
            found=cell.found,
            guards=cell.guards,
            probe=probes.get(Path(effects).parent),
            heads=heads.get(Path(effects).parent),
        )
        for effects, cell in zip(snakemake.input.effects, measured, strict=True)
    ]
    verdicts = read_document(snakemake.input.verdicts, StudyVerdicts).verdicts
    synthesis = read_json(snakemake.input.synthesis)
    # The ledger is no input of the rule: every run adds to it, so every run would find the report out of date.
    beforehand = section(root, run_under_way(root, settings["analysis"]))
    write_text(snakemake.output.report, render(settings, verdicts, synthesis, cells, beforehand))
    write_json(snakemake.output.results, results(settings, verdicts, synthesis, cells))
