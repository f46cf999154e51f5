"""Put a hedge before the answers that the probe doubts. No model runs; the answers are base's own."""

from threearc.operators.sidecar import answer_sidecar
from threearc.provenance.job import job
from threearc.records.jsonl import read_records, write_records
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    base = [r for r in read_records(snakemake.input.responses, Response) if r.setup.condition.role == "base"]
    write_records(snakemake.output.responses, answer_sidecar(base, snakemake.input.probe, settings["hedge"]))
