rule write_prompts:
    output:
        train=f"{DOMAIN}/prompts/train.jsonl",
        eval=f"{DOMAIN}/prompts/eval.jsonl",
        fresh=f"{DOMAIN}/prompts/fresh.jsonl",
        benchmark=f"{DOMAIN}/prompts/benchmark.jsonl",
    log:
        log_of("write_prompts", "{domain}"),
    benchmark:
        benchmark_of("write_prompts", "{domain}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("write_prompts"),
    message:
        "Writing the prompts of {wildcards.domain}"
    script:
        "../workflow_scripts/write_prompts.py"
