rule assess_cell:
    input:
        prompts=lambda wildcards: of_split("train", PROMPTS)
        + of_measured(PROMPTS)(wildcards),
        certainty=of_measured(CERTAINTY),
        responses=expand(
            f"{CELL}/responses/{{operator}}.jsonl",
            operator=ANSWERED,
            allow_missing=True,
        ),
        judgements=expand(
            f"{CELL}/judgements/{{operator}}.jsonl",
            operator=ANSWERED,
            allow_missing=True,
        ),
        examples=evidence(rules.build_data.output.sft, "sft", "dpo"),
        pairs=evidence(rules.build_data.output.pairs, "dpo"),
        filters=evidence(rules.build_data.output.filters, "sft", "dpo"),
        states=evidence(rules.answer_adapters.output.states, "sft", "dpo"),
        features=evidence(rules.extract_features.output.features, "sft", "dpo"),
        heads=evidence(rules.rank_heads.output.heads, "tempered"),
        probe=evidence(rules.fit_probe.output.probe, "sidecar"),
        validation=[CONFIG.judging.validation] if CONFIG.judging.validation else [],
    output:
        effects=f"{CELL}/effects.json",
        guards=f"{CELL}/guards.json",
    log:
        log_of("assess_cell", "{domain}/{model}"),
    benchmark:
        benchmark_of("assess_cell", "{domain}/{model}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("assess_cell"),
    message:
        "Comparing the arms of {wildcards.model} in {wildcards.domain}"
    script:
        "../workflow_scripts/assess_cell.py"


rule synthesise:
    input:
        effects=expand(
            rules.assess_cell.output.effects, domain=STUDY.domains, model=STUDY.models
        ),
        guards=expand(
            rules.assess_cell.output.guards, domain=STUDY.domains, model=STUDY.models
        ),
        probes=[
            path
            for pattern in evidence(rules.fit_probe.output.probe, "sidecar")
            for path in expand(pattern, domain=STUDY.domains, model=STUDY.models)
        ],
    output:
        verdicts=f"{RESULTS}/study/verdicts.json",
        synthesis=f"{RESULTS}/study/synthesis.json",
    log:
        log_of("synthesise", "study"),
    benchmark:
        benchmark_of("synthesise", "study")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("synthesise"),
    message:
        "Drawing the verdicts of the study"
    script:
        "../workflow_scripts/synthesise.py"


rule render_report:
    input:
        verdicts=rules.synthesise.output.verdicts,
        synthesis=rules.synthesise.output.synthesis,
        effects=rules.synthesise.input.effects,
        guards=rules.synthesise.input.guards,
        probes=rules.synthesise.input.probes,
        heads=[
            path
            for pattern in evidence(rules.rank_heads.output.heads, "tempered")
            for path in expand(pattern, domain=STUDY.domains, model=STUDY.models)
        ],
    output:
        report=f"{RESULTS}/report.html",
        results=f"{RESULTS}/results.json",
    log:
        log_of("render_report", "study"),
    benchmark:
        benchmark_of("render_report", "study")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("render_report"),
    message:
        "Writing the report"
    script:
        "../workflow_scripts/render_report.py"
