# What all rules share: the checked configuration, folders, and keys.

import functools
import re
import sys
from pathlib import Path

# Snakemake puts the checkout first on the path, jobs do not have it there: import, and fingerprint, what jobs import.
sys.path[:] = [
    p for p in sys.path if Path(p or ".").resolve() != Path(workflow.basedir).resolve()
]

from snakemake.exceptions import WorkflowError
from snakemake.iocontainers import Wildcards

from threearc.config.load import load_config
from threearc.config.slices import LIBRARIES, adapters_of, reads, settings_of
from threearc.operators.adapters import MAIN
from threearc.provenance.errors import StudyError
from threearc.provenance.faults import check_writable
from threearc.provenance.keybook import KeyBook
from threearc.records.prompts import MEASURED

try:
    CONFIG = load_config(config)
    for folder in (".snakemake", CONFIG.study.results):
        check_writable(folder)
except StudyError as error:
    raise WorkflowError(str(error)) from None

STUDY = CONFIG.study
RESULTS = STUDY.results
DOMAIN = f"{RESULTS}/{{domain}}"
CELL = f"{RESULTS}/{{domain}}/{{model}}"
PROMPTS = f"{DOMAIN}/prompts/{{split}}.jsonl"
CERTAINTY = f"{DOMAIN}/certainty/{{split}}.jsonl"


def log_of(name, wildcards):
    """Log of a rule's jobs; their stamps and benchmarks lie in folders beside it."""
    return f"{RESULTS}/logs/{name}/{wildcards}.log"


def benchmark_of(name, wildcards):
    """Benchmark of a rule's jobs."""
    return f"{RESULTS}/benchmarks/{name}/{wildcards}.tsv"


@functools.cache
def producer(path):
    """Rule and wildcards of the job that makes a file, found as Snakemake finds them; None for a source file."""
    for made_by in workflow.rules:
        for pattern in made_by.output:
            match = pattern.match(path)
            if match:
                return made_by.name, match.groupdict()
    return None


def inputs_of(name, wildcards):
    """Input files of a rule for its wildcards."""
    return map(
        str, workflow.get_rule(name).expand_input(Wildcards(fromdict=wildcards))[0]
    )


KEYS = KeyBook(
    Path(workflow.basedir, "workflow_scripts"),
    lambda name, **wildcards: settings_of(name, CONFIG, **wildcards),
    LIBRARIES,
    reads,
    producer,
    inputs_of,
)


def files_behind(path):
    """A file and every file that it comes from, with whatever else the same jobs make."""
    made = set()
    for name, wildcards in KEYS.jobs_behind(path):
        output = workflow.get_rule(name).expand_output(Wildcards(fromdict=wildcards))
        made |= {*map(str, output[0])}
    return sorted(made)


def key(name):
    """A rule's only parameter: its key, from its settings, code, data, libraries and the keys behind its inputs.

    A function of the wildcards alone: what a params function makes of `input` Snakemake takes for derived and does
    not compare with the last run.
    """
    return lambda wildcards: KEYS.key(name, dict(wildcards.items())).text()


@functools.cache
def of_split(split, pattern):
    """The file of one split."""
    return expand(pattern, split=split, allow_missing=True)


def of_measured(pattern):
    """The files of the splits that every arm answers: the benchmark's too, where the domain is asked one."""

    def files(wildcards):
        none = CONFIG.domains[wildcards.domain].benchmark is None
        splits = [s for s in MEASURED if s != "benchmark" or not none]
        return [path for split in splits for path in of_split(split, pattern)]

    return files


def of_asked(pattern):
    """The files of the splits that an operator's answers are to."""
    return lambda wildcards: (
        of_split("train", pattern)
        if wildcards.operator == "train"
        else of_measured(pattern)(wildcards)
    )


def student(wildcards):
    """The student's config.json: its folder is the student."""
    return made_by(wildcards).output.config


def student_files(wildcards):
    """The other files of the student's folder that loading reads."""
    made = dict(made_by(wildcards).output.items())
    return [file for name, file in made.items() if name not in ("config", "curve")]


def made_by(wildcards):
    """The rule that the student comes from."""
    hub = CONFIG.models[wildcards.model].source == "hub"
    return rules.fetch_student if hub else rules.train_student


def tokenizer(wildcards):
    """The student's tokenizer."""
    return student(wildcards).replace("config.json", "tokenizer.json")


def adapters(wildcards):
    """The weights of every adapter of a cell, in the order in which they answer; none where none is asked for."""
    return _of_adapters("weights")


def adapter_configs(wildcards):
    """The configurations that PEFT reads beside the weights."""
    return _of_adapters("config")


@functools.cache
def _of_adapters(output):
    made_by = {"sft": rules.train_sft, "dpo": rules.train_dpo}
    return [
        path
        for a in adapters_of(CONFIG)
        for path in expand(
            getattr(made_by[a["method"]].output, output), **a, allow_missing=True
        )
    ]


def evidence(path, *operators):
    """A file that only some operators leave behind, where the study has one of them."""
    return [path] if {*operators} & {*STUDY.operators} else []
