"""LoRA adapters: which modules they touch, and answering with one.

Adapters are named by module paths, not by suffixes alone: a suffix would also catch the vision and audio towers of a
multimodal wrapper (FACTS, arc 1, trained text only).
"""

from pathlib import Path
from typing import Any, Literal

from threearc.provenance.errors import StudyError, first_line, remake
from threearc.provenance.faults import unreadable
from threearc.provenance.hashing import file_hash

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


def adapter_hashes(folder: Path) -> dict[str, str]:
    """Hashes of the files that answering with an adapter reads, by name.

    Raises:
        StudyError: if one cannot be read.
    """
    try:
        return {name: file_hash(folder / name) for name in FILES[:2]}
    except OSError as error:
        raise unreadable(error, folder, f"The adapter cannot be read ({error}).") from None


def load_adapter(model: Any, folder: Path, *, trainable: bool = False) -> Any:
    """The model with the adapter beside its weights, as a PeftModel.

    Raises:
        StudyError: if the folder holds no adapter, or one for another model.
    """
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    try:
        # Read first: where the file is missing, PEFT would look for it on the Hub.
        with safe_open(folder / FILES[0], "pt") as weights:
            given = set(weights.keys())
        adapted = PeftModel.from_pretrained(model, folder, is_trainable=trainable)
    except Exception as error:  # PEFT, safetensors and torch each have errors of their own for a torn adapter.
        first = first_line(error) or type(error).__name__
        raise unreadable(error, folder, f"The adapter cannot be loaded ({first}).") from error
    # What is in the weights' place would be random numbers, with no more than a warning.
    lacking = sorted(get_peft_model_state_dict(adapted, save_embedding_layers=False).keys() - given)
    if lacking:
        what = f"The adapter's weights lack {len(lacking)} tensors, {lacking[0]} among them."
        raise StudyError(what, where=str(folder), remedy=remake(folder))
    return adapted


def apply_adapter(model: Any, folder: Path) -> Any:
    """The model as the adapter makes it, to answer with.

    Merged into the weights where these are in single precision. In bfloat16 a weight cannot hold what a short training
    adds to it: merging would round half of it away. There the adapter stays beside the weights, as it was trained.

    Raises:
        StudyError: as ``load_adapter``.
    """
    import torch

    adapted = load_adapter(model, folder)
    return adapted.merge_and_unload() if model.dtype == torch.float32 else adapted.eval()
