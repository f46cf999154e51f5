"""``threearc repair``: finds what among the results cannot be believed, sets it aside or deletes it, and says so."""

import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from threearc.front.claims import at_work
from threearc.front.parts import is_part
from threearc.provenance.errors import StudyError
from threearc.provenance.files import read_json
from threearc.provenance.hashing import file_hash
from threearc.provenance.stores import is_store, repair_store

#: The results folder where none is named, as config.yaml has it.
RESULTS = Path("results")


@dataclass(frozen=True)
class Stamped:
    """What a stamp says of a result: the rule that made it, and the hash that it had then."""

    rule: str
    hash: str


@dataclass(frozen=True)
class Finding:
    """What was wrong with a file, and what was done.

    Attributes:
        file: the file.
        told: that, for people.
        again: the file is gone, and its rule can make it anew.
    """

    file: Path
    told: str
    again: bool = False


def repair(files: Sequence[Path], results: Path | None) -> list[str]:
    """Repair files, or all results if none is named; what to tell the user of it, line by line.

    Args:
        files: the files to look at.
        results: the study's results folder; None finds that of the first file by the stamps there.

    Raises:
        StudyError: if a run works on the results, or if nothing tells what a named file should hold.
    """
    folder = results or _home(files) or RESULTS
    _refuse_while_a_run_works(folder)
    if not (files or folder.is_dir()):
        raise StudyError("There is no such folder.", where=str(folder), remedy="Name the study's by --results.")
    stamps, torn = _stamps(folder)
    if files:
        findings = [finding for file in files for finding in _one(file, stamps, torn)]
    else:
        findings = [*map(_without_stamp, torn), *_all(folder, stamps)]
    lines = [f"{finding.file}: {finding.told}" for finding in findings]
    again = shlex.join(str(finding.file) for finding in findings if finding.again)
    if again:
        lines.append(f"To make anew what is gone: `threearc run {again}`, followed by the arguments of your run.")
    return lines or ["Nothing to repair: results are what their rules wrote, and all rows of stores are whole."]


def _one(file: Path, stamps: Mapping[Path, Stamped], torn: Sequence[Path]) -> Iterator[Finding]:
    stamped = stamps.get(file.resolve())
    if stamped is not None:
        yield from _checked(file, stamped)
    elif file.resolve() in {stamp.resolve() for stamp in torn}:
        yield _without_stamp(file)
    elif file.exists() and is_part(file, file.parent):
        yield _swept(file)
    elif file.is_file() and is_store(file):
        yield from _mended(file)
    elif file.exists():
        remedy = f"If a run is to make it anew, remove it: `rm {file}`."
        raise StudyError("Nothing tells what this file should hold.", where=str(file), remedy=remedy)
    else:
        remedy = "Give the path of a result, as the working directory has it."
        raise StudyError("There is no such file.", where=str(file), remedy=remedy)


def _all(folder: Path, stamps: Mapping[Path, Stamped]) -> Iterator[Finding]:
    for path, stamped in stamps.items():
        # A file that is missing was removed by somebody: a run makes it when it is needed.
        if path.exists():
            yield from _checked(_shown(path), stamped)
    for path in sorted(folder.rglob("*")):
        if is_part(path, folder):
            # What lies in a folder that was swept is gone.
            if path.exists():
                yield _swept(path)
        elif path.suffix == ".jsonl" and path.resolve() not in stamps and is_store(path):
            yield from _mended(path)


def _checked(file: Path, stamped: Stamped) -> Iterator[Finding]:
    if not file.exists():
        yield Finding(file, f"missing; {stamped.rule} wrote it.", again=True)
    elif file_hash(file) != stamped.hash:
        file.unlink()
        yield Finding(file, f"not the file that {stamped.rule} wrote; deleted.", again=True)


def _mended(store: Path) -> Iterator[Finding]:
    count = repair_store(store)
    if count:
        yield Finding(store, f"lines that are no rows: {count}, set aside in {store}.bad.")


def _swept(part: Path) -> Finding:
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink()
    return Finding(part, "left half written by a job that was killed; deleted.")


def _without_stamp(stamp: Path) -> Finding:
    rule = stamp.relative_to(next(p for p in stamp.parents if p.name == "stamps")).parts[0]
    stamp.unlink()
    return Finding(stamp, f"no stamp of a job; deleted. Run once with `--forcerun {rule}`: results need their stamps.")


def _stamps(folder: Path) -> tuple[dict[Path, Stamped], list[Path]]:
    """What the stamps say of each result, by its full path; and the stamps that are torn."""
    found: dict[Path, Stamped] = {}
    torn = []
    for stamp in sorted(folder.glob("stamps/**/*.json")):
        try:
            row = read_json(stamp)
            found |= {Path(path).resolve(): Stamped(row["rule"], digest) for path, digest in row["outputs"].items()}
        except (StudyError, KeyError, TypeError, AttributeError):
            torn.append(stamp)
    return found, torn


def _home(files: Sequence[Path]) -> Path | None:
    """The results folder that a file lies in."""
    return next((folder for file in files[:1] for folder in file.parents if (folder / "stamps").is_dir()), None)


def _shown(path: Path) -> Path:
    """A full path as the user would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _refuse_while_a_run_works(results: Path) -> None:
    who = at_work(results, Path())
    if who is not None:
        remedy = "Repair it when that has ended."
        raise StudyError(f"A run is working on this folder: {who}.", where=str(results), remedy=remedy)
