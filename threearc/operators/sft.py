"""Arc 1, first step: supervised fine-tuning into a LoRA adapter, with TRL and PEFT."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from threearc.models.chat import ThinkingMarks
from threearc.models.lora import MODULES, Targets
from threearc.models.tokens import IGNORED
from threearc.operators.adapters import Encoder, Training, filled, save_trained, short_enough
from threearc.records.teaching import Example

OPERATOR = "sft"
#: What becomes of the student's own reasoning on a prompt, where it reasoned: left out before the completion, put there
#: and learned, or put there without loss.
Thinking = Literal["drop", "keep", "mask"]


@dataclass(frozen=True)
class Recipe(Training):
    """How an adapter is trained (FACTS, arc 1); names as in PEFT and TRL."""

    rank: int
    alpha: int
    dropout: float
    rank_stabilised: bool
    targets: Targets
    thinking: Thinking


def train_sft(
    student: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    recipe: Recipe,
    marks: ThinkingMarks,
    seed: int,
    folder: Path,
) -> None:
    """Train an adapter on the completions of ``examples`` and save it as PEFT does.

    Loss is on the completion only, its end of turn included (ERRATA row 20).

    Raises:
        StudyError: if there is nothing to learn from.
    """
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    filled(examples, "sft.jsonl")
    encoder = Encoder(tokenizer, marks)
    rows = [encoded(encoder, example, recipe.thinking) for example in examples]
    rows = short_enough(rows, lambda row: _silent(row["labels"]), recipe, OPERATOR)
    lora = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        use_rslora=recipe.rank_stabilised,
        target_modules=MODULES[recipe.targets],
        task_type="CAUSAL_LM",
    )
    trainer = SFTTrainer(
        model=student,
        args=SFTConfig(**recipe.arguments(folder, seed)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora,
    )
    trainer.train()
    save_trained(trainer, folder)


def encoded(encoder: Encoder, example: Example, thinking: Thinking) -> dict[str, list[int]]:
    """An example as ``input_ids`` and ``labels`` of equal length; labels only where there is loss."""
    prompt = encoder.prompt(example.messages)
    reasoning = encoder.reasoning("" if thinking == "drop" else example.thinking)
    answer = encoder.answer(example.completion)
    silent = len(prompt) + (len(reasoning) if thinking == "mask" else 0)
    ids = [*prompt, *reasoning, *answer]
    return {"input_ids": ids, "labels": [IGNORED] * silent + ids[silent:]}


def _silent(labels: Sequence[int]) -> int:
    """Tokens before the first with loss."""
    return next(i for i, label in enumerate(labels) if label != IGNORED)
