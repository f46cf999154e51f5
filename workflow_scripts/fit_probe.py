"""Fit probes on eval answers and assess them, their baselines and their control labels."""

from threearc.judging.correctness import axis_scores, correctness
from threearc.models.features import load_features
from threearc.operators.probing.answers import gather
from threearc.operators.probing.crossvalidation import Fitting
from threearc.operators.probing.judges import readings
from threearc.operators.probing.report import fit_probe
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_all, read_records, write_document
from threearc.records.judgements import Judgement
from threearc.records.probes import ProbeReport
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id(read_all(snakemake.input.prompts, Prompt))
    responses = [
        r
        for r in read_records(snakemake.input.responses, Response)
        if r.prompt_id in prompts and r.setup.condition.role == "base"
    ]
    judgements = read_records(snakemake.input.judgements, Judgement)
    right, scores = correctness(judgements, settings["correct_coverage"]), axis_scores(judgements)
    features = load_features(snakemake.input.features, [r.id for r in responses])
    answers = gather(responses, prompts, right, scores, settings["axes"], features)
    fitting = Fitting(
        regularisations=tuple(settings["regularisations"]),
        **{name: settings[name] for name in ("folds", "repeats", "control_draws", "seed", "draws", "level")},
    )
    probe = fit_probe(answers, fitting, settings["keep_right"], settings["least_class"], readings(judgements))
    write_document(snakemake.output.probe, ProbeReport.of(probe))
