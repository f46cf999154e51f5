"""Answers as the engine gets them: outcomes with real responses, prompts and conditions.

Prompts, set-ups and examples are validated records, made once; of the responses, thousands per study, only the fields
that all of an arm share are, the others are filled in without a validation each.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from threearc.effects.outcomes import Outcome
from threearc.provenance.hashing import content_id, seed_from, text_hash
from threearc.records.judgements import ChecksVerdict
from threearc.records.labels import HumanLabel
from threearc.records.prompts import Checklist, Claim, Oracle, Prompt, Split
from threearc.records.responses import Condition, Decoding, Message, Response, Setup, condition_id
from threearc.records.teaching import Example
from threearc.records.untouched import OTHER_ORDER, OTHER_SEEDS, SEED_SHIFT
from threearc.validation.answers import CERTAINTIES, EMPTY_CHECK, NO_CHECK, NOT_ASKED, REAL_CHECK, Answers, Form

TEXT = "The answer of a planted study has no text but its name: only what judges say of it."
#: What follows a wrong answer before it is asked again.
AGAIN = (Message(role="assistant", content=TEXT), Message(role="user", content="That is not right. Try again."))
#: Arms that repeat base, and what is added to their decode seeds.
REPEATED = {OTHER_SEEDS.variant: SEED_SHIFT, OTHER_ORDER.variant: 0}
#: Shared by all answers of which no judgement is missing.
NONE: set[str] = set()
CHECKS = {
    NO_CHECK: ChecksVerdict(stated=0, runnable=0, real=0),
    REAL_CHECK: ChecksVerdict(stated=1, runnable=1, real=1),
    EMPTY_CHECK: ChecksVerdict(stated=1, runnable=0, real=0),
}
ORACLE = Oracle(
    task_id="planted",
    starter="def f():",
    entry_point="f",
    test="def check(candidate): pass",
    canonical_solution=" pass",
)
#: Training rows of a cell, and words of a question: drawn from so many that no two questions share most of theirs.
ROWS, WORDS, VOCABULARY = 24, 12, 2000


def treatment(number: int) -> Condition:
    """The condition of a planted treatment."""
    return Condition(operator=f"planted {number + 1}", variant=f"planted {number + 1}", role="treatment")


class Asked(NamedTuple):
    """A prompt, its hash, and the message that a student gets."""

    prompt: Prompt
    hash: str
    messages: tuple[Message, ...]


@lru_cache(maxsize=64)
def asked_of(form: Form, split: Split, entries: int, prompts: int) -> tuple[Asked, ...]:
    """So many prompts per entry, entry by entry; the same whenever the arguments are."""
    rng = np.random.default_rng(seed_from("planted prompts", form.domain, split))
    made = (
        _prompt(form, split, f"{split} {entry}", _question(rng)) for entry in range(entries) for _ in range(prompts)
    )
    return tuple(Asked(prompt, prompt.hash, (Message(role="user", content=prompt.text),)) for prompt in made)


@lru_cache(maxsize=64)
def examples_of(form: Form, repeated: tuple[Prompt, ...]) -> tuple[Example, ...]:
    """Training rows of other entries, and one more for each measured prompt that training repeats."""
    rng = np.random.default_rng(seed_from("planted examples", form.domain))
    asked = [_prompt(form, "train", f"train {i}", _question(rng)) for i in range(ROWS)]
    return tuple(
        Example(
            dataset="T1",
            prompt_id=prompt.id,
            entry=prompt.entry,
            messages=(Message(role="user", content=prompt.text),),
            completion=TEXT,
            sources=(prompt.id,),
        )
        for prompt in (*asked, *repeated)
    )


def outcomes_of(
    answers: Answers, form: Form, split: Split, asked: Sequence[Asked], setup: Setup, judge: str, text: str
) -> Iterator[Outcome]:
    """The first answers of one arm, and the second ones where it was asked again.

    Args:
        judge: who judged them; ``text``: what sets these answers apart from another drawing's.
    """
    name, questions, by_claims = condition_id(setup), _questions(form, answers), form.instrument == "rubric"
    scores, style = _rows(answers.scores), _rows(answers.style)
    columns = (
        answers.prompt, answers.seed, answers.certainty, answers.right, answers.asserts, answers.coverage,
        answers.checks, answers.tokens, answers.cut, answers.lost, answers.recovered,
    )  # fmt: skip
    first = _first(asked[0].prompt, setup)
    shift = REPEATED.get(setup.condition.variant, 0)
    judges = {question: {f"{judge} planted"} for question in questions}
    second = first.model_copy(update={"turn": 2})
    rows = zip(*(column.tolist() for column in columns), scores, style, strict=True)
    for at, seed, sure, right, asserts, coverage, checks, tokens, cut, lost, mended, scored, styled in rows:
        (prompt, hash, messages), certainty, id = asked[at], CERTAINTIES[sure], f"{name} {split} {at} {seed}"
        own = {
            "id": id,
            "prompt_id": prompt.id,
            "prompt_hash": hash,
            "messages": messages,
            "decode_seed": seed + shift,
            "text": f"{text} {at} {seed}",
            "n_tokens": tokens,
            "finish_reason": "length" if cut else "stop",
        }
        yield Outcome(
            _like(first, own),
            prompt,
            certainty,
            right,
            coverage if by_claims else None,
            None if lost else asserts,
            scored,
            styled,
            CHECKS.get(checks),
            asked=questions,
            missing={"delivery"} if lost else NONE,
            judges=judges,
        )
        if mended != NOT_ASKED:
            own |= {"id": f"{id} again", "parent_id": id, "messages": (*messages, *AGAIN), "finish_reason": "stop"}
            yield Outcome(
                _like(second, own),
                prompt,
                certainty,
                mended == 1,
                float(mended) if by_claims else None,
                asked=questions,
                judges=judges,
            )


def labels_of(answers: Answers, form: Form, split: Split, setup: Setup, chosen: Sequence[int]) -> Iterator[HumanLabel]:
    """What people find in chosen answers of an arm, given what is true of them."""
    name = condition_id(setup)
    for i in chosen:
        id = f"{name} {split} {answers.prompt[i]} {answers.seed[i]}"
        yield _label(id, "correctness", "right" if answers.right[i] else "wrong")
        yield _label(id, "delivery", "assert" if answers.asserts[i] else "hedge")
        for axis in filter(None, (*form.primary.values(), form.calibration)):
            yield _label(id, axis, str(answers.scores[axis][i]))
        if answers.recovered[i] != NOT_ASKED:
            yield _label(f"{id} again", "correctness", "right" if answers.recovered[i] else "wrong")


def _label(id: str, question: str, label: str) -> HumanLabel:
    return HumanLabel(response_id=id, question=question, label=label)


def _first(prompt: Prompt, setup: Setup) -> Response:
    """A valid first answer, of which an arm's other answers are copies."""
    return Response(
        prompt_id=prompt.id,
        prompt_hash=prompt.hash,
        messages=(Message(role="user", content=prompt.text),),
        turn=1,
        setup=setup,
        decode_seed=0,
        text=TEXT,
        n_tokens=1,
        finish_reason="stop",
    )


def _like(first: Response, own: Mapping[str, object]) -> Response:
    """A copy with other fields, without a validation: ``model_copy`` takes most of a study's time."""
    made = Response.__new__(Response)
    object.__setattr__(made, "__dict__", {**first.__dict__, **own})
    for name in ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        object.__setattr__(made, name, getattr(first, name))
    return made


def setup_of(model: str, condition: Condition, budget: int) -> Setup:
    """The set-up of an arm; every treatment is trained, so that what it was trained on is looked at."""
    return Setup(
        condition=condition,
        model=model,
        revision="planted",
        student=content_id(model),
        template=text_hash("planted"),
        decoding=Decoding(temperature=0.4, top_p=1.0, top_k=0, max_tokens=budget),
        engine="planted",
        versions={"planted": "1"},
        dtype="float32",
        train_seed=0 if condition.role == "treatment" else None,
    )


def _rows(table: dict[str, np.ndarray]) -> list[dict[str, int]]:
    """A dict per answer from columns by name."""
    names = list(table)
    columns = [table[name].tolist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _questions(form: Form, answers: Answers) -> set[str]:
    """The questions that a judge was asked of every answer."""
    own = {"oracle"} if form.instrument == "mcas" else {"coverage"}
    return own | {"delivery", "scores", "style"} | ({"checks"} if (answers.checks >= 0).any() else set())


def _question(rng: np.random.Generator) -> str:
    return f"{' '.join(_word(int(number)) for number in rng.choice(VOCABULARY, WORDS, replace=False))}?"


def _word(number: int) -> str:
    """A word that means nothing, and has no ending that could be taken off."""
    letters = "bdfgklmnprtvz"
    digits = [number // len(letters) ** place % len(letters) for place in range(3)]
    return "".join(f"{letters[digit]}{vowel}" for digit, vowel in zip(digits, "aou", strict=True)) + "k"


def _prompt(form: Form, split: Split, entry: str, text: str) -> Prompt:
    checked = {"checklist": _checklist(text)} if form.instrument == "rubric" else {"oracle": ORACLE}
    author = "planted, another author" if split == "fresh" else "planted"
    return Prompt(domain=form.domain, split=split, category="planted", entry=entry, author=author, text=text, **checked)


def _checklist(text: str) -> Checklist:
    claims = tuple(Claim(id=f"c{i}", text=f"The answer makes claim {i}.") for i in range(4))
    return Checklist(author="planted", prompt_hash=text_hash(text), claims=claims)
