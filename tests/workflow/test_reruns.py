"""A change reruns what reads it and all after it, and nothing else: every key, module and data file, both ways.

What must rerun comes from a table written by hand (keys), from the standard library's search for imports (modules) and
from what jobs were seen to open (data); what does rerun, from Snakemake's plan.
"""

import ast
import json
import os
import re
from functools import cache

import pytest
import reruns
import yaml
from conftest import once
from studies import REPOSITORY, prepare, snakemake

from threearc.config.overlays import merged
from threearc.front.reruns import SHAPING, readers_of_keys, rerun_table
from threearc.provenance.fingerprint import AROUND

#: Keys of which every rule reads at least one.
ONE_PER_RULE = (
    "study.entries.train",
    "answering.batch_size",
    "domains.*.axes",
    "teachers.backend",
    "students.batch",
    "seeds.decode",
    "sft.epochs",
    "dpo.beta",
    "tempering.lambdas",
    "tempering.last_tokens",
    "tempering.heads",
    "sidecar.hedge",
    "analysis.margins.axis",
    "study.name",
)
TABLE = reruns.reads()
#: Rules whose scripts load the domain that they are told; others run the same code in every domain.
TELLING = ("load_domain(", "opened_judge(", "open_classroom(")


@pytest.fixture
def sources(tmp_path):
    return reruns.checkout(tmp_path / "checkout")


@pytest.fixture(scope="session")
def finished(study):
    """The small study of one domain."""
    return reruns.Study(study, ("config.yaml", "config/demo.yaml", "config/small.yaml"))


@pytest.fixture(scope="session")
def watched(shared):
    """A study of two domains whose jobs wrote down what they opened and imported."""

    def make(folder):
        options = prepare(folder)
        (folder / "config/two.yaml").write_text("study: {domains: [chef, coding]}\nseeds: {decode: [0, 1]}\n")
        (folder / "seen").mkdir()
        reruns.checkout(folder / "path")
        (folder / "path/packages/sitecustomize.py").write_text(reruns.WATCH)
        environment = reruns.environment_of(folder / "path", WATCH=str(folder / "seen"))
        snakemake(folder, *options, "config/two.yaml", environment=environment, repository=folder / "path")

    folder = once(shared, "watched", make)
    return reruns.Study(folder, ("config.yaml", "config/demo.yaml", "config/small.yaml", "config/two.yaml"))


def assert_key(study, key, folder):
    """What a dry run lists after a change of ``key`` is what the table says, no more and no less."""
    overlay, own = reruns.changed(study, key, TABLE[key])
    file = folder / f"{key.replace('*', 'own')}.yaml"
    file.write_text(yaml.safe_dump(overlay))
    listed = study.planned(str(file))
    wanted, new = reruns.expected(study, TABLE[key], own)
    if key == "study.results":
        wanted = {path.replace("results/", "elsewhere/", 1) for path in wanted}
        assert listed == wanted, key
        return
    if key == "models.*.source":
        # A Hub student is fetched once for all domains and brings no weights of its own into the study.
        wanted -= {path for path in wanted if path.startswith("results/students/")}
    known = study.outputs(study.jobs)
    assert listed & known == wanted, (key, sorted(listed & known ^ wanted)[:9])
    assert all(any(name in path for path in listed - known) for name in new), key
    assert all(any(name in path for name in new) for path in listed - known), (key, sorted(listed - known)[:9])


def test_the_table_names_every_key(finished):
    keys = {reruns.general(path) for path in reruns.leaves(finished.values)}
    # What a model's makers advise may hold any key of decoding.
    assert keys | {"models.*.decoding.max_tokens"} == set(TABLE)


def test_one_key_per_rule_is_enough_to_reach_every_rule(finished):
    read = {pattern.split("/")[0] for key in ONE_PER_RULE for pattern in TABLE[key]["read_by"]}
    assert read == {name.split("/")[0] for name in finished.jobs}


def test_the_documented_table_is_that_of_the_code_and_agrees_with_the_one_written_by_hand(repository):
    """Where both name the readers of a key they must name the same ones, or such as come after them anyway."""
    full, demo = (merged([repository / "config.yaml", *more]) for more in ([], [repository / "config/demo.yaml"]))
    table = rerun_table([full, demo], repository / "workflow_scripts")
    assert (repository / "docs/reruns.md").read_text() == table, "call `threearc document`"
    found = readers_of_keys(demo)
    for key, row in TABLE.items():
        if row is not None and key not in SHAPING and key in found:
            by_hand = {pattern.split("/")[0] for pattern in row["read_by"]}
            # A miniature has no student to fetch.
            assert (
                by_hand
                <= found[key] - {"fetch_student"}
                <= by_hand | {"synthesise", "render_report", *row.get("also", [])}
            ), key


@pytest.mark.parametrize("key", ONE_PER_RULE)
def test_a_key_reruns_what_reads_it_and_all_after_it(finished, tmp_path, key):
    assert_key(finished, key, tmp_path)


def test_a_dry_run_lists_as_many_jobs_as_the_summary_has_files_of(finished, tmp_path):
    """Plans are read off the summary; the list of jobs that a user sees is the same."""
    overlay, _ = reruns.changed(finished, "sft.epochs", TABLE["sft.epochs"])
    (tmp_path / "more.yaml").write_text(yaml.safe_dump(overlay))
    options = ["--dry-run", "--configfile", *finished.files[1:], tmp_path / "more.yaml"]
    done = snakemake(finished.folder, *options)
    listed = int(re.findall(r"^total +(\d+)$", done.stdout + done.stderr, re.MULTILINE)[0])
    files = finished.planned(tmp_path / "more.yaml")
    # One of those listed is the target rule.
    assert listed - 1 == sum(bool(files & stamp["outputs"].keys()) for stamp in finished.jobs.values()) > 9


def test_comments_docstrings_formatting_and_time_stamps_rerun_nothing(study_copy, sources):
    """Every source is written anew from its syntax tree, with other docstrings and comments; every file is touched."""
    count = 0
    for file in [*(sources / "packages").rglob("*.py"), *(sources / "workflow_scripts").glob("*.py")]:
        tree = ast.parse(file.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and node.body:
                words = ast.Expr(ast.Constant("Other words."))
                node.body = [words, *node.body[ast.get_docstring(node) is not None :]]
        file.write_text(f"# A remark.\n{ast.unparse(tree)}\n")
        count += 1
    for file in [sources / "Snakefile", *(sources / "rules").iterdir()]:
        file.write_text(f"# A remark.\n{file.read_text()}\n\n")
    for path in [*sources.rglob("*"), *study_copy.glob("*.yaml"), *(study_copy / "config").iterdir()]:
        os.utime(path)
    study = reruns.Study(study_copy, ("config.yaml", "config/demo.yaml", "config/small.yaml"))
    assert study.planned(repository=sources, environment=reruns.environment_of(sources)) == set()
    print(f"\n{count} sources rewritten, no job listed", end="")


def test_an_edited_module_reruns_what_imports_it(finished, sources):
    assert_module(finished, sources, "threearc.models.tempering")
    assert_module(finished, sources, "threearc.guards.truncation")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_key_reruns_what_reads_it_and_all_after_it(watched, tmp_path):
    fixed = {key for key, row in TABLE.items() if row is None}
    for key in TABLE.keys() - fixed:
        assert_key(watched, key, tmp_path)
    print(f"\n{len(TABLE) - len(fixed)} keys as expected; {len(fixed)} allow one value only: {sorted(fixed)}", end="")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_module_reruns_what_imports_it_and_all_after_it(watched, tmp_path):
    sources = reruns.checkout(tmp_path / "checkout")
    modules = sorted(
        ".".join(path.relative_to(sources / "packages").with_suffix("").parts)
        for path in (sources / "packages").rglob("*.py")
        if path.name != "__init__.py"
    )
    listed = [assert_module(watched, sources, module) for module in modules]
    print(f"\n{len(modules)} modules as expected, {sum(n > 0 for n in listed)} of them rerun something", end="")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_data_file_reruns_what_opens_it_and_all_after_it(watched, tmp_path):
    sources = reruns.checkout(tmp_path / "checkout")
    seen = [json.loads(file.read_text()) for file in (watched.folder / "seen").iterdir()]
    assert {row["job"] for row in seen} == set(watched.jobs)
    files = sorted(path for folder in (sources / "packages").rglob("data") for path in folder.iterdir())
    for file in files:
        name = file.relative_to(sources / "packages/threearc").as_posix()
        before = file.read_bytes()
        file.write_bytes(before + b"\n")
        listed = watched.planned(repository=sources, environment=reruns.environment_of(sources))
        file.write_bytes(before)
        wanted = watched.outputs(watched.after({row["job"] for row in seen if name in row["data"]}))
        assert listed == wanted, (name, sorted(listed ^ wanted)[:9])
    print(f"\n{len(files)} data files as expected", end="")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_job_imports_what_its_fingerprint_leaves_out(watched):
    """Fingerprints are read off the sources; what really was imported must be within them."""
    for file in (watched.folder / "seen").iterdir():
        row = json.loads(file.read_text())
        rule, domain, *_ = row["job"].split("/")
        known = closure_of(REPOSITORY, rule, domain)
        assert {*row["modules"]} <= known, (row["job"], {*row["modules"]} - known)


@cache
def closure_of(repository, rule, domain):
    """Modules that a rule's script can bring in, in a domain."""
    script = repository / f"workflow_scripts/{rule}.py"
    found = reruns.imported(repository, script)
    if any(mark in script.read_text() for mark in TELLING):
        found |= reruns.imported(repository, repository / f"threearc/domains/{domain}/domain.py")
        found.add(f"threearc.domains.{domain}.domain")
    return found | {f"threearc.domains.{domain}"}


def assert_module(study, sources, module):
    """After an edit of a module a dry run lists the jobs that can import it and all after them; how many files."""
    file = sources.joinpath("packages", *module.split(".")).with_suffix(".py")
    before = file.read_text()
    file.write_text(before + "\nADDED = 1\n")
    listed = study.planned(repository=sources, environment=reruns.environment_of(sources))
    file.write_text(before)
    first = {name for name in study.jobs if module in closure_of(REPOSITORY, *[*name.split("/"), ""][:2])}
    wanted = study.outputs(study.after(first)) if module not in AROUND else set()
    assert listed == wanted, (module, sorted(listed ^ wanted)[:9])
    return len(listed)
