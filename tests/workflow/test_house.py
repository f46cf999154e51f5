"""The house itself: style, types, sizes, and imports that run one way."""

import ast
import re
import subprocess
import sys

import pytest
import yaml

from threearc.provenance.fingerprint import _imports

#: Each layer may import those before it, and modules of its own; config is read at the edge only.
LAYERS = [
    {"provenance", "statistics", "records"},
    {"domains", "models", "engines"},
    {"operators", "judging", "teachers"},
    {"effects"},
    {"guards"},
    {"verdicts"},
    {"planning"},
    {"reporting", "validation"},
    {"config"},
    {"front"},
    {"cli"},
]


def run(repository, *command):
    done = subprocess.run([sys.executable, "-m", *command], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def modules(repository):
    root = repository / "threearc"
    for path in sorted(root.rglob("*.py")):
        name = ".".join(path.relative_to(repository).with_suffix("").parts).removesuffix(".__init__")
        yield name, path


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("snakefmt", "--check", "Snakefile", "rules"),
        ("snakemake", "--lint"),
    ],
    ids=lambda command: command[0],
)
def test_tools_find_nothing(repository, command):
    run(repository, *command)


def test_scripts_and_modules_can_be_read_in_one_sitting(repository):
    for folder, most in (("workflow_scripts", 120), ("threearc", 400), ("rules", 200), ("tests", 400)):
        for path in [*(repository / folder).rglob("*.py"), *(repository / folder).rglob("*.smk")]:
            lines = len(path.read_text().splitlines())
            assert lines <= most, f"{path}: {lines} lines"


def test_packages_are_empty(repository):
    assert all(not path.read_text() for path in (repository / "threearc").rglob("__init__.py"))


def layer_of(module):
    part = module.split(".")[1] if "." in module else "threearc"
    return next((i for i, layer in enumerate(LAYERS) if part in layer), None)


def test_imports_run_one_way(repository):
    for name, path in modules(repository):
        own = layer_of(name)
        for other in set(_imports(path.read_bytes(), name)):
            theirs = layer_of(other)
            if own is not None and theirs is not None:
                assert theirs <= own, f"{name} imports {other}"


def test_imports_have_no_circles(repository):
    reached = {name: set(_imports(path.read_bytes(), name)) for name, path in modules(repository)}
    waiting = dict(reached)
    while waiting:
        free = [name for name, others in waiting.items() if not (others - {name}) & waiting.keys()]
        assert free, f"a circle among {sorted(waiting)}"
        for name in free:
            del waiting[name]


def test_heavy_libraries_are_imported_where_they_are_used(repository):
    heavy = {
        "torch",
        "transformers",
        "trl",
        "peft",
        "vllm",
        "datasets",
        "sklearn",
        "scipy",
        "statsmodels",
        "datasketch",
        "matplotlib",
    }
    for name, path in modules(repository):
        for node in ast.parse(path.read_bytes()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {n.split(".")[0] for n in names} & heavy, f"{name} imports {names} at the top"


def test_the_library_knows_nothing_of_snakemake(repository):
    for name, path in modules(repository):
        if name.startswith("threearc.front."):
            continue
        assert not re.search(r"^\s*(import|from) snakemake", path.read_text(), re.MULTILINE), name


def test_every_rule_says_what_it_does_and_leaves_a_trace(repository):
    text = "\n".join(path.read_text() for path in sorted((repository / "rules").glob("*.smk")))
    rules = re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert {name for name, _ in rules} == {path.stem for path in (repository / "workflow_scripts").glob("*.py")}
    for name, body in rules:
        for directive in (
            "message:",
            "log:",
            "benchmark:",
            "conda:",
            f'key=key("{name}")',
            f'log_of("{name}"',
            f'benchmark_of("{name}"',
        ):
            assert directive in body, f"{name} has no {directive}"
        assert f'script:\n        "../workflow_scripts/{name}.py"' in body


def pins(lines):
    rows = (re.match(r"\s*(?:- )?([\w.-]+)==(\S+)", line) for line in lines)
    return {row[1]: row[2] for row in rows if row}


def test_environments_hold_the_locks_pins_and_install_threearc(repository):
    lock = pins((repository / "requirements/study.lock").read_text().splitlines())
    for name, extra in (("compute", "[compute]"), ("analysis", "")):
        listed = yaml.safe_load((repository / f"envs/{name}.yaml").read_text())["dependencies"][-1]["pip"]
        assert listed[-1] == f"-e ../..{extra}"
        own = pins(listed[:-1])
        assert len(own) == len(listed) - 1 and own.items() <= lock.items()
        if name == "compute":
            assert own == lock
    direct = pins((repository / "requirements/study.in").read_text().splitlines())
    assert {name.lower(): version for name, version in direct.items()}.items() <= lock.items()


def test_the_analysis_environment_holds_all_that_its_rules_import(repository):
    """Rules that load no model must not reach for a library that their environment lacks."""
    from threearc.provenance.fingerprint import _source, modules_of

    listed = yaml.safe_load((repository / "envs/analysis.yaml").read_text())["dependencies"][-1]["pip"]
    known = {
        "yaml" if n == "pyyaml" else "sklearn" if n == "scikit-learn" else n.replace("-", "_") for n in pins(listed)
    }
    known |= {"threearc", *sys.stdlib_module_names}
    text = "\n".join(path.read_text() for path in (repository / "rules").glob("*.smk"))
    light = [
        name
        for name, body in re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
        if "analysis.yaml" in body
    ]
    assert len(light) > 8
    for rule in light:
        script = repository / f"workflow_scripts/{rule}.py"
        domains = [f"threearc.domains.{name}.domain" for name in ("chef", "coding")]
        for module in modules_of(script, domains):
            for node in ast.walk(ast.parse(_source(module))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) else []
                missing = {n.split(".")[0] for n in names} - known
                assert not missing or module.startswith(("threearc.models", "threearc.engines")), (
                    rule,
                    module,
                    missing,
                )


#: What opens or makes a file to be written: methods, and functions of modules.
METHODS = {
    *("write_text", "write_bytes", "touch", "symlink_to", "hardlink_to", "savefig", "to_csv", "to_json", "to_parquet"),
    *("save_pretrained", "save_file", "save_model"),
}
FUNCTIONS = {
    "os": {"fdopen", "symlink", "link", "rename"},
    "shutil": {"copy", "copy2", "copyfile", "copytree", "move"},
    "np": {"save", "savez", "savez_compressed", "savetxt", "memmap"},
    "json": {"dump"},
    "torch": {"save"},
    "yaml": {"dump"},
}
#: Who may, all or one of its functions: the writers themselves, and those that write what is no result.
MAY_WRITE = {
    "threearc.provenance.files": None,
    "threearc.provenance.stores": "append",
    "threearc.provenance.job": "__init__",
    "threearc.front.claims": None,
    "threearc.models.hub": "_lay",
    "threearc.reporting.figures": "_figure",
    "threearc.judging.sandbox_worker": "run",
}


def writes(node, inside=()):
    """Lines of a syntax tree that write files outside of a block that replaces a file or folder whole, and the
    functions around them."""
    if isinstance(node, ast.FunctionDef):
        inside = (*inside, node.name)
    if isinstance(node, ast.With):
        entered = [item.context_expr.func for item in node.items if isinstance(item.context_expr, ast.Call)]
        if {name.id for name in entered if isinstance(name, ast.Name)} & {"replacing", "replacing_folder"}:
            return
    if isinstance(node, ast.Attribute):
        of = FUNCTIONS.get(node.value.id, set()) if isinstance(node.value, ast.Name) else set()
        if node.attr in METHODS | of:
            yield node.lineno, inside
    called = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
    if called == "open":
        mode = [
            *node.args[isinstance(node.func, ast.Name) :][:1],
            *(key.value for key in node.keywords if key.arg == "mode"),
        ]
        if mode and not (isinstance(mode[0], ast.Constant) and not set(mode[0].value) & set("wax+")):
            yield node.lineno, inside
    for child in ast.iter_child_nodes(node):
        yield from writes(child, inside)


def test_results_are_written_whole_or_not_at_all(repository):
    scripts = [(path.stem, path) for path in sorted((repository / "workflow_scripts").glob("*.py"))]
    used = set()
    for name, path in [*modules(repository), *scripts]:
        for line, functions in writes(ast.parse(path.read_bytes())):
            assert name in MAY_WRITE, f"{path}, line {line}: writes in place; use replacing or replacing_folder"
            assert MAY_WRITE[name] in (None, *functions), f"{path}, line {line}"
            used.add(name)
    assert used == MAY_WRITE.keys(), "an exception that nobody needs"
