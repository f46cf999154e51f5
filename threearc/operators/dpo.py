"""Arc 1, second step: direct preference optimisation of the SFT adapter, with TRL and PEFT.

The policy starts as the SFT adapter, and the reference is a frozen copy of it (ERRATA row 20: without one, a trainer
may hold the policy against the untouched student). What is saved is one ordinary adapter for the untouched student.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose, log
from pathlib import Path
from typing import Any

from threearc.models.chat import ThinkingMarks
from threearc.models.lora import load_adapter
from threearc.operators.adapters import Encoder, Training, filled, save_trained, short_enough
from threearc.provenance.errors import StudyError
from threearc.records.teaching import Pair

OPERATOR = "dpo"
#: What the trainer logs beside the loss: how often the chosen answer gains more than the rejected one, and by how much.
COLUMNS = ("rewards/accuracies", "rewards/margins")


@dataclass(frozen=True)
class Recipe(Training):
    """How the adapter goes on learning; ``beta`` is the weight of staying near the reference."""

    beta: float


def train_dpo(
    student: Any,
    tokenizer: Any,
    pairs: Sequence[Pair],
    recipe: Recipe,
    marks: ThinkingMarks,
    seed: int,
    start: Path,
    folder: Path,
) -> None:
    """Go on from the SFT adapter in ``start`` and save the new one in ``folder``.

    Raises:
        StudyError: if there is nothing to learn from, or the reference was not the SFT policy throughout.
    """
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    class TokenTrainer(DPOTrainer):  # type: ignore[misc]
        """Takes rows of tokens as they are: the trainer's own rendering may part them otherwise than generation."""

        def _prepare_dataset(self, dataset: Any, *ignored: Any, **more: Any) -> Any:
            return dataset

    filled(pairs, "pairs.jsonl")
    encoder = Encoder(tokenizer, marks)
    rows = [
        {
            "prompt_ids": encoder.prompt(pair.messages),
            "chosen_ids": encoder.reasoning() + encoder.answer(pair.chosen),
            "rejected_ids": encoder.reasoning() + encoder.answer(pair.rejected),
        }
        for pair in pairs
    ]
    rows = short_enough(rows, lambda row: len(row["prompt_ids"]), recipe, OPERATOR)
    trainer = TokenTrainer(
        model=load_adapter(student, start, trainable=True),
        args=DPOConfig(beta=recipe.beta, **recipe.arguments(folder, seed)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    before = _weights(trainer.model, "default")
    _check_reference(trainer.model, before, start)
    trainer.train()
    _check_reference(trainer.model, before, start)
    first = trainer.state.log_history[0]["loss"]
    if not isclose(first, log(2), rel_tol=0.02):
        # Policy and reference are the same at the first step, where every margin is 0 and the loss is log 2.
        raise _other_reference(start, f"the first loss is {first:.3f}, not log 2")
    save_trained(trainer, folder, COLUMNS)


def _weights(model: Any, adapter: str) -> dict[str, Any]:
    """A copy of one adapter's weights, by name without the adapter's own."""
    return {
        name.replace(f".{adapter}.", "."): parameter.detach().clone()
        for name, parameter in model.named_parameters()
        if f".{adapter}." in name
    }


def _check_reference(model: Any, start: Mapping[str, Any], folder: Path) -> None:
    """The reference must be a copy of the SFT adapter, and frozen."""
    reference = _weights(model, "ref")
    learning = [n for n, parameter in model.named_parameters() if ".ref." in n and parameter.requires_grad]
    if not start or reference.keys() != start.keys() or learning:
        raise _other_reference(folder, "it is missing, or it learns")
    changed = [name for name, weight in start.items() if not bool((reference[name] == weight).all())]
    if changed:
        raise _other_reference(folder, f"{changed[0]} differs")


def _other_reference(folder: Path, why: str) -> StudyError:
    return StudyError(
        f"The reference of preference training is not the frozen SFT policy ({why}).",
        where=str(folder),
        remedy="The installed trl or peft treats references otherwise: install the pinned versions.",
    )
