rule judge_prompts:
    input:
        train=rules.write_prompts.output.train,
        eval=rules.write_prompts.output.eval,
        fresh=rules.write_prompts.output.fresh,
        benchmark=rules.write_prompts.output.benchmark,
    output:
        certainty=f"{DOMAIN}/judgements/certainty.jsonl",
    log:
        log_of("judge_prompts", "{domain}"),
    benchmark:
        benchmark_of("judge_prompts", "{domain}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("judge_prompts"),
    message:
        "Judging how settled the questions of {wildcards.domain} are"
    script:
        "../workflow_scripts/judge_prompts.py"


rule judge_arm:
    input:
        train=rules.write_prompts.output.train,
        eval=rules.write_prompts.output.eval,
        fresh=rules.write_prompts.output.fresh,
        benchmark=rules.write_prompts.output.benchmark,
        certainty=rules.judge_prompts.output.certainty,
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
