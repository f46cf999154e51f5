"""A third domain is a folder and a config section: nothing outside them changes."""

import os
import re
import shutil
import subprocess
import sys

import yaml
from studies import prepare

DOMAIN = '''"""Bread."""

from pathlib import Path

from threearc.domains.facts import FactDomain

DOMAIN = FactDomain("bread", Path(__file__).parent / "data")
'''
OVERLAY = {
    "study": {"domains": ["bread"]},
    "domains": {"bread": {"axes": ["factual_accuracy", "hedging_appropriateness", "self_verification"]}},
}


def test_a_third_domain_runs_from_its_folder_and_config_alone(repository, tmp_path):
    package = tmp_path / "packages/threearc"
    shutil.copytree(repository / "threearc", package, ignore=shutil.ignore_patterns("__pycache__"))
    bread = package / "domains/bread"
    shutil.copytree(package / "domains/chef/data", bread / "data")
    (bread / "domain.py").write_text(DOMAIN)
    (bread / "__init__.py").touch()
    for file in ("facts.yaml", "facts_fresh.yaml"):
        dishes = yaml.safe_load((bread / "data" / file).read_text())
        for dish in dishes:
            dish["name"] = f"loaf of {dish['name']}"
            for claim in (claim for entry in dish["entries"] for claim in entry["claims"]):
                claim["kind"] = {"prevention": "habit"}.get(claim["kind"], claim["kind"])
        (bread / "data" / file).write_text(yaml.safe_dump(dishes, allow_unicode=True))
    work = tmp_path / "work"
    files = prepare(work)
    (work / "bread.yaml").write_text(yaml.safe_dump(OVERLAY))
    command = ["--snakefile", repository / "Snakefile", "--directory", work]
    command += ["--workflow-profile", repository / "profiles/default", "--cores", "2", *files, "bread.yaml"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "packages")}

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments, *map(str, command)],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    plan = run("--dry-run")
    assert re.search(r"^train_student +2$", plan, re.MULTILINE) and re.search(r"^assess_cell +2$", plan, re.MULTILINE)
    run("results/bread/certainty/eval.jsonl", "results/bread/teacher/gold.jsonl")
    assert "loaf of" in (work / "results/bread/prompts/eval.jsonl").read_text()
