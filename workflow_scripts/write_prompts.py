"""Write a domain's prompts, and those of the benchmark that the study asks for."""

from threearc.domains.protocol import AUTHORS, load_domain
from threearc.domains.selection import limited
from threearc.provenance.job import job
from threearc.records.jsonl import write_records

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    domain = load_domain(settings["domain"])
    for split in AUTHORS:
        write_records(snakemake.output[split], limited(domain.prompts(split), settings["entries"]))
    # Whole or not at all: a score on some of a benchmark's problems is not the benchmark's.
    benchmark = domain.benchmarks[settings["benchmark"]]() if settings["benchmark"] else []
    write_records(snakemake.output.benchmark, benchmark)
