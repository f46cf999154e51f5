rule extract_features:
    input:
        student=student,
        student_files=student_files,
        prompts=of_measured(PROMPTS),
        responses=rules.answer_base.output.responses,
    output:
        features=f"{CELL}/features/base.npz",
    log:
        log_of("extract_features", "{domain}/{model}"),
    benchmark:
        benchmark_of("extract_features", "{domain}/{model}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("extract_features"),
    message:
        "{wildcards.model} reads its own answers in {wildcards.domain}"
    script:
        "../workflow_scripts/extract_features.py"


rule rank_heads:
    input:
        prompts=of_split("eval", PROMPTS),
        responses=rules.answer_base.output.responses,
        judgements=f"{CELL}/judgements/base.jsonl",
        features=rules.extract_features.output.features,
    output:
        heads=f"{CELL}/heads.json",
    log:
        log_of("rank_heads", "{domain}/{model}"),
    benchmark:
        benchmark_of("rank_heads", "{domain}/{model}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("rank_heads"),
    message:
        "Ranking the attention heads of {wildcards.model} in {wildcards.domain}"
    script:
        "../workflow_scripts/rank_heads.py"


rule fit_probe:
    input:
        prompts=of_measured(PROMPTS),
        responses=rules.answer_base.output.responses,
        judgements=f"{CELL}/judgements/base.jsonl",
        features=rules.extract_features.output.features,
    output:
        probe=f"{CELL}/probe.json",
    log:
        log_of("fit_probe", "{domain}/{model}"),
    benchmark:
        benchmark_of("fit_probe", "{domain}/{model}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("fit_probe"),
    message:
        "Fitting a probe on {wildcards.model} in {wildcards.domain}"
    script:
        "../workflow_scripts/fit_probe.py"
