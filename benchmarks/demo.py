"""How long the demo takes: wall seconds, CPU seconds and the share of them that goes into imports.

    .venv/bin/python benchmarks/demo.py [--cores 2] [--runs 1] [--overlay FILE ...]

Every run starts from nothing in a folder of its own. Imports are timed by the interpreters themselves, in one more
run, since that slows them down: their share is of that run's CPU seconds; ``--runs 0`` does that run alone. The
machine should have nothing else to do.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
OWN_TIME = re.compile(r"^import time:\s+(\d+) \|", re.MULTILINE)


def demo(cores, folder, overlays, **environment):
    """Run the demo once in ``folder``; returns wall seconds, CPU seconds of all its processes, and what it printed."""
    if not (folder / "config").exists():
        shutil.copy(REPOSITORY / "config.yaml", folder)
        shutil.copytree(REPOSITORY / "config", folder / "config")
    command = [sys.executable, "-m", "snakemake", "--snakefile", REPOSITORY / "Snakefile"]
    command += ["--workflow-profile", REPOSITORY / "profiles/default", "--configfile", "config/demo.yaml"]
    command += [*(overlay.resolve() for overlay in overlays), "--cores", str(cores)]
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr[-4000:])
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return wall, cpu, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--overlay", type=Path, nargs="*", default=[], help="files laid over config/demo.yaml")
    given = parser.parse_args()
    for run in range(1, given.runs + 1):
        with tempfile.TemporaryDirectory() as name:
            wall, cpu, _ = demo(given.cores, Path(name), given.overlay)
            print(f"run {run}: {wall:.0f} s wall, {cpu:.0f} CPU-s on {given.cores} cores", flush=True)
            wall, cpu, _ = demo(given.cores, Path(name), given.overlay)
            print(f"run {run}, again: {wall:.1f} s wall, {cpu:.1f} CPU-s, nothing to do", flush=True)
    with tempfile.TemporaryDirectory() as name:
        wall, cpu, told = demo(given.cores, Path(name), given.overlay, PYTHONPROFILEIMPORTTIME="1")
        imports = sum(map(int, OWN_TIME.findall(told))) / 1e6
        print(f"imports: {imports:.0f} s of {cpu:.0f} CPU-s ({imports / cpu:.0%})")


if __name__ == "__main__":
    main()
