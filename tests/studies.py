"""How tests run studies: as a user would."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
#: The one part of a report that tells times and machines.
LEDGER = re.compile(r'<section id="ledger".*?</section>', re.DOTALL)
ARCHITECTURES = ("qwen3", "qwen3_5", "gemma4", "llama")
SMALL = ["--configfile", "config/demo.yaml", "config/small.yaml"]


def arguments_in(workdir, *more, repository=REPOSITORY):
    """Arguments that run this checkout's workflow, or a copy's, in ``workdir``."""
    return [
        "--snakefile",
        str(repository / "Snakefile"),
        "--workflow-profile",
        str(repository / "profiles/default"),
        "--directory",
        str(workdir),
        "--cores",
        "2",
        *map(str, more),
    ]


def command(workdir, *arguments, repository=REPOSITORY):
    """The command by which a user runs this checkout's workflow, or a copy's, in ``workdir``."""
    return [sys.executable, "-m", "snakemake", *arguments_in(workdir, *arguments, repository=repository)]


def snakemake(workdir, *arguments, check=True, repository=REPOSITORY, environment=None):
    """Run snakemake as a user would, in ``workdir``, on this checkout's workflow or on that of a copy."""
    given = command(workdir, *arguments, repository=repository)
    done = subprocess.run(given, capture_output=True, text=True, cwd=workdir, env=environment, check=False)
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


def without_ledger(report):
    """A report without the section that differs from one making of a study to the next."""
    text, found = LEDGER.subn("", report.read_text())
    assert found == 1, f"{report} has {found} sections on the ledger"
    return text
