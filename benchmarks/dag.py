"""What planning a study costs: `snakemake --dry-run` of grids of models x domains, with keys; time and memory per job.

    python benchmarks/dag.py [--grid 5x2 --grid 50x10 ...]

Domains beyond the two that exist are copies of chef under other names, in a copy of the package that is laid first on
the path; models are copies of the demo's. Nothing is run, so every job is planned and every key is made. The cost of
starting Python and Snakemake is taken from a plan of two jobs.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]


def lay_out(folder: Path, models: int, domains: int) -> dict[str, str]:
    """A study of so many cells in ``folder``; the environment to plan it in."""
    package = folder / "packages/threearc"
    shutil.copytree(REPOSITORY / "threearc", package, ignore=shutil.ignore_patterns("__pycache__"))
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    demo = yaml.safe_load((REPOSITORY / "config/demo.yaml").read_text())
    names = [f"chef{i}" for i in range(domains)]
    for name in names:
        shutil.copytree(package / "domains/chef", package / "domains" / name)
        module = package / "domains" / name / "domain.py"
        module.write_text(module.read_text().replace('"chef"', f'"{name}"'))
    described = list(demo["models"].values())
    students = {f"student-{i}": described[i % len(described)] for i in range(models)}
    overlay = demo | {
        "study": demo["study"] | {"models": list(students), "domains": names},
        "models": {n: config["models"]["smollm2-1.7b"] | student for n, student in students.items()},
        "domains": dict.fromkeys(names, config["domains"]["chef"]),
    }
    shutil.copy(REPOSITORY / "config.yaml", folder)
    (folder / "grid.yaml").write_text(yaml.safe_dump(overlay))
    return os.environ | {"PYTHONPATH": str(folder / "packages")}


def plan(folder: Path, environment: dict[str, str], *targets: str) -> tuple[int, float, float]:
    """Jobs, CPU seconds and peak memory in MB of a dry run."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--dry-run",
        "--quiet",
        "rules",
        "--snakefile",
        str(REPOSITORY / "Snakefile"),
    ]
    command += ["--workflow-profile", str(REPOSITORY / "profiles/default"), "--directory", str(folder)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, *targets, "--configfile", "grid.yaml"],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    jobs, *_ = re.findall(r"^total +(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    # Memory is that of the largest child so far: grids come in growing order.
    return int(jobs), seconds, after.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", action="append", help="models x domains, such as 5x2; growing")
    given = parser.parse_args()
    print(f"{'grid':>8} {'jobs':>7} {'CPU-s':>8} {'ms per job':>11} {'MB':>7}")
    base = None
    for grid in given.grid or ["5x2", "10x5", "25x10", "50x10"]:
        models, domains = map(int, grid.split("x"))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            environment = lay_out(folder, models, domains)
            if base is None:
                base = plan(folder, environment, "results/chef0/certainty/eval.jsonl")
                print(f"{'start':>8} {base[0]:>7} {base[1]:>8.1f} {'':>11} {base[2]:>7.0f}")
            jobs, seconds, peak = plan(folder, environment)
        print(
            f"{grid:>8} {jobs:>7} {seconds:>8.1f} {1000 * (seconds - base[1]) / (jobs - base[0]):>11.2f} {peak:>7.0f}"
        )


if __name__ == "__main__":
    main()
