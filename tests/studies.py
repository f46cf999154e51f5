"""How tests run studies: as a user would."""

import shutil
import subprocess
import sys
from pathlib import Path

from threearc.provenance.hashing import file_hash

REPOSITORY = Path(__file__).parents[1]
#: What lies in the results folder and tells of the run, not of the study: whatever it finds, it says when and how.
OF_THE_RUN = ("logs", "benchmarks", "cache", "failures", "ledger.jsonl", "running.json")
ARCHITECTURES = ("qwen3", "qwen3_5", "gemma4", "llama")
SMALL = ["--configfile", "config/demo.yaml", "config/small.yaml"]


def command(workdir, *arguments):
    """The command by which a user runs this checkout's workflow in ``workdir``."""
    return [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(REPOSITORY / "Snakefile"),
        "--workflow-profile",
        str(REPOSITORY / "profiles/default"),
        "--directory",
        str(workdir),
        "--cores",
        "2",
        *map(str, arguments),
    ]


def snakemake(workdir, *arguments, check=True):
    """Run snakemake as a user would, in ``workdir``, on this checkout's workflow."""
    done = subprocess.run(command(workdir, *arguments), capture_output=True, text=True, cwd=workdir, check=False)
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


def results_of(workdir):
    """Hash of every file of a study that must be the same however the study came to its end, by path."""
    results = Path(workdir) / "results"
    files = (path for path in sorted(results.rglob("*")) if path.is_file())
    named = {path.relative_to(results): path for path in files}
    return {str(name): file_hash(path) for name, path in named.items() if name.parts[0] not in OF_THE_RUN}
