"""Judge the certainty of every prompt, seen without any response."""

from threearc.judging.arm import judge_prompts
from threearc.judging.rules import opened_judge
from threearc.provenance.job import job
from threearc.records.jsonl import read_records, write_records
from threearc.records.prompts import Prompt

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = read_records(snakemake.input.prompts, Prompt)
    with opened_judge(settings) as judge:
        write_records(snakemake.output.certainty, judge_prompts(judge, prompts))
