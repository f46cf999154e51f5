"""Checking a configuration before the DAG is built: one clear error, naming the key and what is allowed."""

import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from threearc.config.sections import Config
from threearc.domains.protocol import CALIBRATION, known_domains, load_domain
from threearc.judging.rules import known_axes
from threearc.models.miniature.architectures import attention_heads
from threearc.operators.adapters import MAIN
from threearc.provenance.errors import StudyError

WHERE = "configuration"


def load_config(values: Mapping[str, Any]) -> Config:
    """Check merged configuration values, as Snakemake or YAML gives them.

    Raises:
        StudyError: for the first fault found, with the key, what it holds and what it may hold.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _explained(error) from None
    _check_names(config)
    return config


def _check_names(config: Config) -> None:
    """What pydantic cannot see: names that refer to other sections, domain folders and axes."""
    for part, known in (("models", config.models), ("domains", config.domains)):
        chosen = getattr(config.study, part)
        for name in chosen:
            if name not in known:
                raise _fault(
                    f"study.{part}", f"{name!r} is not described under {part!r}.", f"Allowed: {_listed(known)}."
                )
    for name, domain in config.domains.items():
        if name not in known_domains():
            raise _fault(
                f"domains.{name}",
                "There is no such domain.",
                f"Allowed: {_listed(known_domains())}; or add the folder threearc/domains/{name}/.",
            )
        allowed = known_axes(load_domain(name).instrument)
        for axis in domain.axes:
            if axis not in allowed:
                raise _fault(
                    f"domains.{name}.axes", f"{axis!r} is not an axis of this domain.", f"Allowed: {_listed(allowed)}."
                )
        calibration = CALIBRATION[load_domain(name).instrument]
        if calibration not in domain.axes:
            raise _fault(
                f"domains.{name}.axes",
                f"{calibration!r} is missing.",
                "Add it: a claim on the disposition humble rests on it.",
            )
        benchmarks = load_domain(name).benchmarks
        if domain.benchmark is not None and domain.benchmark not in benchmarks:
            raise _fault(
                f"domains.{name}.benchmark",
                f"{domain.benchmark!r} is not a benchmark of this domain.",
                f"Allowed: {_listed([*benchmarks, 'null'])}.",
            )
    labels = config.judging.validation
    if labels is not None and not Path(labels).is_file():
        raise _fault("judging.validation", f"There is no file {labels!r}.", "Name a file, or null for none.")
    _check_models(config)
    if MAIN in config.sft.variants:
        raise _fault("sft.variants", f"A variant cannot be called {MAIN}: that is sft itself.", "Call it otherwise.")
    for recipe in config.sft.recipes:
        described = [MAIN, *config.sft.variants]
        if recipe not in described:
            raise _fault(
                "sft.recipes", f"{recipe!r} is not described under sft.variants.", f"Allowed: {_listed(described)}."
            )
    if "sidecar" in config.study.operators and config.sidecar.least_class < config.sidecar.folds:
        raise _fault(
            "sidecar.least_class", "It is less than sidecar.folds.", "Every fold needs an answer of each class."
        )


def _check_models(config: Config) -> None:
    """Budgets and heads against every model of the study."""
    longest, tempering = max(config.answering.budgets, default=0), config.tempering
    for name in config.study.models:
        model = config.models[name]
        own = model.decoding.max_tokens if model.source == "hub" else None
        limit = config.answering.decoding.max_tokens if own is None else own
        if longest > limit:
            key = "answering.decoding.max_tokens" if own is None else f"models.{name}.decoding.max_tokens"
            raise _fault(
                "answering.budgets",
                f"{longest} is more than {key}.",
                "Budgets are cut from the long generation: lower it, or raise max_tokens.",
            )
        shape = model.shape
        heads = None if shape is None else attention_heads(shape.architecture, shape.layers, shape.heads)
        if "tempered" in config.study.operators and heads is not None and 2 * tempering.heads > heads:
            raise _fault(
                "tempering.heads",
                f"{name} has {heads} heads: too few for {tempering.heads} and as many controls.",
                f"Use at most {heads // 2}.",
            )


def _explained(error: ValidationError) -> StudyError:
    """The first fault of a validation in one sentence."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    kind = first["type"]
    if kind == "extra_forbidden":
        *parents, last = first["loc"]
        allowed = _keys_at(Config, parents)
        section = ".".join(str(part) for part in parents) or "the top level"
        return _fault(key, f"There is no key {last!r} in {section}.", f"Allowed: {_listed(allowed)}.")
    if kind == "missing":
        return _fault(key, "This key is missing.", "Copy it, with its comment, from config.yaml.")
    shown = repr(first["input"])
    message = first["msg"].removeprefix("Value error, ")
    return _fault(key, f"{shown if len(shown) < 80 else shown[:77] + '...'} is not allowed here.", f"{message}.")


def _keys_at(model: type[BaseModel], path: list[Any]) -> list[str]:
    """Keys of the section at ``path``."""
    kind: Any = model
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        if typing.get_origin(kind) in (dict, Mapping):
            # The next part of the path is the entry's own name.
            kind = _Entry(typing.get_args(kind)[1])
            continue
        if isinstance(kind, _Entry):
            kind = kind.kind
        if typing.get_origin(kind) in (typing.Union, types.UnionType):
            kind = next(k for k in typing.get_args(kind) if k is not type(None))
    if isinstance(kind, _Entry):
        kind = kind.kind
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


class _Entry:
    """The type of a mapping's values, before the key has been passed."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind


def _fault(key: str, what: str, remedy: str) -> StudyError:
    return StudyError(what, where=f"{WHERE}, key {key}", remedy=remedy)


def _listed(names: Any) -> str:
    return ", ".join(str(name) for name in names)
