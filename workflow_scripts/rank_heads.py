"""Rank attention heads by how much louder they are in confidently wrong answers, and choose heads and controls."""

from threearc.judging.correctness import correctness, deliveries
from threearc.models.features import load_features
from threearc.operators.attribution import as_json, humble_cohorts, rank_heads, select_heads
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_records, write_document
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.reports import HeadsReport
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id(read_records(snakemake.input.eval, Prompt))
    judgements = read_records(snakemake.input.judgements, Judgement)
    responses = [
        r
        for r in read_records(snakemake.input.responses, Response)
        if r.prompt_id in prompts and r.setup.condition.role == "base"
    ]
    right, asserting = correctness(judgements, settings["correct_coverage"]), deliveries(judgements)
    wrong_cohort, right_cohort = humble_cohorts([r.id for r in responses], right, asserting)
    ranking = rank_heads(load_features(snakemake.input.features), wrong_cohort, right_cohort)
    heads = select_heads(ranking, settings["heads"], settings["controls"], settings["seed"])
    found = as_json(ranking, heads, settings["least_cohort"], settings["disposition"])
    write_document(snakemake.output.heads, HeadsReport.of(found))
