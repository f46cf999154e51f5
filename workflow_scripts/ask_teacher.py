"""Ask the teachers about every training prompt: gold answers by stages, wrong answers for pairs, boundary cases."""

from threearc.domains.protocol import load_domain
from threearc.provenance.job import job
from threearc.records.jsonl import read_all, write_records
from threearc.records.prompts import Prompt
from threearc.teachers.scripted import open_classroom

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    classroom = open_classroom(load_domain(settings["domain"]), settings["backend"])
    answers = classroom.teach(read_all(snakemake.input.prompts, Prompt))
    for stage in ("eager", "deliberate", "gold", "boundary"):
        write_records(snakemake.output[stage], answers[stage])
    # The adversarial teacher writes both the attacks and the wrong answers of the pairs.
    write_records(snakemake.output.adversarial, [*answers["adversarial"], *answers["rejected"]])
