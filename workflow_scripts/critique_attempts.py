"""Have the teacher criticise and correct the student's own failures on training prompts (T2)."""

from threearc.domains.protocol import load_domain
from threearc.judging.correctness import failures
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_all, read_records, write_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import Response
from threearc.teachers.scripted import open_classroom

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id(read_all(snakemake.input.prompts, Prompt))
    attempts = [r for r in read_records(snakemake.input.responses, Response) if r.prompt_id in prompts]
    failed = failures(attempts, read_records(snakemake.input.judgements, Judgement), settings["correct_coverage"])
    classroom = open_classroom(load_domain(settings["domain"]), settings["backend"])
    critiques = classroom.criticise([(attempt, prompts[attempt.prompt_id]) for attempt in failed])
    write_records(snakemake.output.critiques, critiques)
