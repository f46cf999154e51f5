"""How tests run studies: as a user would."""

import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
ARCHITECTURES = ("qwen3", "qwen3_5", "gemma4", "llama")
SMALL = ["--configfile", "config/demo.yaml", "config/small.yaml"]


def snakemake(workdir, *arguments, check=True, repository=REPOSITORY, environment=None):
    """Run snakemake as a user would, in ``workdir``, on this checkout's workflow or on that of a copy."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(repository / "Snakefile"),
        "--workflow-profile",
        str(repository / "profiles/default"),
        "--directory",
        str(workdir),
        "--cores",
        "2",
        *map(str, arguments),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=workdir, env=environment, check=False)
    if check and done.returncode:
        raise AssertionError(f"snakemake failed:\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}")
    return done


def prepare(workdir):
    """A folder to run studies in: the configuration, laid out as in the checkout."""
    workdir.mkdir(parents=True)
    shutil.copy(REPOSITORY / "config.yaml", workdir)
    shutil.copytree(REPOSITORY / "config", workdir / "config")
    shutil.copy(REPOSITORY / "tests/small.yaml", workdir / "config")
    return SMALL
