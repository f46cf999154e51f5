"""The console command ``threearc``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from threearc.config.document import commented, json_schema
from threearc.config.load import load_config
from threearc.provenance.errors import StudyError
from threearc.provenance.files import write_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; 0 if all is well, 1 with one message on the error stream if not."""
    parser = argparse.ArgumentParser(prog="threearc", description="Studies of dispositions in small language models.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check a configuration without running anything")
    check.add_argument("overlays", nargs="*", type=Path, help="files laid over config.yaml, in order")
    document = commands.add_parser("document", help="write the comments of config.yaml and the JSON schema anew")
    for command in (check, document):
        command.add_argument("--config", type=Path, default=Path("config.yaml"), help="the full configuration")
    document.add_argument(
        "--schema", type=Path, default=Path("schemas/config.schema.json"), help="where the schema goes"
    )
    given = parser.parse_args(arguments)
    try:
        if given.command == "check":
            config = load_config(merged([given.config, *given.overlays]))
            cells = len(config.study.models) * len(config.study.domains)
            print(f"The configuration is sound: {cells} cells, operators {', '.join(config.study.operators)}.")
        else:
            values = merged([given.config])
            load_config(values)
            write_text(given.config, commented(values))
            write_text(given.schema, json_schema())
    except StudyError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def merged(files: Sequence[Path]) -> dict[str, Any]:
    """Configuration files laid over one another as Snakemake does it: mappings merge, anything else is replaced.

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
        _lay_over(values, found)
    return values


def _lay_over(values: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, change in changes.items():
        if isinstance(change, dict) and isinstance(values.get(key), dict):
            _lay_over(values[key], change)
        else:
            values[key] = change


if __name__ == "__main__":
    sys.exit(main())
