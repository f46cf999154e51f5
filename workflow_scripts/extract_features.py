"""Read every measured answer of the base arm once and keep the student's features."""

from pathlib import Path

from threearc.models.features import extract_features, save_features
from threearc.models.readings import readings_of
from threearc.models.students import load_student
from threearc.provenance.job import job
from threearc.records.jsonl import read_all, read_records
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    student = load_student(Path(snakemake.input.student).parent, settings["dtype"], settings["reasoning"])
    measured = {p.id for p in read_all(snakemake.input.prompts, Prompt)}
    answers = [r for r in read_records(snakemake.input.responses, Response) if r.prompt_id in measured]
    responses = [r for r in answers if r.setup.condition.role == "base"]
    features = extract_features(
        student.model,
        readings_of(responses, student.tokenizer),
        last_tokens=settings["last_tokens"],
        batch_size=settings["batch_size"],
        length_step=settings["length_step"],
        pad=student.tokenizer.pad_token_id,
    )
    save_features(snakemake.output.features, features)
