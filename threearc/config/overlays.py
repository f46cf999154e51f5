"""Configuration files laid over one another, as Snakemake does it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from threearc.provenance.errors import StudyError


def merged(files: Sequence[Path]) -> dict[str, Any]:
    """Configuration files laid over one another: mappings merge, anything else is replaced.

    Raises:
        StudyError: if a file is missing or is not a YAML mapping.
    """
    values: dict[str, Any] = {}
    for file in files:
        try:
            found = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise StudyError(
                f"The file cannot be read ({error}).", where=str(file), remedy="Give a YAML file."
            ) from None
        if not isinstance(found, dict):
            raise StudyError("The file does not hold a mapping.", where=str(file), remedy="See config.yaml.")
        lay_over(values, found)
    return values


def lay_over(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Change ``values`` in place by what an overlay says."""
    for key, change in changes.items():
        if isinstance(change, Mapping) and isinstance(values.get(key), dict):
            lay_over(values[key], change)
        else:
            values[key] = change
