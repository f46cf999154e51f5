"""Draw the verdicts of all cells as one family, and sum up the guards."""

from threearc.provenance.files import write_json
from threearc.provenance.job import job
from threearc.records.findings import CellEffects, CellGuards, StudyVerdicts
from threearc.records.jsonl import read_document, write_document
from threearc.verdicts.synthesis import Cell, summarise, verdicts

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    cells = [
        Cell(read_document(effects, CellEffects), read_document(guards, CellGuards).guards)
        for effects, guards in zip(snakemake.input.effects, snakemake.input.guards, strict=True)
    ]
    drawn = verdicts(cells, settings["analysis"])
    write_document(snakemake.output.verdicts, StudyVerdicts(verdicts=tuple(drawn)))
    write_json(snakemake.output.synthesis, summarise(cells, drawn))
