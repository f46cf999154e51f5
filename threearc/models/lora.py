"""LoRA adapters: which modules they touch, and merging one into a model.

Adapters are named by module paths, not by suffixes alone: a suffix would also catch the vision and audio towers of a
multimodal wrapper (FACTS, arc 1, trained text only).
"""

import json
from pathlib import Path
from typing import Any, Literal

from threearc.provenance.errors import StudyError

#: attention: q, k, v, o of softmax attention. all-linear: Gated DeltaNet's projections and the MLPs too.
Targets = Literal["attention", "all-linear"]

_TEXT = r"(?!.*(vision|audio)).*"
_ATTENTION = r"self_attn\.[qkvo]_proj"
_LINEAR = r"linear_attn\.(in_proj_(qkv|z|b|a)|out_proj)|mlp\.(gate|up|down)_proj"
MODULES: dict[Targets, str] = {
    "attention": rf"{_TEXT}\.{_ATTENTION}",
    "all-linear": rf"{_TEXT}\.({_ATTENTION}|{_LINEAR})",
}
#: The files of an adapter folder that a study relies on; PEFT writes the first two.
FILES = ("adapter_model.safetensors", "adapter_config.json", "training_curve.json")


def load_adapter(model: Any, folder: Path, *, trainable: bool = False) -> Any:
    """The model with the adapter beside its weights, as a PeftModel.

    Raises:
        StudyError: if the folder holds no adapter, or one for another model.
    """
    from peft import PeftModel
    from safetensors import SafetensorError

    try:
        return PeftModel.from_pretrained(model, folder, is_trainable=trainable)
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError, json.JSONDecodeError) as error:
        raise StudyError(
            f"The adapter cannot be loaded ({str(error).splitlines()[0]}).",
            where=str(folder),
            remedy="Delete the folder and run the same command again: its rule will write it anew.",
        ) from error


def merge_adapter(model: Any, folder: Path) -> Any:
    """The model with the adapter merged into its weights.

    Raises:
        StudyError: as ``load_adapter``.
    """
    return load_adapter(model, folder).merge_and_unload()
