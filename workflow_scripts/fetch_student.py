"""Fetch a student from the Hub at its pinned revision."""

from threearc.provenance.errors import StudyError
from threearc.provenance.job import job

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    raise StudyError(
        f"Fetching {settings['repo']} from the Hub is not part of this version.",
        where=f"config key models.{snakemake.wildcards.model}.source",
        remedy="Set it to miniature and give a shape, as config/demo.yaml does.",
    )
