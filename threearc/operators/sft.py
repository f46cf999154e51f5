"""Arc 1: supervised fine-tuning into a LoRA adapter, with TRL and PEFT."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threearc.provenance.errors import StudyError
from threearc.provenance.files import write_json
from threearc.provenance.hashing import file_hash
from threearc.records.base import Part
from threearc.records.responses import Condition
from threearc.records.teaching import Example

OPERATOR = "sft"
#: The files of an adapter folder that a study relies on; PEFT writes the first two.
FILES = ("adapter_model.safetensors", "adapter_config.json", "training_curve.json")
#: The attention projections of every text decoder; a model's towers are not touched (FACTS, arc 1).
ATTENTION = r"(?!.*(vision|audio)).*\.self_attn\.[qkvo]_proj"


class AdapterSettings(Part):
    """Which adapter answered."""

    method: str
    adapter: str
    train_seed: int


@dataclass(frozen=True)
class Recipe:
    """How an adapter is trained (FACTS, arc 1); names as in PEFT and TRL."""

    rank: int
    alpha: int
    dropout: float
    epochs: float
    batch_size: int
    accumulation: int
    learning_rate: float
    schedule: str
    warmup_share: float
    weight_decay: float
    max_length: int


def train_sft(
    student: Any, tokenizer: Any, examples: Sequence[Example], recipe: Recipe, seed: int, folder: Path
) -> None:
    """Train an attention-only adapter on the completions of ``examples`` and save it as PEFT does.

    Loss is on the completion only, its end of turn included. ``training_curve.json`` keeps what the trainer logged.

    Raises:
        StudyError: if there is nothing to learn from.
    """
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    if not examples:
        raise StudyError(
            "No training example was left.", where="data/sft.jsonl", remedy="See filters.json for what was dropped."
        )
    rows = [
        {
            "prompt": [message.model_dump() for message in example.messages],
            "completion": [{"role": "assistant", "content": example.completion}],
        }
        for example in examples
    ]
    on_cpu = not torch.cuda.is_available()
    config = SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulation,
        num_train_epochs=recipe.epochs,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        # A float below 1 is a share of all steps.
        warmup_steps=recipe.warmup_share,
        weight_decay=recipe.weight_decay,
        max_length=recipe.max_length,
        completion_only_loss=True,
        seed=seed,
        data_seed=seed,
        use_cpu=on_cpu,
        bf16=not on_cpu,
        gradient_checkpointing=not on_cpu,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_num_workers=0,
    )
    lora = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=ATTENTION,
        task_type="CAUSAL_LM",
    )
    trainer = SFTTrainer(
        model=student, args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer, peft_config=lora
    )
    trainer.train()
    trainer.model.save_pretrained(folder, save_embedding_layers=False)
    curve = [
        {"step": row["step"], "loss": row["loss"], "rate": row["learning_rate"]}
        for row in trainer.state.log_history
        if "loss" in row
    ]
    write_json(folder / "training_curve.json", curve)


def apply_adapter(model: Any, folder: Path) -> Any:
    """The model with the adapter merged into its weights.

    Raises:
        StudyError: if the folder holds no adapter, or one for another model.
    """
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, folder).merge_and_unload()
    except (OSError, ValueError, RuntimeError, json.JSONDecodeError) as error:
        raise StudyError(
            f"The adapter cannot be loaded ({str(error).splitlines()[0]}).",
            where=str(folder),
            remedy="Delete the folder and run the same command again: train_sft will write it anew.",
        ) from error


def adapter_condition(folder: Path, method: str, train_seed: int) -> Condition:
    """The arm of one adapter."""
    settings = AdapterSettings(method=method, adapter=file_hash(folder / FILES[0]), train_seed=train_seed)
    return Condition(
        operator=method, variant=f"seed {train_seed}", role="treatment", settings=settings.model_dump(mode="json")
    )
