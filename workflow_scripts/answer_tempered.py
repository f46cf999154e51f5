"""Ask the student with chosen heads damped, at every factor, and with control heads."""

from pathlib import Path

from threearc.operators.answering import cached_interview
from threearc.operators.attribution import read_selected
from threearc.operators.tempering import answer_tempered, tempering_conditions
from threearc.provenance.job import job
from threearc.records.jsonl import read_all, write_records
from threearc.records.prompts import Prompt

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = read_all(snakemake.input.prompts, Prompt)
    conditions = tempering_conditions(
        read_selected(snakemake.input.heads), settings["lambdas"], settings["control_lambda"]
    )
    student, responses = Path(snakemake.input.student).parent, snakemake.output.responses
    with cached_interview(student, settings, responses) as (interview, _):
        arms = answer_tempered(interview, conditions, prompts, settings["decode_seeds"])
        write_records(responses, (response for arm in arms for response in arm))
