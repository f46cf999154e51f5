"""Labels made by hand: what people found in a sample of the responses, to hold the judge against."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import ValidationError, model_validator

from threearc.provenance.errors import StudyError
from threearc.provenance.faults import unreadable
from threearc.records.base import Part
from threearc.records.jsonl import first_fault

#: What can be said to a question, what a judge's "true" stands for first.
LABELS: Mapping[str, tuple[str, str]] = {"correctness": ("right", "wrong"), "delivery": ("assert", "hedge")}
#: What can be said to any other question: it is an axis, by its name.
SCORES = ("1", "2", "3", "4", "5")
REMEDY = "Correct the row, or take it out: response_id, question and label, nothing else."


class HumanLabel(Part):
    """One label: of a response, to one question or on one axis."""

    response_id: str
    question: str
    label: str

    @model_validator(mode="after")
    def _answers_the_question(self) -> Self:
        allowed = LABELS.get(self.question, SCORES)
        if self.label not in allowed:
            raise ValueError(
                f"the label {self.label!r} does not answer the question {self.question}: write {' or '.join(allowed)}"
            )
        return self


def read_labels(path: str | Path) -> list[HumanLabel]:
    """Read a sample of labels, one JSON object per line.

    Raises:
        StudyError: if the file cannot be read, a row is not valid, or a response is labelled twice on one question.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(error, path, f"The labels cannot be read ({error}).") from None
    found: dict[tuple[str, str], HumanLabel] = {}
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        try:
            row = HumanLabel.model_validate_json(line)
        except ValidationError as error:
            raise StudyError(f"This is no label: {first_fault(error)}.", where=where, remedy=REMEDY) from None
        key = row.response_id, row.question
        if key in found:
            what = f"Response {row.response_id} has a label on {row.question} already."
            raise StudyError(what, where=where, remedy=REMEDY)
        found[key] = row
    return list(found.values())
