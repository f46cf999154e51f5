# Disposition studies of small language models: from teacher to verdict, over models x domains x operators.
# `snakemake --cores` runs the study of config.yaml; `--configfile config/demo.yaml` lays the miniature over it.

import logging

from snakemake.utils import min_version

# A log that cannot be written, for one on a full disk, is no reason to print a traceback per line.
logging.raiseExceptions = False
min_version("9.27")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/running.smk"


wildcard_constraints:
    domain="|".join(map(re.escape, STUDY.domains)),
    model="|".join(map(re.escape, STUDY.models)),
    split="train|eval|fresh|benchmark",
    operator="train|base|adapters|tempered|sidecar|controls|recovery",
    recipe="|".join(map(re.escape, sorted({MAIN, *CONFIG.sft.recipes}))),
    train_seed=r"\d+",


include: "rules/prompts.smk"
include: "rules/teachers.smk"
include: "rules/students.smk"
include: "rules/training.smk"
include: "rules/answering.smk"
include: "rules/features.smk"
include: "rules/judging.smk"
include: "rules/synthesis.smk"
include: "rules/ledger.smk"


# The report and every file behind it: one that was lost comes back, whatever still stands of what was made from it.
# What the report does not need made anew it does not have to: `snakemake results/report.html`.
rule all:
    default_target: True
    input:
        lambda wildcards: files_behind(str(rules.render_report.output.report)),
    message:
        "The study is whole"
