rule write_prompts:
    output:
        prompts=PROMPTS,
    log:
        log_of("write_prompts", "{domain}/{split}"),
    benchmark:
        benchmark_of("write_prompts", "{domain}/{split}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("write_prompts"),
    message:
        "Writing the {wildcards.split} prompts of {wildcards.domain}"
    script:
        "../workflow_scripts/write_prompts.py"
