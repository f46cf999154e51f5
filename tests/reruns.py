"""What a change reruns, found twice: as Snakemake plans it, and as it must be by what the jobs of a finished study did.

A job is named by rule and wildcards, as its stamp is: ``judge_arm/chef/qwen3-0.6b/base``.
"""

import json
import os
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from modulefinder import ModuleFinder
from pathlib import Path

import yaml
from studies import REPOSITORY, snakemake

from threearc.config.overlays import merged

#: Laid first on the path of a study's processes: every job writes down what data it opens and what modules it has.
WATCH = """
import atexit, json, os, sys
if os.environ.get("WATCH") and sys.argv and sys.argv[0] != "-m":
    seen = {"data": set(), "log": None}

    def watch(event, arguments):
        if event == "open" and isinstance(arguments[0], str):
            path = arguments[0]
            if "/threearc/" in path and "/data/" in path:
                seen["data"].add(path.rsplit("/threearc/", 1)[1])
            elif "/logs/" in path and path.endswith(".log") and not path.startswith("/") and seen["log"] is None:
                seen["log"] = path

    def leave():
        if seen["log"]:
            modules = sorted(name for name in sys.modules if name.startswith("threearc"))
            row = {"job": seen["log"].split("/logs/", 1)[1][:-4], "data": sorted(seen["data"]), "modules": modules}
            with open(os.path.join(os.environ["WATCH"], f"{os.getpid()}.json"), "w") as file:
                json.dump(row, file)

    sys.addaudithook(watch)
    atexit.register(leave)
"""


@dataclass(frozen=True)
class Study:
    """A finished study: its folder, and its configuration files in order."""

    folder: Path
    files: tuple[str, ...]

    @cached_property
    def jobs(self):
        """Stamps by job."""
        root = self.folder / "results/stamps"
        return {p.relative_to(root).with_suffix("").as_posix(): json.loads(p.read_text()) for p in root.rglob("*.json")}

    def after(self, first):
        """The jobs ``first`` and all that read what they wrote, directly or through others."""
        found = set(first)
        while True:
            made = {path for name in found for path in self.jobs[name]["outputs"]}
            more = {name for name, stamp in self.jobs.items() if made & stamp["inputs"].keys()} - found
            if not more:
                return found
            found |= more

    def outputs(self, jobs):
        """Files that jobs write."""
        return {path for name in jobs for path in self.jobs[name]["outputs"]}

    @cached_property
    def values(self):
        """The merged configuration."""
        return merged([self.folder / file for file in self.files])

    def planned(self, *overlays, environment=None, repository=REPOSITORY):
        """The files that a run would make, now or after others, as Snakemake's summary tells them."""
        options = ["--summary", "--configfile", *self.files[1:], *overlays]
        done = snakemake(self.folder, *options, repository=repository, environment=environment)
        rows = [line.split("\t") for line in done.stdout.splitlines() if line.startswith(("results/", "elsewhere/"))]
        assert rows
        return {row[0] for row in rows if row[-1] != "no update"}


def matching(jobs, pattern):
    """Jobs of a rule, or of a rule with certain wildcards: ``judge_arm`` or ``judge_arm/*/*/base``."""
    return {name for name in jobs if name.split("/")[0] == pattern or fnmatch(name, pattern)}


def reads():
    """The table written by hand: what reads a key, by key."""
    return yaml.safe_load((REPOSITORY / "tests/reads.yaml").read_text())


def leaves(values, path=()):
    """Paths of all values of a nested configuration."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, (*path, key))
    else:
        yield path


def general(path):
    """A key with its model's or domain's name left open, as the table has it."""
    return ".".join("*" if i == 1 and path[0] in ("models", "domains") else part for i, part in enumerate(path))


def another(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + "~" if isinstance(value, str) else value * 1.5 if isinstance(value, float) else value + 1


def changed(study, key, row):
    """An overlay with another value for ``key``, and the model or domain that it is of."""
    path = key.split(".")
    own = row.get("in") or {"models": "qwen3-0.6b", "domains": "chef"}.get(path[0])
    path = [own if part == "*" else part for part in path]
    value = study.values
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    overlay = row["to"] if "to" in row else another(value)
    assert overlay != value, key
    for part in reversed(path):
        overlay = {part: overlay}
    return overlay, own


def expected(study, row, own):
    """Files that a change of a key must list: those it has, and what new ones must be called."""
    first = set(study.jobs) if row.get("all") else set()
    for pattern in row.get("read_by", []):
        first |= matching(study.jobs, pattern)
    if row.get("only"):
        first = {name for name in first if own in name.split("/")}
    return study.outputs(study.after(first)), row.get("new", [])


def rules_that_import(repository):
    """Names of rules by module of the package, found by the standard library's own search, not by fingerprints."""
    found = {}
    for script in sorted((repository / "workflow_scripts").glob("*.py")):
        for name in imported(repository, script):
            found.setdefault(name, set()).add(script.stem)
    return found


def imported(repository, file):
    """Modules of the package that running a file can bring in."""
    finder = ModuleFinder(path=[str(repository)])
    finder.run_script(str(file))
    return {name for name in finder.modules if name.startswith("threearc")}


def environment_of(repository, **more):
    """An environment in which ``threearc`` is that of a copy made by ``checkout``."""
    return os.environ | {"PYTHONPATH": str(repository / "packages")} | more


def checkout(folder):
    """A copy of the sources, to be changed; the package apart, since a workflow does not import from beside itself."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "Snakefile", folder)
    for name in ("rules", "envs", "workflow_scripts", "profiles", "threearc"):
        target = folder / ("packages" if name == "threearc" else "") / name
        shutil.copytree(REPOSITORY / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
