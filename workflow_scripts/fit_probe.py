"""Fit the probe on eval answers, assess it and its baselines by CV, grouped CV and on fresh prompts."""

from threearc.judging.correctness import correctness
from threearc.models.features import load_features
from threearc.operators.probing import Fitting, fit_probe, labelled
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_records, write_document
from threearc.records.judgements import Judgement
from threearc.records.prompts import MEASURED, Prompt
from threearc.records.reports import ProbeReport
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id([p for split in MEASURED for p in read_records(snakemake.input[split], Prompt)])
    responses = [
        r
        for r in read_records(snakemake.input.responses, Response)
        if r.prompt_id in prompts and r.setup.condition.role == "base"
    ]
    right = correctness(read_records(snakemake.input.judgements, Judgement), settings["correct_coverage"])
    data = labelled(responses, prompts, right, load_features(snakemake.input.features))
    fitting = Fitting(
        settings["regularisation"], settings["folds"], settings["seed"], settings["draws"], settings["level"]
    )
    probe = fit_probe(data, fitting, settings["keep_right"], settings["least_class"])
    write_document(snakemake.output.probe, ProbeReport.of(probe))
