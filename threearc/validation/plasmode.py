"""Plasmode studies: real answers to real prompts, drawn again entry by entry as base and as untreated arms.

What is planted then lies on judgements that no model made up: real rates, real scores, real style, and all that they
have to do with each other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from threearc.effects.outcomes import Outcome, join
from threearc.judging.arm import certainties
from threearc.provenance.errors import StudyError
from threearc.records.jsonl import by_id, read_all, read_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt, Split
from threearc.records.responses import read_responses
from threearc.validation.answers import (
    CERTAINTIES,
    EMPTY_CHECK,
    NO_CHECK,
    NOT_ASKED,
    REAL_CHECK,
    UNKNOWN,
    Answers,
    Form,
)
from threearc.validation.worlds import SPLITS, Places, Size


@dataclass(frozen=True)
class Pool:
    """Real answers of base to the prompts of one domain and split: a row of ``rows`` per answer.

    Attributes:
        prompts: for each entry, the places of its prompts' answers.
    """

    rows: Answers
    prompts: tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class Plasmode:
    """Pools by domain and split.

    Attributes:
        churn: share of the answers that are another entry's in place of the own, in every arm alike, where a prompt was
            answered once only: without it base would be its own treatment.
    """

    pools: Mapping[tuple[str, Split], Pool]
    churn: float = 0.3

    def draw(self, form: Form, split: Split, size: Size, rng: np.random.Generator) -> Callable[[], Answers]:
        """Entries drawn from the pool, with replacement; every arm draws its own answers of each prompt."""
        pool = self.pools[form.domain, split]
        drawn = rng.integers(0, len(pool.prompts), size.entries)
        asked = [own[i] for entry in drawn for own in [pool.prompts[entry]] for i in _some(len(own), size.prompts, rng)]
        places = Places.of(size)
        counts = np.array([len(answers) for answers in asked])
        table = np.zeros((len(asked), counts.max()), dtype=int)
        for row, answers in zip(table, asked, strict=True):
            row[: len(answers)] = answers

        def arm() -> Answers:
            own = table[places.prompt, rng.integers(0, counts[places.prompt])]
            others = rng.integers(0, len(pool.rows), len(own))
            moved = (counts[places.prompt] == 1) & (rng.random(len(own)) < self.churn)
            return _taken(pool.rows, np.where(moved, others, own), places)

        return arm


def pool_of(outcomes: Iterable[Outcome], form: Form) -> Pool:
    """The answers that were judged in everything that the form asks for.

    Raises:
        StudyError: if there are none.
    """
    whole = [o for o in outcomes if _is_whole(o, form)]
    if not whole:
        raise StudyError(
            f"No answer of {form.domain} was judged in everything that is asked of it.",
            where="the folder given to --from",
            remedy="Point to the results of a finished study.",
        )
    entries: dict[str, dict[str, list[int]]] = {}
    for at, outcome in enumerate(whole):
        entries.setdefault(outcome.prompt.entry, {}).setdefault(outcome.prompt.id, []).append(at)
    return Pool(_rows(whole, form), tuple(tuple(map(tuple, prompts.values())) for prompts in entries.values()))


def read_pools(results: Path, forms: Sequence[Form], correct_coverage: float) -> dict[tuple[str, Split], Pool]:
    """The pools of a results folder: base's first answers in all models of a domain, entries of each model apart.

    Raises:
        StudyError: if a file is missing or not valid, or a domain has no base answers.
    """
    pools = {}
    for form in forms:
        found = [o for folder in _cells(results, form.domain) for o in _base(folder, correct_coverage)]
        for split in SPLITS:
            pools[form.domain, split] = pool_of((o for o in found if o.prompt.split == split), form)
    return pools


def _cells(results: Path, domain: str) -> list[Path]:
    folders = sorted(path.parents[1] for path in (results / domain).glob("*/responses/base.jsonl"))
    if not folders:
        raise StudyError(
            f"There are no answers of base in {domain}.",
            where=f"{results / domain}/*/responses/base.jsonl",
            remedy="Give --from the results folder of a finished study.",
        )
    return folders


def _base(cell: Path, correct_coverage: float) -> list[Outcome]:
    """First answers of base and of its A/A arms, under entries that bear the model's name."""
    domain = cell.parent
    prompts = by_id(read_all(sorted((domain / "prompts").glob("*.jsonl")), Prompt))
    sure = certainties(read_all(sorted((domain / "certainty").glob("*.jsonl")), Judgement))
    responses = read_responses(cell / "responses/base.jsonl", prompts)
    judgements = read_records(cell / "judgements/base.jsonl", Judgement)
    outcomes = join(responses, judgements, prompts, sure, correct_coverage, str(cell / "judgements/base.jsonl"))
    for outcome in outcomes:
        outcome.prompt = outcome.prompt.model_copy(update={"entry": f"{cell.name}: {outcome.prompt.entry}"})
    return outcomes


def _is_whole(outcome: Outcome, form: Form) -> bool:
    if None in (outcome.right, outcome.asserts, outcome.certainty) or outcome.response.turn != 1:
        return False
    return set(form.axes) <= outcome.scores.keys() and bool(outcome.style)


def _rows(outcomes: Sequence[Outcome], form: Form) -> Answers:
    n = len(outcomes)
    coverage = [float(bool(o.right)) if o.coverage is None else o.coverage for o in outcomes]
    features = sorted(outcomes[0].style)
    return Answers(
        entry=np.zeros(n, dtype=int),
        prompt=np.zeros(n, dtype=int),
        seed=np.zeros(n, dtype=int),
        certainty=np.array([CERTAINTIES.index(o.certainty or "certain") for o in outcomes]),
        right=np.array([bool(o.right) for o in outcomes]),
        asserts=np.array([bool(o.asserts) for o in outcomes]),
        coverage=np.array(coverage),
        scores={axis: np.array([o.scores[axis] for o in outcomes]) for axis in form.axes},
        style={name: np.array([float(o.style[name]) for o in outcomes]) for name in features},
        checks=np.array([_checks(o) for o in outcomes]),
        tokens=np.array([o.response.n_tokens for o in outcomes]),
        cut=np.array([o.response.finish_reason == "length" for o in outcomes]),
        lost=np.zeros(n, dtype=bool),
        recovered=np.full(n, NOT_ASKED),
    )


def _checks(outcome: Outcome) -> int:
    if outcome.checks is None:
        return UNKNOWN
    return REAL_CHECK if outcome.checks.real else EMPTY_CHECK if outcome.checks.stated else NO_CHECK


def _some(there: int, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """So many of an entry's prompts, again the same where it has fewer."""
    return rng.permutation(there)[np.arange(wanted) % there]


def _taken(rows: Answers, which: np.ndarray, places: Places) -> Answers:
    own = {name: value[which] for name, value in vars(rows).items() if isinstance(value, np.ndarray)}
    tables = {n: {key: column[which] for key, column in getattr(rows, n).items()} for n in ("scores", "style")}
    return Answers(**(own | vars(places) | tables))
