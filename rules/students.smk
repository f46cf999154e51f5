rule train_student:
    output:
        config=f"{RESULTS}/students/{{domain}}/{{model}}/config.json",
        weights=f"{RESULTS}/students/{{domain}}/{{model}}/model.safetensors",
        generation=f"{RESULTS}/students/{{domain}}/{{model}}/generation_config.json",
        tokenizer=f"{RESULTS}/students/{{domain}}/{{model}}/tokenizer.json",
        tokenizer_config=f"{RESULTS}/students/{{domain}}/{{model}}/tokenizer_config.json",
        template=f"{RESULTS}/students/{{domain}}/{{model}}/chat_template.jinja",
        curve=f"{RESULTS}/students/{{domain}}/{{model}}/training_curve.json",
    log:
        log_of("train_student", "{domain}/{model}"),
    benchmark:
        benchmark_of("train_student", "{domain}/{model}")
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=4000,
    params:
        key=key("train_student"),
    message:
        "Bringing up a tiny {wildcards.model} on {wildcards.domain}"
    script:
        "../workflow_scripts/train_student.py"


rule fetch_student:
    output:
        config=f"{RESULTS}/students/hub/{{model}}/config.json",
        tokenizer=f"{RESULTS}/students/hub/{{model}}/tokenizer.json",
        manifest=f"{RESULTS}/students/hub/{{model}}/files.json",
    log:
        log_of("fetch_student", "{model}"),
    benchmark:
        benchmark_of("fetch_student", "{model}")
    localrule: True
    conda:
        "../envs/compute.yaml"
    params:
        key=key("fetch_student"),
    message:
        "Fetching {wildcards.model} from the Hub"
    script:
        "../workflow_scripts/fetch_student.py"
