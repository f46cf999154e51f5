"""A fingerprint of the first-party code that a script runs.

The script and every module of its package that it imports, directly or through others, are parsed; comments,
docstrings and formatting fall away with the parsing, and what is left is hashed. The package hashed is the one that
Python would import, wherever the checkout is.

Data have a place of their own: a folder ``data/`` beside the modules that read it, hashed with every script that
imports one of these modules.
"""

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

from threearc.provenance.hashing import ID_DIGITS, content_id, folder_hashes

PACKAGE = "threearc"
#: What surrounds a job: it decides whether a result is written and what is told, never what a result holds, so a
#: change of it reruns nothing.
AROUND = frozenset(
    f"{PACKAGE}.provenance.{name}"
    for name in "errors failures faults fingerprint intact job keys reads stamps stores".split()
)


def fingerprint(script: str | Path, also: Iterable[str] = ()) -> str:
    """Hash of the code of ``script``, of all it imports from the package, and of the modules named in ``also``.

    Args:
        also: modules that are imported by a name known only when the script runs, such as a cell's domain.
    """
    modules = modules_of(script, also)
    return content_id([_code_hash(Path(script).read_bytes()), {name: _code_hash(_source(name)) for name in modules}])


def modules_of(script: str | Path, also: Iterable[str] = ()) -> list[str]:
    """The modules of the package that a script runs, sorted."""
    return closure([*_imports(Path(script).read_bytes(), ""), *also])


def package_data(modules: Iterable[str]) -> dict[str, str]:
    """Hashes of the data files of ``modules``: all that lies in a folder ``data/`` beside one of them."""
    root = package_root()
    folders = {root.joinpath(*module.split(".")[1:-1], "data") for module in modules}
    return {
        f"{folder.relative_to(root).as_posix()}/{name}": digest
        for folder in sorted(folders)
        if folder.is_dir()
        for name, digest in _folder_hashes(folder).items()
    }


def closure(names: Iterable[str]) -> list[str]:
    """The modules of the package that importing ``names`` brings in, sorted."""
    found: set[str] = set()
    waiting = [name for name in names if _source(name) is not None]
    while waiting:
        name = waiting.pop()
        if name in found or name in AROUND:
            continue
        found.add(name)
        waiting += [other for other in _imports_of(name) if other not in found]
    return sorted(found)


@functools.cache
def _imports_of(module: str) -> tuple[str, ...]:
    return tuple(_imports(_source(module) or b"", module))


@functools.cache
def _source(module: str) -> bytes | None:
    """Source of a module of the package; None if there is no such module. Nothing is executed."""
    path = package_root().joinpath(*module.split(".")[1:])
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file.read_bytes()
    return None


@functools.cache
def package_root() -> Path:
    """The folder of the package that an import would find."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {PACKAGE} is not installed")
    return Path(package.submodule_search_locations[0])


_folder_hashes = functools.cache(folder_hashes)


@functools.cache
def _code_hash(source: bytes | None) -> str:
    tree = _without_docstrings(ast.parse(source or b""))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:ID_DIGITS]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree


def _imports(source: bytes, module: str) -> Iterator[str]:
    """Modules of the package that a source names in import statements, at the top or inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{module or 'a script'} has a relative import; name the module in full")
            # `from package.folder import module` and `from package.module import thing` look alike.
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.split(".")[0] == PACKAGE and _source(name) is not None:
                yield name
