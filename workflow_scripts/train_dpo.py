"""Go on from the SFT adapter by preference optimisation."""

from pathlib import Path

from threearc.models.students import load_student
from threearc.operators.dpo import Recipe, train_dpo
from threearc.provenance.job import job
from threearc.records.jsonl import read_records
from threearc.records.teaching import Pair

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    student = load_student(Path(snakemake.input.student).parent, settings["dtype"], settings["reasoning"])
    train_dpo(
        student.model,
        student.tokenizer,
        read_records(snakemake.input.pairs, Pair),
        Recipe(**settings["recipe"]),
        tuple(settings["thinking"]),
        settings["train_seed"],
        Path(snakemake.input.weights).parent,
        Path(snakemake.output.weights).parent,
    )
