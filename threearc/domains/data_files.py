"""Reading a domain's data files, with errors that name the file and the place, and what their values may be."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from threearc.provenance.errors import StudyError

T = TypeVar("T")
# The C loader reads a fact base in a tenth of the time; it is missing only where libyaml is.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Shape(BaseModel):
    """A mapping of a data file: no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def slots(*needed: str) -> AfterValidator:
    """A check of templates for ``str.format``: all slots named stand there, and no others."""

    def check(template: str) -> str:
        found = {slot for _, slot, _, _ in Formatter().parse(template) if slot is not None}
        for slot in [*sorted(found - {*needed}), *(slot for slot in needed if slot not in found)]:
            what = "is missing" if slot in needed else "is not known here"
            raise ValueError(f"the slot {{{slot}}} {what}; write {_listed(needed) or 'none'}")
        return template

    return AfterValidator(check)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _compiles(pattern: str) -> str:
    try:
        # Judges join patterns: what stands second must be sound there too.
        re.compile(f"x|{pattern}")
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression ({error})") from None
    if re.search(pattern, ""):
        raise ValueError(f"{pattern!r} matches where nothing stands, so it is found in every text")
    return pattern


def _different(values: list[T]) -> list[T]:
    twice = [value for i, value in enumerate(values) if value in values[:i]]
    if twice:
        raise ValueError(f"{twice[0]!r} stands there twice")
    return values


Share = Annotated[float, Field(ge=0, le=1)]
Pattern = Annotated[str, AfterValidator(_compiles)]
Unique = Annotated[list[T], AfterValidator(_different)]


def read_data(path: Path, kind: type[T] | TypeAdapter[T]) -> T:
    """Read a YAML file as ``kind``.

    Raises:
        StudyError: if the file is missing, is not YAML, or does not have the shape of ``kind``.
    """
    try:
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StudyError(
            f"The data cannot be read ({error}).", where=str(path), remedy="Restore or mend the file."
        ) from None
    try:
        return (kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the top"
        what = f"At {place}: {first['msg'].removeprefix('Value error, ')}."
        raise StudyError(what, where=str(path), remedy="Mend the entry named.") from None


def by_name(rows: Iterable[T], name: Callable[[T], str], where: str) -> dict[str, T]:
    """Rows by their names.

    Args:
        where: the file, or files, that they come from.

    Raises:
        StudyError: if two rows have one name: one of them would vanish.
    """
    found: dict[str, T] = {}
    for row in rows:
        if name(row) in found:
            what = f"The entry {name(row)} stands there twice."
            raise StudyError(what, where=where, remedy="Keep it in one place: what is taught must not be fresh.")
        found[name(row)] = row
    return found
