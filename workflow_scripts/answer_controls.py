"""Make arms of known truth out of base's answers. No model runs."""

from threearc.judging.correctness import correctness
from threearc.models.tokens import TokenReader
from threearc.operators.controls import answer_controls, material
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_all, read_records, write_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    marks = tuple(settings["thinking"])
    base = material(
        read_records(snakemake.input.responses, Response),
        by_id(read_all(snakemake.input.prompts, Prompt)),
        correctness(read_records(snakemake.input.judgements, Judgement), settings["correct_coverage"]),
        settings["hedge"],
        TokenReader(snakemake.input.tokenizer, marks),
        marks,
    )
    write_records(snakemake.output.responses, answer_controls(base, settings["doses"], settings["seed"]))
