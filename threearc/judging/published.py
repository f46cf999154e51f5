"""Answers that were released with the paper, each with what its judge, a language model, said of it.

Rules are developed on one half of the prompts and may be confirmed once on the other, which must stay unread until
then. The halves are drawn by the prompt's hash, so that both models' answers to a prompt lie on the same side.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from threearc.provenance.errors import StudyError
from threearc.provenance.files import read_json
from threearc.records.base import Part
from threearc.records.judgements import Delivery
from threearc.records.prompts import Prompt

Half = Literal["development", "held-out"]
Score = Annotated[int, Field(ge=1, le=5)]

GEMMA = "eval/results/judge_v4_step16.json"
SMOLLM = "eval/results/baseline_smollm_v2_disposition_profile.json"


class JudgedAnswer(Part):
    """One released answer.

    Attributes:
        prompt: in the words of the release; its checklist was not released.
        text: the answer; SmolLM2's were clipped at 1500 characters.
        coverage: share of the checklist, as the released judge has it.
        scores: by axis, 1 to 5; None where the release has none, or an error.
    """

    prompt: Prompt
    text: str = Field(min_length=1)
    delivery: Delivery
    correct: bool
    coverage: float = Field(ge=0, le=1)
    scores: dict[str, Score] | None


class _Row(BaseModel):
    """What is read of a row, under the names of the release."""

    model_config = ConfigDict(strict=True)

    text: str = Field(min_length=1)
    verbal: Delivery
    correct: bool
    coverage: float = Field(ge=0, le=1)
    scores: dict[str, Score] | dict[Literal["error"], str] | None = None


def half_of(prompt: str) -> Half:
    """The half of a prompt: development where the last hex digit of its SHA-256 is even."""
    digest = hashlib.sha256(prompt.encode()).hexdigest()
    return "development" if int(digest[-1], 16) % 2 == 0 else "held-out"


def read_published(folder: str | Path, half: Half) -> dict[str, list[JudgedAnswer]]:
    """Answers by model, of one half; of a row of the other half nothing is read but its prompt.

    Args:
        folder: the release, or as much of it as holds the two files of answers.

    Raises:
        StudyError: if a file is missing or a row that is read is not as in the release.
    """
    gemma, smollm = Path(folder) / GEMMA, Path(folder) / SMOLLM
    items = _rows(gemma, "items", {"i": int, "prompt": str})
    prompts = {row["i"]: row["prompt"] for row in items}
    samples = _rows(smollm, "samples", {"prompt_i": int})
    strange = {row["prompt_i"] for row in samples} - set(prompts)
    if strange:
        raise _fault(smollm, f"It answers prompts that {gemma.name} does not hold: {sorted(strange)}.")
    wanted = {i: _prompt(text) for i, text in prompts.items() if half_of(text) == half}
    return {
        "Gemma 4 E2B": [
            _answer(f"{gemma}, item {row['i']}", wanted[row["i"]], row | {"text": row.get("response")})
            for row in items
            if row["i"] in wanted
        ],
        "SmolLM2-1.7B": [
            _answer(f"{smollm}, prompt_i {row['prompt_i']}", wanted[row["prompt_i"]], row)
            for row in samples
            if row["prompt_i"] in wanted
        ],
    }


def _rows(path: Path, key: str, needed: dict[str, type]) -> list[dict[str, Any]]:
    try:
        rows = read_json(path)[key]
    except (StudyError, KeyError, TypeError, IndexError) as error:
        raise _fault(path, f"The released answers cannot be read ({error}).") from None
    for at, row in enumerate(rows):
        for name, kind in needed.items():
            if not isinstance(row, dict) or not isinstance(row.get(name), kind):
                raise _fault(f"{path}, {key}.{at}.{name}", f"There is no {kind.__name__}.")
    return list(rows)


def _prompt(text: str) -> Prompt:
    return Prompt(domain="chef", split="eval", category="released", entry=text, author="released", text=text)


def _answer(where: str, prompt: Prompt, row: dict[str, Any]) -> JudgedAnswer:
    try:
        read = _Row.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        raise _fault(where, f"At {'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    scores = None if read.scores is None or "error" in read.scores else read.scores
    return JudgedAnswer(
        prompt=prompt,
        text=read.text,
        delivery=read.verbal,
        correct=read.correct,
        coverage=read.coverage,
        scores={axis: int(score) for axis, score in scores.items()} if scores else None,
    )


def _fault(where: str | Path, what: str) -> StudyError:
    return StudyError(what, where=str(where), remedy="Point to a whole download of the release, the folder above eval.")
