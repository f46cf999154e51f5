"""Fetch a student from the Hub at its pinned revision: the one job that goes online, unless HF_HUB_OFFLINE is set."""

from pathlib import Path

from threearc.models.hub import fetch
from threearc.provenance.job import job

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items()), online=True) as settings:
    manifest = fetch(settings["repo"], settings["revision"], Path(snakemake.output.manifest).parent)
    print(f"{manifest.repo} at {manifest.revision}: {len(manifest.files)} files, {manifest.total / 1e9:.2f} GB")
