"""Ask the untouched student every measured prompt, and again for the A/A arms."""

from pathlib import Path

from threearc.operators.answering import cached_interview
from threearc.operators.base import answer_base
from threearc.provenance.job import job
from threearc.records.jsonl import read_all, write_records
from threearc.records.prompts import Prompt

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = read_all(snakemake.input.prompts, Prompt)
    student, responses = Path(snakemake.input.student).parent, snakemake.output.responses
    with cached_interview(student, settings, responses) as (interview, _):
        write_records(responses, answer_base(interview, prompts, settings["decode_seeds"]))
