"""Ask the untouched student every measured prompt, and again for the A/A arms."""

from pathlib import Path

from threearc.operators.answering import open_interview
from threearc.operators.base import answer_base
from threearc.provenance.job import job
from threearc.records.jsonl import read_records, write_records
from threearc.records.prompts import Prompt

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = [p for path in snakemake.input.prompts for p in read_records(path, Prompt)]
    interview, _ = open_interview(Path(snakemake.input.student).parent, settings)
    write_records(snakemake.output.responses, answer_base(interview, prompts, settings["decode_seeds"]))
