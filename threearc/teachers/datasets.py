"""The training sets: T1 gold answers, T2 corrected failures, T3 preference pairs, T4 boundary cases; and the filters.

Every row that is dropped is counted with its reason and named, so that a data set cannot shrink in silence.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threearc.provenance.errors import REMAKE, StudyError
from threearc.records.prompts import Prompt
from threearc.records.reports import Verification
from threearc.records.responses import Message
from threearc.records.teaching import Dataset, Example, Pair, Stage, TeacherAnswer

#: Is this answer to this prompt right? None where the prompt has nothing to check by.
Check = Callable[[Prompt, str], bool | None]
#: Files that hold answers of other stages than the one they are named after.
FILES: Mapping[Stage, str] = {"rejected": "adversarial", "critique": "critiques", "correction": "critiques"}


@dataclass(frozen=True)
class Limits:
    """What the filters let through; ``min_words`` and ``max_words`` are of a completion."""

    min_words: int
    max_words: int


@dataclass
class Report:
    """What was kept and what was dropped, and why."""

    kept: Counter[str] = field(default_factory=Counter)
    dropped: list[dict[str, str]] = field(default_factory=list)

    def drop(self, dataset: str, reason: str, answer: TeacherAnswer) -> None:
        """Note a dropped row."""
        self.dropped.append(
            {"dataset": dataset, "reason": reason, "teacher_answer": answer.id, "prompt": answer.prompt_id}
        )

    def as_json(self) -> dict[str, Any]:
        """Counts by data set and reason, then every dropped row."""
        reasons = Counter((row["dataset"], row["reason"]) for row in self.dropped)
        counts: dict[str, dict[str, Any]] = {}
        for dataset in ("T1", "T2", "T3", "T4"):
            why = {reason: n for (own, reason), n in sorted(reasons.items()) if own == dataset}
            counts[dataset] = {"kept": self.kept[dataset], "dropped": sum(why.values()), "reasons": why}
        return {"counts": counts, "dropped": self.dropped}


def build_examples(
    answers: Mapping[Stage, Sequence[TeacherAnswer]],
    critiques: Sequence[TeacherAnswer],
    prompts: Mapping[str, Prompt],
    thinking: Mapping[str, str],
    check: Check,
    limits: Limits,
    report: Report,
) -> list[Example]:
    """T1, T2 and T4, in this order, filtered.

    Args:
        thinking: by prompt id, the student's own reasoning when it was asked.

    Raises:
        StudyError: if a teacher's answer is about a prompt that is not there.
    """
    sources: list[tuple[Dataset, TeacherAnswer]] = [("T1", answer) for answer in answers.get("gold", ())]
    sources += [("T2", answer) for answer in critiques if answer.stage == "correction"]
    sources += [("T4", answer) for answer in answers.get("boundary", ())]
    examples: list[Example] = []
    seen: set[tuple[str, str]] = set()
    for dataset, answer in sources:
        prompt = _prompt_of(answer, prompts)
        reason = _fault(answer, prompt, check, limits)
        if reason is None and (prompt.id, answer.text) in seen:
            reason = "the same as an earlier row"
        if reason is not None:
            report.drop(dataset, reason, answer)
            continue
        seen.add((prompt.id, answer.text))
        report.kept[dataset] += 1
        examples.append(
            Example(
                dataset=dataset,
                prompt_id=prompt.id,
                entry=prompt.entry,
                messages=_messages(prompt),
                completion=answer.text,
                thinking=thinking.get(prompt.id, ""),
                sources=(answer.id, *answer.inputs),
            )
        )
    return examples


def build_pairs(
    answers: Mapping[Stage, Sequence[TeacherAnswer]],
    prompts: Mapping[str, Prompt],
    check: Check,
    limits: Limits,
    report: Report,
) -> list[Pair]:
    """T3: gold against the wrong answer, where the check confirms the preference.

    Raises:
        StudyError: if a gold answer is about a prompt that is not there, or has no wrong one beside it.
    """
    rejected = {answer.prompt_id: answer for answer in answers.get("rejected", ())}
    pairs = []
    for gold in answers.get("gold", ()):
        prompt = _prompt_of(gold, prompts)
        wrong = rejected.get(gold.prompt_id)
        if wrong is None:
            raise _torn("adversarial", f"No wrong answer to prompt {prompt.id} stands beside the gold one.")
        reason = _fault(gold, prompt, check, limits)
        if reason is None and check(prompt, wrong.text) is not False:
            reason = "preference not confirmed: the rejected answer is not wrong"
        if reason is not None:
            report.drop("T3", reason, gold)
            continue
        report.kept["T3"] += 1
        pairs.append(
            Pair(
                prompt_id=prompt.id,
                entry=prompt.entry,
                messages=_messages(prompt),
                chosen=gold.text,
                rejected=wrong.text,
                sources=(gold.id, wrong.id),
            )
        )
    return pairs


def verify(
    answers: Mapping[Stage, Sequence[TeacherAnswer]], prompts: Mapping[str, Prompt], check: Check
) -> Verification:
    """How the check does on gold answers and on the wrong ones written beside them, whatever the filters keep.

    A verifier that finds everything right confirms every data set (ERRATA row 21).

    Raises:
        StudyError: if a gold answer is about a prompt that is not there.
    """
    rejected = {answer.prompt_id: answer.text for answer in answers.get("rejected", ())}
    found = [
        (check(prompt, gold.text), check(prompt, rejected[prompt.id]))
        for gold in answers.get("gold", ())
        if (prompt := _prompt_of(gold, prompts)).id in rejected
        and (prompt.checklist is not None or prompt.oracle is not None)
    ]
    return Verification(
        pairs=len(found),
        preferred=sum(good is True and bad is False for good, bad in found),
        good_rejected=sum(good is not True for good, _ in found),
        bad_accepted=sum(bad is not False for _, bad in found),
    )


def _prompt_of(answer: TeacherAnswer, prompts: Mapping[str, Prompt]) -> Prompt:
    prompt = prompts.get(answer.prompt_id)
    if prompt is None:
        raise _torn(
            FILES.get(answer.stage, answer.stage), f"Teacher answer {answer.id} is about a prompt that is not there."
        )
    return prompt


def _torn(file: str, what: str) -> StudyError:
    return StudyError(what, where=f"teacher/{file}.jsonl", remedy=REMAKE)


def _messages(prompt: Prompt) -> tuple[Message, ...]:
    return (Message(role="user", content=prompt.text),)


def _fault(answer: TeacherAnswer, prompt: Prompt, check: Check, limits: Limits) -> str | None:
    """Why an answer is no example to learn from, or None."""
    words = len(answer.text.split())
    if words < limits.min_words:
        return "too short"
    if words > limits.max_words:
        return "too long"
    if answer.text.count("```") % 2:
        return "bad format: a code block is not closed"
    if prompt.oracle is not None and "```" not in answer.text:
        return "bad format: no code block"
    if check(prompt, answer.text) is False:
        return "wrong by the prompt's own check"
    return None
