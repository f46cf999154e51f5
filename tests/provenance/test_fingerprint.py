import pytest

from threearc.provenance import fingerprint as module
from threearc.provenance.fingerprint import AROUND, fingerprint, modules_of, package_data

SCRIPT = '''"""What it does."""

from threearc.one import f


def main():
    """Doc."""
    return f(1)  # why
'''
MODULES = {
    "one.py": "from threearc.two import g\n\n\ndef f(x):\n    return g(x)\n",
    "two.py": "def g(x):\n    return x + 1\n",
    "three.py": "def h(x):\n    return x\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of three modules and a script that reaches two of them."""
    root = tmp_path / "threearc"
    root.mkdir()
    (root / "__init__.py").touch()
    for name, source in MODULES.items():
        (root / name).write_text(source)
    (tmp_path / "script.py").write_text(SCRIPT)
    monkeypatch.setattr(module, "package_root", lambda: root)

    def forget():
        for cached in (module._source, module._imports_of, module._code_hash, module._folder_hashes):
            cached.cache_clear()

    forget()
    yield tmp_path, forget
    forget()


def after(package, file, change):
    """The fingerprint after a change to a file."""
    root, forget = package
    path = root / file
    path.write_text(change(path.read_text()))
    forget()
    return fingerprint(root / "script.py")


def test_the_script_and_what_it_imports_in_turn_count(package):
    assert modules_of(package[0] / "script.py") == ["threearc.one", "threearc.two"]


@pytest.mark.parametrize("file", ["script.py", "threearc/one.py", "threearc/two.py"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n# a remark\n",
        lambda text: text.replace("(x)", "( x )").replace("\n\n\n", "\n\n\n\n"),
        lambda text: text.replace('"""Doc."""', '"""Another doc."""').replace(
            "def g(x):\n", 'def g(x):\n    """New."""\n'
        ),
    ],
    ids=["comment", "formatting", "docstring"],
)
def test_comments_formatting_and_docstrings_do_not_count(package, file, change):
    before = fingerprint(package[0] / "script.py")
    assert after(package, file, change) == before


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("script.py", lambda text: text.replace("f(1)", "f(2)")),
        ("threearc/one.py", lambda text: text.replace("g(x)", "g(x) * 2")),
        ("threearc/two.py", lambda text: text.replace("+ 1", "+ 2")),
    ],
)
def test_code_counts_wherever_it_is_reached(package, file, change):
    before = fingerprint(package[0] / "script.py")
    assert after(package, file, change) != before


def test_modules_that_are_not_reached_do_not_count_unless_named(package):
    root, _forget = package
    before, named = fingerprint(root / "script.py"), fingerprint(root / "script.py", ["threearc.three"])
    assert before != named
    assert after(package, "threearc/three.py", lambda text: text.replace("return x", "return -x")) == before
    assert fingerprint(root / "script.py", ["threearc.three"]) != named


def test_imports_inside_functions_count(package):
    after(package, "threearc/two.py", lambda text: "def g(x):\n    from threearc.three import h\n    return h(x)\n")
    assert "threearc.three" in modules_of(package[0] / "script.py")


def test_relative_imports_are_refused(package):
    with pytest.raises(ValueError, match="relative import"):
        after(package, "threearc/one.py", lambda text: "from .two import g\n")


def test_data_beside_a_module_is_hashed_with_it(package):
    root, forget = package
    (root / "threearc/data").mkdir()
    (root / "threearc/data/facts.yaml").write_text("a: 1\n")
    before = package_data(["threearc.one"])
    assert list(before) == ["data/facts.yaml"]
    (root / "threearc/data/facts.yaml").write_text("a: 2\n")
    forget()
    assert package_data(["threearc.one"]) != before


def test_a_judging_script_brings_in_no_student_and_no_other_domain(repository):
    modules = modules_of(repository / "workflow_scripts/judge_arm.py", ["threearc.domains.chef.domain"])
    assert "threearc.domains.chef.domain" in modules
    assert not [name for name in modules if name.startswith(("threearc.domains.coding", "threearc.models.miniature"))]
    assert not [name for name in modules if name.startswith(("threearc.config", "threearc.operators"))]


def test_what_surrounds_a_job_does_not_count(repository):
    """A change of how a job is stamped or what it tells must not rerun a study."""
    assert not AROUND & {*modules_of(repository / "workflow_scripts/assess_cell.py")}
    root = repository / "threearc"
    assert all((root / name.split(".", 1)[1].replace(".", "/")).with_suffix(".py").exists() for name in AROUND)
