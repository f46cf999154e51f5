rule judge_prompts:
    input:
        prompts=PROMPTS,
    output:
        certainty=CERTAINTY,
    log:
        log_of("judge_prompts", "{domain}/{split}"),
    benchmark:
        benchmark_of("judge_prompts", "{domain}/{split}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("judge_prompts"),
    message:
        "Judging how settled the {wildcards.split} questions of {wildcards.domain} are"
    script:
        "../workflow_scripts/judge_prompts.py"


rule judge_arm:
    input:
        prompts=of_asked(PROMPTS),
        certainty=of_asked(CERTAINTY),
        tokenizer=tokenizer,
        responses=f"{CELL}/responses/{{operator}}.jsonl",
    output:
        judgements=f"{CELL}/judgements/{{operator}}.jsonl",
    log:
        log_of("judge_arm", "{domain}/{model}/{operator}"),
    benchmark:
        benchmark_of("judge_arm", "{domain}/{model}/{operator}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("judge_arm"),
    message:
        "Judging the answers in {wildcards.operator}.jsonl of {wildcards.model} in {wildcards.domain}"
    script:
        "../workflow_scripts/judge_arm.py"
