rule answer_train:
    input:
        student=student,
        student_files=student_files,
        prompts=of_split("train", PROMPTS),
    output:
        responses=f"{CELL}/responses/train.jsonl",
    log:
        log_of("answer_train", "{domain}/{model}"),
    benchmark:
        benchmark_of("answer_train", "{domain}/{model}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("answer_train"),
    message:
        "{wildcards.model} answers the training prompts of {wildcards.domain}"
    script:
        "../workflow_scripts/answer_train.py"


rule answer_base:
    input:
        student=student,
        student_files=student_files,
        prompts=of_measured(PROMPTS),
    output:
        responses=f"{CELL}/responses/base.jsonl",
    log:
        log_of("answer_base", "{domain}/{model}"),
    benchmark:
        benchmark_of("answer_base", "{domain}/{model}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("answer_base"),
    message:
        "{wildcards.model} answers every prompt of {wildcards.domain}"
    script:
        "../workflow_scripts/answer_base.py"


rule answer_adapters:
    input:
        student=student,
        student_files=student_files,
        adapters=adapters,
        adapter_configs=adapter_configs,
        prompts=of_measured(PROMPTS),
        base=rules.answer_base.output.responses,
    output:
        responses=f"{CELL}/responses/adapters.jsonl",
        states=f"{CELL}/features/adapters.npz",
    log:
        log_of("answer_adapters", "{domain}/{model}"),
    benchmark:
        benchmark_of("answer_adapters", "{domain}/{model}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("answer_adapters"),
    message:
        "Fine-tuned {wildcards.model} answers in {wildcards.domain}"
    script:
        "../workflow_scripts/answer_adapters.py"


rule answer_tempered:
    input:
        student=student,
        student_files=student_files,
        heads=f"{CELL}/heads.json",
        prompts=of_measured(PROMPTS),
    output:
        responses=f"{CELL}/responses/tempered.jsonl",
    log:
        log_of("answer_tempered", "{domain}/{model}"),
    benchmark:
        benchmark_of("answer_tempered", "{domain}/{model}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("answer_tempered"),
    message:
        "Tempered {wildcards.model} answers in {wildcards.domain}"
    script:
        "../workflow_scripts/answer_tempered.py"


rule answer_sidecar:
    input:
        probe=f"{CELL}/probe.json",
        responses=rules.answer_base.output.responses,
    output:
        responses=f"{CELL}/responses/sidecar.jsonl",
    log:
        log_of("answer_sidecar", "{domain}/{model}"),
    benchmark:
        benchmark_of("answer_sidecar", "{domain}/{model}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("answer_sidecar"),
    message:
        "The sidecar gates the answers of {wildcards.model} in {wildcards.domain}"
    script:
        "../workflow_scripts/answer_sidecar.py"


rule answer_controls:
    input:
        prompts=expand(PROMPTS, split=["eval", "fresh"], allow_missing=True),
        tokenizer=tokenizer,
        responses=rules.answer_base.output.responses,
        judgements=f"{CELL}/judgements/base.jsonl",
    output:
        responses=f"{CELL}/responses/controls.jsonl",
    log:
        log_of("answer_controls", "{domain}/{model}"),
    benchmark:
        benchmark_of("answer_controls", "{domain}/{model}")
    conda:
        "../envs/analysis.yaml"
    params:
        key=key("answer_controls"),
    message:
        "Answers of known truth are made of those of {wildcards.model} in {wildcards.domain}"
    script:
        "../workflow_scripts/answer_controls.py"


# Where the responses of each operator lie; the sidecar's second answer would be base's own.
FILES = {"sft": "adapters", "dpo": "adapters", "tempered": "tempered"}
GENERATING = list(
    dict.fromkeys(["base", *(FILES[o] for o in STUDY.operators if o in FILES)])
)
DERIVED = [operator for operator in STUDY.operators if operator == "sidecar"]
CONTROLS = ["controls"] if CONFIG.controls.enabled else []
ANSWERED = [*GENERATING, *DERIVED, *CONTROLS, "recovery"]


rule answer_recovery:
    input:
        student=student,
        student_files=student_files,
        adapters=adapters,
        adapter_configs=adapter_configs,
        prompts=of_measured(PROMPTS),
        responses=expand(
            f"{CELL}/responses/{{operator}}.jsonl",
            operator=GENERATING,
            allow_missing=True,
        ),
        judgements=expand(
            f"{CELL}/judgements/{{operator}}.jsonl",
            operator=GENERATING,
            allow_missing=True,
        ),
    output:
        responses=f"{CELL}/responses/recovery.jsonl",
    log:
        log_of("answer_recovery", "{domain}/{model}"),
    benchmark:
        benchmark_of("answer_recovery", "{domain}/{model}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("answer_recovery"),
    message:
        "{wildcards.model} is told what it got wrong in {wildcards.domain}, and asked again"
    script:
        "../workflow_scripts/answer_recovery.py"
