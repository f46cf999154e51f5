"""How tests run studies: as a user would."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from threearc.provenance.hashing import file_hash, text_hash

REPOSITORY = Path(__file__).parents[1]
#: What lies in the results folder and tells of the run, not of the study: whatever it finds, it says when and how.
OF_THE_RUN = ("logs", "benchmarks", "failures", "ledger.jsonl", "running.json")
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


def without_caches(results):
    """Results as ``results_of`` gives them, of studies that may have asked for other rows before."""
    return {name: found for name, found in results.items() if "/cache/" not in name}


def results_of(workdir):
    """Hash of every file of a study that must be the same however the study came to its end, by path.

    Of the report without its section on the ledger, and not of the stamp that holds the hash of the whole; of caches
    without the order of their rows.
    """
    results, found = Path(workdir) / "results", {}
    for path in sorted(path for path in results.rglob("*") if path.is_file()):
        name = path.relative_to(results)
        if name.parts[0] in OF_THE_RUN or name.parts[:2] == ("stamps", "render_report"):
            continue
        if str(name) == "report.html":
            found[str(name)] = text_hash(without_ledger(path))
        elif "cache" in name.parts:
            found[str(name)] = text_hash("\n".join(sorted(path.read_text().splitlines())))
        else:
            found[str(name)] = file_hash(path)
    return found
