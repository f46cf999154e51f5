"""Ask the untouched student every prompt, and the measured ones again for the A/A arms."""

from pathlib import Path

from threearc.operators.answering import open_interview
from threearc.operators.base import answer_base
from threearc.provenance.job import job
from threearc.records.jsonl import read_records, write_records
from threearc.records.prompts import Prompt

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    train, *measured = (read_records(snakemake.input[split], Prompt) for split in ("train", "eval", "fresh"))
    interview, _ = open_interview(Path(snakemake.input.student).parent, settings)
    prompts = [prompt for split in measured for prompt in split]
    write_records(snakemake.output.responses, answer_base(interview, train, prompts, settings["decode_seeds"]))
