"""Where a call of Snakemake would write, by its own parser and the study's configuration."""

import subprocess
import sys

import pytest
from spoiling import refused
from studies import prepare

from threearc.front.launch import LOOKS, launch, read_arguments


@pytest.fixture
def place(tmp_path, repository, monkeypatch):
    monkeypatch.chdir(repository)
    prepare(tmp_path / "study")
    return tmp_path / "study"


def results(*arguments):
    found = launch([*map(str, arguments)])
    return None if found is None else found.results


def test_the_results_lie_where_the_configuration_says(place, repository):
    assert launch(["--cores", "2"]).workdir == repository
    assert results("--cores", "2") == repository / "results"
    assert results("--directory", place) == place / "results"
    mine = place / "mine.yaml"
    mine.write_text("study: {results: of/mine}")
    assert results("--directory", place, "--configfile", "config/demo.yaml", mine) == place / "of/mine"
    assert results("--configfile", mine, "--directory", place, "--", "all") == place / "of/mine"
    mine.write_text(f"study: {{results: {place}/apart}}")
    assert results("--configfile", mine, "--cores", "1") == place / "apart"
    assert results("--config", "study={results: told}", "--directory", place) == place / "told"


def test_profiles_are_read(place):
    (place / "own").mkdir()
    (place / "own/config.yaml").write_text("dry-run: true\n")
    assert results("--directory", place) and results("--directory", place, "--profile", place / "own") is None
    (place / "own/config.yaml").write_text(f"directory: {place}\n")
    assert results("--profile", place / "own") == place / "results"


def test_a_configuration_at_fault_is_told(place):
    refused(lambda: results("--directory", place, "--config", "study={results: ''}"), "key study.results")
    (place / "config.yaml").unlink()
    refused(lambda: results("--directory", place), place / "config.yaml")


@pytest.mark.parametrize(
    "arguments",
    [
        "--dry-run",
        "-n",
        "--lint",
        "--unlock",
        "--summary",
        "--detailed-summary",
        "--dag",
        "--rulegraph",
        "--list-rules",
        "--list-changes params",
        "--report r.html",
        "--executor dryrun",
        "--archive a.tar",
        "--help",
        "--version",
        "--no-such-option",
        "--cores nonsense",
        "--configfile missing.yaml",
        "--config nonsense",
        "--profile missing",
        "--mode subprocess",
    ],
)
def test_what_runs_nothing_is_left_to_snakemake(place, arguments):
    assert launch(["--directory", str(place), *arguments.split()]) is None


@pytest.mark.parametrize(
    "arguments",
    ["", "-c1 -k", "--forceall", "--touch", "--until judge_arm", "--report r.html --report-after-run", "--nolock",
     "--delete-all-output", "results/report.html"],
)  # fmt: skip
def test_what_changes_results_needs_a_claim(place, arguments):
    assert launch(["--directory", str(place), *arguments.split()]) is not None


def test_options_that_only_look_are_options_of_snakemake(repository, monkeypatch):
    monkeypatch.chdir(repository)
    assert not set(LOOKS) - vars(read_arguments([])).keys()


@pytest.mark.parametrize("command", ["run", "status"])
def test_without_snakemake_the_commands_say_so(repository, command):
    code = f"import sys; sys.modules['snakemake'] = None; from threearc.cli import main; sys.exit(main(['{command}']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.count("\n") == 1 and "Snakemake is not installed" in done.stderr
