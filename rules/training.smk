rule train_sft:
    input:
        student=student,
        student_files=student_files,
        sft=rules.build_data.output.sft,
    output:
        weights=f"{CELL}/adapters/sft/{{recipe}}/{{train_seed}}/adapter_model.safetensors",
        config=f"{CELL}/adapters/sft/{{recipe}}/{{train_seed}}/adapter_config.json",
        curve=f"{CELL}/adapters/sft/{{recipe}}/{{train_seed}}/training_curve.json",
    log:
        log_of("train_sft", "{domain}/{model}/{recipe}/{train_seed}"),
    benchmark:
        benchmark_of("train_sft", "{domain}/{model}/{recipe}/{train_seed}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("train_sft"),
    message:
        "Fine-tuning {wildcards.model} on {wildcards.domain}, recipe {wildcards.recipe}, training seed {wildcards.train_seed}"
    script:
        "../workflow_scripts/train_sft.py"


rule train_dpo:
    input:
        student=student,
        student_files=student_files,
        weights=f"{CELL}/adapters/sft/{MAIN}/{{train_seed}}/adapter_model.safetensors",
        config=f"{CELL}/adapters/sft/{MAIN}/{{train_seed}}/adapter_config.json",
        pairs=rules.build_data.output.pairs,
    output:
        weights=f"{CELL}/adapters/dpo/{MAIN}/{{train_seed}}/adapter_model.safetensors",
        config=f"{CELL}/adapters/dpo/{MAIN}/{{train_seed}}/adapter_config.json",
        curve=f"{CELL}/adapters/dpo/{MAIN}/{{train_seed}}/training_curve.json",
    log:
        log_of("train_dpo", "{domain}/{model}/{train_seed}"),
    benchmark:
        benchmark_of("train_dpo", "{domain}/{model}/{train_seed}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("train_dpo"),
    message:
        "Preference training of {wildcards.model} on {wildcards.domain}, training seed {wildcards.train_seed}"
    script:
        "../workflow_scripts/train_dpo.py"
