"""Train a tiny student of a real architecture from scratch, on dialogues of a domain's world."""

from pathlib import Path

from threearc.domains.protocol import load_domain
from threearc.models.miniature.architectures import Shape
from threearc.models.miniature.pretraining import Recipe, train_student
from threearc.provenance.files import write_json
from threearc.provenance.job import job

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    recipe = Recipe(**settings["recipe"])
    dialogues = load_domain(settings["domain"]).dialogues(settings["world_seed"], recipe.dialogues)
    folder = Path(snakemake.output.config).parent
    curve = train_student(folder, dialogues, Shape(**settings["shape"]), recipe, settings["student_seed"])
    write_json(snakemake.output.curve, curve)
