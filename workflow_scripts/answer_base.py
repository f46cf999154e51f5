"""Ask the untouched student every prompt, and the measured ones again for the A/A arms."""

from pathlib import Path

from threearc.operators.answering import open_interview
from threearc.operators.base import answer_base
from threearc.provenance.job import job
from threearc.records.jsonl import read_records, write_records
from threearc.records.prompts import MEASURED, Prompt

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    train = read_records(snakemake.input.train, Prompt)
    measured = [p for split in MEASURED for p in read_records(snakemake.input[split], Prompt)]
    interview, _ = open_interview(Path(snakemake.input.student).parent, settings)
    write_records(snakemake.output.responses, answer_base(interview, train, measured, settings["decode_seeds"]))
