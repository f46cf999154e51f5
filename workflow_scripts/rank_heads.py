"""Rank attention heads by how they tell answers without a disposition from answers with it; choose heads, controls."""

from threearc.domains.protocol import load_domain
from threearc.judging.correctness import axis_scores, correctness, deliveries
from threearc.models.features import load_features
from threearc.operators.attribution import Asked, attribute
from threearc.operators.cohorts import all_cohorts
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_all, read_records, write_document
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.reports import HeadsReport
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id(read_all(snakemake.input.prompts, Prompt))
    judgements = list(read_records(snakemake.input.judgements, Judgement))
    responses = [
        r
        for r in read_records(snakemake.input.responses, Response)
        if r.prompt_id in prompts and r.setup.condition.role == "base"
    ]
    features = load_features(snakemake.input.features, [r.id for r in responses])
    every = all_cohorts(
        features.finished_of([r.id for r in responses]),
        correctness(judgements, settings["correct_coverage"]),
        deliveries(judgements),
        axis_scores(judgements),
        load_domain(settings["domain"]).instrument,
    )
    entries = {r.id: prompts[r.prompt_id].entry for r in responses}
    asked = Asked(
        settings["dispositions"],
        settings["attribution"],
        settings["heads"],
        settings["controls"],
        settings["least_cohort"],
        settings["permutations"],
        settings["seed"],
    )
    write_document(snakemake.output.heads, HeadsReport.of(attribute(features, every, entries, asked)))
