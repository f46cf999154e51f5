"""What arc 1's methods share: how long and how fast an adapter learns, its rows as tokens, and the arm it makes."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from threearc.models.chat import ThinkingMarks, end_of_turn, opens_thinking, render, with_thinking
from threearc.models.lora import FILES
from threearc.provenance.errors import StudyError
from threearc.provenance.files import replacing_folder, write_json
from threearc.provenance.hashing import file_hash
from threearc.records.base import Part
from threearc.records.responses import Condition, Message

log = logging.getLogger(__name__)
T = TypeVar("T")

#: The variant that the sections ``sft`` and ``dpo`` describe themselves.
MAIN = "main"


class AdapterSettings(Part):
    """Which adapter answered."""

    method: str
    recipe: str
    adapter: str
    train_seed: int


@dataclass(frozen=True)
class Training:
    """How long and how fast an adapter learns (FACTS, arc 1); names as in TRL."""

    epochs: float
    batch_size: int
    accumulation: int
    learning_rate: float
    schedule: str
    warmup_share: float
    weight_decay: float
    max_length: int

    def arguments(self, folder: Path, seed: int) -> dict[str, Any]:
        """Arguments of TRL's trainers; on a GPU in bfloat16 with activations computed again."""
        import torch

        on_cpu = not torch.cuda.is_available()
        return {
            "output_dir": str(folder),
            "per_device_train_batch_size": self.batch_size,
            "gradient_accumulation_steps": self.accumulation,
            "num_train_epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "lr_scheduler_type": self.schedule,
            # A float below 1 is a share of all steps.
            "warmup_steps": self.warmup_share,
            "weight_decay": self.weight_decay,
            "max_length": self.max_length,
            "seed": seed,
            "data_seed": seed,
            "use_cpu": on_cpu,
            "bf16": not on_cpu,
            "gradient_checkpointing": not on_cpu,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": [],
            "disable_tqdm": True,
            "dataloader_num_workers": 0,
        }


class Encoder:
    """Conversations and completions as the tokens that the student itself would read and write.

    Trainers render a whole conversation by the template, which may part prompt and answer at other tokens than
    generation does, or add a beginning twice. Here a prompt is what an engine sends, and a completion is the tokens of
    its text and the end of turn.

    Args:
        marks: around a reasoning block; where the template opens one, a completion begins inside it.
    """

    def __init__(self, tokenizer: Any, marks: ThinkingMarks) -> None:
        self._tokenizer, self._marks = tokenizer, marks
        self._end = end_of_turn(tokenizer)
        self._opened = opens_thinking(tokenizer, marks)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """The conversation, ready for the assistant to go on."""
        return self._text(render(self._tokenizer, messages))

    def reasoning(self, thinking: str = "") -> list[int]:
        """What stands before an answer: a reasoning block, or the close of one that the template has opened."""
        if self._opened:
            return self._text(f"{thinking}\n{self._marks[1]}\n\n")
        return self._text(with_thinking(thinking, "", self._marks))

    def answer(self, text: str) -> list[int]:
        """An answer and the end of its turn."""
        return [*self._text(text), self._end]

    def _text(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids


def filled(rows: Sequence[Any], file: str) -> None:
    """Check that there is something to learn from.

    Raises:
        StudyError: if there is not.
    """
    if not rows:
        raise StudyError(
            f"No row was left in {file}.",
            where=f"data/{file}",
            remedy="filters.json says what was dropped and why; or leave the operator out of study.operators.",
        )


def short_enough(rows: Sequence[T], prompt: Callable[[T], int], recipe: Training, key: str) -> list[T]:
    """The rows whose prompt leaves room for an answer: of the others nothing could be learned.

    Args:
        prompt: tokens before the answer.
        key: the configuration's section.

    Raises:
        StudyError: if no row is left.
    """
    kept = [row for row in rows if prompt(row) < recipe.max_length]
    if not kept:
        raise StudyError(
            f"Every prompt is at least {recipe.max_length} tokens long: no answer is left to learn from.",
            where=f"config key {key}.max_length",
            remedy="Raise it.",
        )
    if len(kept) < len(rows):
        log.warning("%d of %d rows have a prompt that leaves no room for an answer", len(rows) - len(kept), len(rows))
    return kept


def save_trained(trainer: Any, folder: Path, columns: Sequence[str] = ()) -> None:
    """Save the adapter as PEFT does, and what the trainer logged: loss, rate and ``columns`` per step."""
    curve = [
        {"step": row["step"], "loss": row["loss"], "rate": row["learning_rate"], **{c: row[c] for c in columns}}
        for row in trainer.state.log_history
        if "loss" in row
    ]
    with replacing_folder(folder) as temporary:
        trainer.model.save_pretrained(temporary, save_embedding_layers=False, selected_adapters=["default"])
        write_json(temporary / FILES[2], curve)


def adapter_condition(
    folder: Path, method: str, recipe: str, train_seed: int, continues: str | None = None
) -> Condition:
    """The arm of one adapter.

    Args:
        recipe: the variant's name in the configuration.
        continues: condition id of the arm whose adapter this one went on from.
    """
    settings = AdapterSettings(
        method=method, recipe=recipe, adapter=file_hash(folder / FILES[0]), train_seed=train_seed
    )
    return Condition(
        operator=method,
        variant=variant_of(recipe, train_seed),
        role="treatment",
        continues=continues,
        settings=settings.model_dump(mode="json"),
    )


def variant_of(recipe: str, train_seed: int) -> str:
    """The arm's name."""
    seed = f"seed {train_seed}"
    return seed if recipe == MAIN else f"{recipe}, {seed}"
