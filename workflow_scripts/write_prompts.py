"""Write a domain's prompts of all three splits."""

from threearc.domains.protocol import load_domain
from threearc.domains.selection import limited
from threearc.provenance.job import job
from threearc.records.jsonl import write_records

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    domain = load_domain(settings["domain"])
    for split in ("train", "eval", "fresh"):
        write_records(snakemake.output[split], limited(domain.prompts(split), settings["entries"]))
