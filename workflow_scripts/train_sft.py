"""Train a LoRA adapter on the supervised examples."""

from pathlib import Path

from threearc.models.students import load_student
from threearc.operators.sft import Recipe, train_sft
from threearc.provenance.job import job
from threearc.records.jsonl import read_records
from threearc.records.teaching import Example

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    student = load_student(Path(snakemake.input.student).parent, settings["dtype"], settings["reasoning"])
    train_sft(
        student.model,
        student.tokenizer,
        read_records(snakemake.input.sft, Example),
        Recipe(**settings["recipe"]),
        tuple(settings["thinking"]),
        settings["train_seed"],
        Path(snakemake.output.weights).parent,
    )
