"""Reading a domain's data files, with errors that name the file and the place."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from threearc.provenance.errors import StudyError

T = TypeVar("T")
# The C loader reads a fact base in a tenth of the time; it is missing only where libyaml is.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_data(path: Path, kind: type[T]) -> T:
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
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StudyError(f"At {place}: {first['msg']}.", where=str(path), remedy="Mend the entry named.") from None
