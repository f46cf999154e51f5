rule train_sft:
    input:
        student=student,
        student_files=student_files,
        sft=rules.build_data.output.sft,
    output:
        weights=f"{CELL}/adapters/sft/{{train_seed}}/adapter_model.safetensors",
        config=f"{CELL}/adapters/sft/{{train_seed}}/adapter_config.json",
        curve=f"{CELL}/adapters/sft/{{train_seed}}/training_curve.json",
    log:
        log_of("train_sft", "{domain}/{model}/{train_seed}"),
    benchmark:
        benchmark_of("train_sft", "{domain}/{model}/{train_seed}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("train_sft"),
    message:
        "Fine-tuning {wildcards.model} on {wildcards.domain}, training seed {wildcards.train_seed}"
    script:
        "../workflow_scripts/train_sft.py"
