"""Write the prompts of one split of a domain, or those of the benchmark that the study asks for."""

from threearc.domains.protocol import load_domain
from threearc.domains.selection import limited
from threearc.provenance.errors import StudyError
from threearc.provenance.job import job
from threearc.records.jsonl import write_records

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    domain = load_domain(settings["domain"])
    if settings["split"] == "benchmark":
        if settings["benchmark"] is None:
            key = f"config key domains.{domain.name}.benchmark"
            raise StudyError("The study asks this domain no benchmark.", where=key, remedy="Name one, or leave it out.")
        # Whole or not at all: a score on some of a benchmark's problems is not the benchmark's.
        prompts = domain.benchmarks[settings["benchmark"]]()
    else:
        prompts = limited(domain.prompts(settings["split"]), settings["entries"])
    write_records(snakemake.output.prompts, prompts)
