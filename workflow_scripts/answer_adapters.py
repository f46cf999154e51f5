"""Ask the student with each of its adapters merged in."""

from pathlib import Path

from threearc.operators.answering import open_interview
from threearc.operators.sft import OPERATOR, adapter_condition, apply_adapter
from threearc.provenance.job import job
from threearc.provenance.keys import library_versions
from threearc.records.jsonl import read_records, write_records
from threearc.records.prompts import Prompt

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = [p for split in ("eval", "fresh") for p in read_records(snakemake.input[split], Prompt)]
    responses = []
    for adapter, train_seed in zip(snakemake.input.adapters, settings["train_seeds"], strict=True):
        folder = Path(adapter).parent
        interview, student = open_interview(Path(snakemake.input.student).parent, settings)
        interview.engine.model = apply_adapter(student.model, folder)
        condition = adapter_condition(folder, OPERATOR, train_seed)
        setup = interview.setup(condition, train_seed, library_versions(("peft",)))
        responses += interview.ask(prompts, setup, settings["decode_seeds"])
    write_records(snakemake.output.responses, responses)
