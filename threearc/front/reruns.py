"""The rerun table: which rules read a key of the configuration, a module, a data file; found by trying, not by hand."""

import copy
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from threearc.config.base import Section
from threearc.config.load import load_config
from threearc.config.sections import Config
from threearc.config.slices import LIBRARIES, jobs_of, reads, settings_of
from threearc.domains.protocol import known_domains
from threearc.provenance.fingerprint import AROUND, closure, modules_of, package_data
from threearc.provenance.hashing import canonical

#: Keys that also decide which jobs there are.
SHAPING = {"study.results", "study.models", "study.domains", "study.operators", "seeds.train", "sft.recipes"}
SHAPING |= {"models.*.source", "domains.*.benchmark", "controls.enabled"}
HEAD = """# What reruns what

Made by `threearc document`; a test fails where it is out of date, and `make soak` holds every line against what
Snakemake plans. Named are the rules that **read** something; all rules that come after them rerun too. Keys marked *
decide which jobs there are, as well: what is added runs, what is taken out stays on the disk until you remove it
(`threearc status`). A key of one model or domain reruns that model's or domain's jobs only. Nothing else reruns
anything: no comment, docstring or formatting, no time stamp, no checkout elsewhere.
"""


def rerun_table(configs: Sequence[Mapping[str, Any]], scripts: Path) -> str:
    """The table as Markdown.

    Args:
        configs: merged configurations that between them use every key.
        scripts: the folder of the rules' scripts.
    """
    keys: dict[str, set[str]] = {}
    for values in configs:
        for key, rules in readers_of_keys(values).items():
            keys.setdefault(key, set()).update(rules)
    marked = {key + ("*" if key in SHAPING else ""): rules for key, rules in keys.items()}
    modules, data = _sources(sorted(scripts.glob("*.py")), _told(load_config(configs[0])))
    libraries: dict[str, set[str]] = {}
    for rule, packages in LIBRARIES.items():
        for package in packages:
            libraries.setdefault(package, set()).add(rule)
    around = ", ".join(f"`{name}`" for name in sorted(AROUND))
    return "\n".join(
        [
            HEAD,
            *_section("Keys of the configuration", "key", marked),
            *_section("Modules", "module", modules),
            "Of `threearc.domains` a job reads the modules of the domain that it is told, and no other's. What",
            f"surrounds a job counts nowhere, for it changes no result: {around}.\n",
            *_section("Data files", "file", data),
            *_section("Versions of libraries", "library", libraries),
        ]
    )


def readers_of_keys(values: Mapping[str, Any]) -> dict[str, set[str]]:
    """The rules whose settings change when a key does, by key; a model's or domain's name is left open."""
    config = load_config(values)
    jobs = [(rule, dict(wildcards)) for rule, wildcards in jobs_of(config)]
    before = _settings(config, jobs)
    found: dict[str, set[str]] = {}
    for path, value in _leaves(config.model_dump()):
        if value is None and _holds_a_section(_at(config, path[:-1]), path[-1]):
            continue
        key = ".".join("*" if i == 1 and path[0] in ("models", "domains") else part for i, part in enumerate(path))
        # Not checked again: another value need not be a sensible one to show who reads it.
        for other in _others(value):
            with warnings.catch_warnings(action="ignore"):
                after = _settings(_with(config, path, other), jobs)
            changed = {rule for (rule, _), old, new in zip(jobs, before, after, strict=True) if new not in (old, None)}
            found.setdefault(key, set()).update(changed)
    return found


def _settings(config: Config, jobs: Iterable[tuple[str, dict[str, str]]]) -> list[str | None]:
    """The settings of every job; None for a job that the configuration no longer has."""
    found: list[str | None] = []
    for rule, wildcards in jobs:
        try:
            found.append(canonical(settings_of(rule, config, **wildcards)))
        except KeyError:
            found.append(None)
    return found


def _leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from _leaves(value, (*path, key))
    else:
        yield path, values


def _others(value: Any) -> list[Any]:
    """Other values. Of a count both neighbours: there need not be more of what is counted."""
    counts = isinstance(value, int) and not isinstance(value, bool)
    return [_another(value), value - 1] if counts else [_another(value)]


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, list | tuple):
        return value[1:] if len(value) > 1 else [*value, *map(_another, value)] or [1]
    if value is None:
        return 1
    return f"{value}~" if isinstance(value, str) else value + 1


def _with(config: Config, path: Sequence[str], value: Any) -> Config:
    changed = copy.deepcopy(config)
    place = _at(changed, path[:-1])
    if isinstance(place, dict):
        place[path[-1]] = value
    else:
        object.__setattr__(place, path[-1], value)
    return changed


def _at(config: Config, path: Sequence[str]) -> Any:
    place: Any = config
    for part in path:
        place = place[part] if isinstance(place, dict) else getattr(place, part)
    return place


def _holds_a_section(place: Any, name: str) -> bool:
    """Is a key null that another configuration has a whole section under."""
    if isinstance(place, dict):
        return False
    kinds = get_args(type(place).model_fields[name].annotation)
    return any(isinstance(kind, type) and issubclass(kind, Section) for kind in kinds)


def _told(config: Config) -> dict[str, set[str]]:
    """The rules that are told a domain, with the splits that they are asked for one by one."""
    found: dict[str, set[str]] = {}
    for rule, wildcards in jobs_of(config):
        if "domain" in settings_of(rule, config, **wildcards):
            found.setdefault(rule, set()).update({wildcards["split"]} if "split" in wildcards else ())
    return found


def _sources(scripts: Sequence[Path], told: Mapping[str, set[str]]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The rules that can import a module, and those that may read a data file, by name."""
    modules: dict[str, set[str]] = {}
    data: dict[str, set[str]] = {}
    for script in scripts:
        own = modules_of(script)
        for name in own:
            modules.setdefault(name, set()).add(script.stem)
        for file in package_data(own):
            if reads(script.stem, {}, {}, file):
                data.setdefault(file, set()).add(script.stem)
    for domain in known_domains():
        module = f"threearc.domains.{domain}.domain"
        for name in closure([module]):
            modules.setdefault(name, set()).update(told)
        for file in package_data([module]):
            data[file] = {reader for rule, splits in told.items() for reader in _readers(file, rule, splits)}
    # Packages are empty.
    return {name: rules for name, rules in modules.items() if not any(n.startswith(f"{name}.") for n in modules)}, data


def _readers(file: str, rule: str, splits: set[str]) -> list[str]:
    """The jobs of a rule that may read a domain's file: the rule's name if all do, else with the split."""
    reading = [split for split in sorted(splits) if reads(rule, {"split": split}, {}, file)]
    if len(reading) == len(splits):
        return [rule] if splits or reads(rule, {}, {}, file) else []
    return [f"{rule}/{split}" for split in reading]


def _section(title: str, head: str, readers: Mapping[str, set[str]]) -> Iterator[str]:
    """One table; what has the same readers stands in one row."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, rules in readers.items():
        groups.setdefault(tuple(sorted(rules)), []).append(name)
    yield f"## {title}\n"
    yield f"| {head} | read by |"
    yield "|---|---|"
    for group, names in sorted(groups.items(), key=lambda item: (len(item[0]), item[0])):
        yield f"| {', '.join(f'`{name}`' for name in sorted(names))} | {', '.join(group) or 'none'} |"
    yield ""
