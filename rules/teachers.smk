rule ask_teacher:
    input:
        prompts=of_split("train", PROMPTS),
    output:
        eager=f"{DOMAIN}/teacher/eager.jsonl",
        deliberate=f"{DOMAIN}/teacher/deliberate.jsonl",
        adversarial=f"{DOMAIN}/teacher/adversarial.jsonl",
        gold=f"{DOMAIN}/teacher/gold.jsonl",
        boundary=f"{DOMAIN}/teacher/boundary.jsonl",
    log:
        log_of("ask_teacher", "{domain}"),
    benchmark:
        benchmark_of("ask_teacher", "{domain}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("ask_teacher"),
    message:
        "Asking the teachers about the training prompts of {wildcards.domain}"
    script:
        "../workflow_scripts/ask_teacher.py"


rule critique_attempts:
    input:
        prompts=of_split("train", PROMPTS),
        responses=f"{CELL}/responses/train.jsonl",
        judgements=f"{CELL}/judgements/train.jsonl",
    output:
        critiques=f"{CELL}/teacher/critiques.jsonl",
    log:
        log_of("critique_attempts", "{domain}/{model}"),
    benchmark:
        benchmark_of("critique_attempts", "{domain}/{model}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("critique_attempts"),
    message:
        "Criticising what {wildcards.model} got wrong in {wildcards.domain}"
    script:
        "../workflow_scripts/critique_attempts.py"


rule build_data:
    input:
        prompts=of_split("train", PROMPTS),
        gold=rules.ask_teacher.output.gold,
        adversarial=rules.ask_teacher.output.adversarial,
        boundary=rules.ask_teacher.output.boundary,
        critiques=rules.critique_attempts.output.critiques,
        responses=f"{CELL}/responses/train.jsonl",
    output:
        sft=f"{CELL}/data/sft.jsonl",
        pairs=f"{CELL}/data/pairs.jsonl",
        filters=f"{CELL}/data/filters.json",
    log:
        log_of("build_data", "{domain}/{model}"),
    benchmark:
        benchmark_of("build_data", "{domain}/{model}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("build_data"),
    message:
        "Building the training sets of {wildcards.model} in {wildcards.domain}"
    script:
        "../workflow_scripts/build_data.py"
