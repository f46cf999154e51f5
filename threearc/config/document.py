"""The JSON schema and the comments of ``config.yaml``, both from the sections."""

import json
import typing
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from threearc.config.sections import Config

HEADER = (
    "# The full study: five models, two domains. Keys and comments are made by `threearc document`; values are yours.\n"
)
WIDTH = 118


def json_schema() -> str:
    """The configuration's JSON schema, as text."""
    return json.dumps(Config.model_json_schema(), indent=1, sort_keys=True) + "\n"


def commented(values: Mapping[str, Any]) -> str:
    """``values`` as YAML in the sections' order of keys, every key with its description."""
    return HEADER + "".join(f"\n{block}" for block in _blocks(Config, values))


def _blocks(model: type[BaseModel], values: Mapping[str, Any]) -> list[str]:
    return [
        "\n".join(_section(model, {name: values[name]}, 0, comment=True)) + "\n"
        for name in model.model_fields
        if name in values
    ]


def _section(model: type[BaseModel], values: Mapping[str, Any], depth: int, *, comment: bool) -> list[str]:
    pad = "  " * depth
    lines: list[str] = []
    for name, field in model.model_fields.items():
        if name not in values:
            continue
        value = values[name]
        if comment:
            lines.append(f"{pad}# {field.description}")
        inner = _model_in(field.annotation)
        if inner is None or value is None:
            lines.append(f"{pad}{name}: {_flow(value)}")
        elif typing.get_origin(field.annotation) is dict:
            lines.append(f"{pad}{name}:")
            # The first entry explains the keys; the others repeat them.
            for i, (entry, own) in enumerate(value.items()):
                lines.append(f"{pad}  {entry}:")
                lines += _section(inner, own, depth + 2, comment=comment and i == 0)
        else:
            lines.append(f"{pad}{name}:")
            lines += _section(inner, value, depth + 1, comment=comment)
    return lines


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a field holds, alone, as an option or as the values of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in typing.get_args(annotation):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...").strip()
