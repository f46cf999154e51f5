"""Compare every arm of a cell with base on every measure, and run the guards."""

from threearc.domains.protocol import load_domain
from threearc.effects.activation import activation_ranks
from threearc.effects.assess import assess_cell
from threearc.effects.contrasts import Plan
from threearc.effects.measures import measures
from threearc.effects.outcomes import join
from threearc.guards.protocol import Evidence
from threearc.guards.run import run_guards
from threearc.judging.arm import certainties
from threearc.judging.harness import self_test
from threearc.judging.oracle import OracleRunner
from threearc.models.features import load_features, load_states
from threearc.operators.reports import unattributable
from threearc.provenance.job import job
from threearc.records.findings import CellGuards
from threearc.records.jsonl import by_id, read_all, read_document, read_records, write_document
from threearc.records.judgements import Judgement
from threearc.records.labels import read_labels
from threearc.records.probes import ProbeReport
from threearc.records.prompts import Prompt
from threearc.records.reports import FiltersReport, HeadsReport
from threearc.records.responses import read_responses
from threearc.records.teaching import Example, Pair

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id(read_all(snakemake.input.prompts, Prompt))
    analysis = settings["analysis"]
    sure = certainties(read_all(snakemake.input.certainty, Judgement))
    outcomes, judges = [], set()
    for answers, file in zip(snakemake.input.responses, snakemake.input.judgements, strict=True):
        judged = read_records(file, Judgement)
        judges |= {judgement.judge for judgement in judged}
        given = read_responses(answers, prompts)
        outcomes += join(given, judged, prompts, sure, analysis["correct_coverage"], file)
    # Each of these lists holds one file, or none where the study has nothing of the kind.
    names = ("heads", "probe", "examples", "pairs", "filters", "validation")
    heads, probe, examples, pairs, filters, labels = (list(snakemake.input.get(name, [])) for name in names)
    heads = read_document(heads[0], HeadsReport) if heads else None
    probe = read_document(probe[0], ProbeReport).model_dump(mode="json") if probe else None
    with OracleRunner(settings["oracle_seconds"], settings["oracle_megabytes"]) as oracle:
        harness = self_test(oracle, list(prompts.values()))
    ranks = {}
    for states, features in zip(snakemake.input.get("states", []), snakemake.input.get("features", []), strict=True):
        ranks |= activation_ranks(load_features(features), load_states(states))
    instrument = load_domain(settings["domain"]).instrument
    plan = Plan(analysis["draws"], analysis["permutations"], analysis["level"], settings["seed"])
    found, base, others = assess_cell(
        settings["domain"],
        settings["model"],
        instrument,
        settings["axes"],
        outcomes,
        settings["budgets"],
        unattributable(heads, probe),
        ranks,
        plan,
    )
    evidence = Evidence(
        domain=settings["domain"],
        model=settings["model"],
        prompts=list(prompts.values()),
        base=base,
        arms=others,
        effects=found.effects,
        recipes=found.recipes,
        examples=[*read_all(examples, Example), *read_all(pairs, Pair)],
        probe=probe,
        heads=heads,
        bars=analysis["guards"],
        margins=settings["margins"],
        measures=measures(instrument, settings["axes"], base.split("eval"), settings["budgets"]),
        plan=plan,
        judges=frozenset(judges),
        verification=read_document(filters[0], FiltersReport).verification if filters else None,
        harness=harness,
        labels=read_labels(labels[0]) if labels else None,
        budgets=settings["budgets"],
        correct_coverage=analysis["correct_coverage"],
    )
    write_document(snakemake.output.effects, found)
    write_document(snakemake.output.guards, CellGuards(guards=tuple(run_guards(evidence, found.measures))))
