"""``threearc plan``: what a study can settle, and what it costs, before anything of it is made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from threearc.config.sections import Config
from threearc.config.slices import adapters_of, settings_of
from threearc.domains.protocol import load_domain
from threearc.domains.selection import limited
from threearc.effects.outcomes import Outcome, join
from threearc.operators.adapters import MAIN
from threearc.planning.arms import TRAINED, Arm, planned_arms
from threearc.planning.assumptions import Assumptions
from threearc.planning.contrasts import Field, PlannedContrast, Size, claims, families, planned_contrasts, size_of
from threearc.planning.costs import Asking, Costs, cell_costs, domain_costs
from threearc.planning.measured import measured
from threearc.records.jsonl import read_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import read_responses


@dataclass(frozen=True)
class PlannedCell:
    """One model in one domain.

    Attributes:
        splits: prompts, entries and what can be checked, by split.
        train_seeds: of adapters, where any are trained.
        arms: beside base and its A/A arms.
    """

    domain: str
    model: str
    splits: dict[str, Size]
    decode_seeds: list[int]
    train_seeds: list[int]
    assumed: Assumptions
    arms: list[Arm]
    contrasts: list[PlannedContrast]
    costs: Costs


@dataclass(frozen=True)
class Forecast:
    """The whole study.

    Attributes:
        family, damage_family: tests that share Holm's correction, at most.
        domains: costs that a domain's models share.
        total: of all cells and domains.
    """

    study: str
    level: float
    family: int
    damage_family: int
    cells: list[PlannedCell]
    domains: dict[str, Costs]
    total: Costs = field(default_factory=Costs)


@dataclass(frozen=True)
class _Domain:
    prompts: dict[str, list[Prompt]]
    sizes: dict[str, Size]
    arms: list[Arm]


def forecast(config: Config, results: Path | None = None) -> Forecast:
    """The plan of a study, from its configuration and its domains' data alone.

    Args:
        results: a folder of results whose base answers are taken instead of assumptions, where they have been judged.
    """
    damping, doses = config.tempering.model_dump(mode="json"), config.controls.doses if config.controls.enabled else []
    arms = planned_arms(config.study.operators, adapters_of(config), damping, doses, len(config.seeds.decode))
    domains = {name: _domain(config, name, arms) for name in config.study.domains}
    per_cell = [
        families(load_domain(name).instrument, _axes(config, name), arms, _measured(own))
        for name, own in domains.items()
    ]
    models = len(config.study.models)
    family, damage_family = (models * sum(counts) for counts in zip(*per_cell, strict=True))
    cells = [
        cell
        for (name, own), (claims, _) in zip(domains.items(), per_cell, strict=True)
        for cell in _cells(config, name, own, (max(1, family), max(1, claims), damage_family), results)
    ]
    shared = {name: domain_costs(own.prompts, _trains(config)) for name, own in domains.items()}
    total = sum([*(cell.costs for cell in cells), *shared.values()], start=Costs())
    return Forecast(config.study.name, config.analysis.level, family, damage_family, cells, shared, total)


def _domain(config: Config, name: str, arms: list[Arm]) -> _Domain:
    domain, own = load_domain(name), config.domains[name]
    entries = config.study.entries.model_dump()
    prompts = {split: limited(domain.prompts(split), entries[split]) for split in ("train", "eval", "fresh")}
    if own.benchmark is not None:
        prompts["benchmark"] = domain.benchmarks[own.benchmark]()
    return _Domain(prompts, {split: size_of(domain, rows) for split, rows in prompts.items()}, arms)


def _cells(
    config: Config, name: str, own: _Domain, tests: tuple[int, int, int], results: Path | None
) -> Iterator[PlannedCell]:
    @cache
    def contrasts(assumed: Assumptions) -> list[PlannedContrast]:
        shared = Field(
            instrument=load_domain(name).instrument,
            axes=_axes(config, name),
            sizes=_measured(own),
            seeds=len(config.seeds.decode),
            assumed=assumed,
            family=tests[0],
            claims=tests[1],
            damage_family=tests[2],
            analysis=config.analysis.model_dump(mode="json"),
        )
        return planned_contrasts(own.arms, shared)

    for model in config.study.models:
        assumed = assumptions(config, name)
        if results is not None:
            assumed = _seen(config, name, own, results / name / model, assumed)
        yield PlannedCell(
            domain=name,
            model=model,
            splits=own.sizes,
            decode_seeds=config.seeds.decode,
            train_seeds=config.seeds.train if _trains(config) else [],
            assumed=assumed,
            arms=own.arms,
            contrasts=contrasts(assumed),
            costs=cell_costs(own.prompts, own.arms, _asking(config, name, model, assumed.accuracy)),
        )


def _seen(config: Config, name: str, own: _Domain, cell: Path, assumed: Assumptions) -> Assumptions:
    """The assumptions on a cell, with what its results show of base."""
    prompts = {prompt.id: prompt for rows in own.prompts.values() for prompt in rows}
    outcomes: list[Outcome] = []
    for file in ("base.jsonl", "recovery.jsonl"):
        paths = [cell / kind / file for kind in ("responses", "judgements")]
        if all(path.exists() for path in paths):
            responses = list(read_responses(paths[0], prompts))
            judged = read_records(paths[1], Judgement)
            outcomes += join(responses, judged, prompts, {}, config.analysis.correct_coverage, str(paths[1]))
    axes = [m.name for m in claims(load_domain(name).instrument, _axes(config, name)) if m.margin == "axis"]
    return measured(outcomes, axes, assumed)


def assumptions(config: Config, domain: str) -> Assumptions:
    """What is taken for granted of a domain."""
    planning = config.planning
    change = planning.domains.get(domain)
    values: dict[str, Any] = planning.model_dump(exclude={"domains", "answer_tokens"})
    return Assumptions(**values | (change.model_dump(exclude_none=True) if change is not None else {}))


def _asking(config: Config, domain: str, model: str, accuracy: float) -> Asking:
    adapters = len(adapters_of(config))
    if "dpo" in config.study.operators and ("sft" not in config.study.operators or MAIN not in config.sft.recipes):
        # What preference training goes on from is trained, too, though it answers nothing.
        adapters += len(config.seeds.train)
    decoding = settings_of("answer_base", config, domain=domain, model=model)["decoding"]
    return Asking(
        seeds=len(config.seeds.decode),
        budgets=config.answering.budgets,
        max_tokens=decoding["max_tokens"],
        answer_tokens=config.planning.answer_tokens,
        accuracy=accuracy,
        trains=_trains(config),
        adapters=adapters,
    )


def _axes(config: Config, domain: str) -> Sequence[str]:
    return config.domains[domain].axes


def _measured(own: _Domain) -> dict[str, Size]:
    return {split: size for split, size in own.sizes.items() if split != "train"}


def _trains(config: Config) -> bool:
    return bool({*TRAINED} & {*config.study.operators})
