"""Loading a student from an ordinary ``save_pretrained`` folder."""

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threearc.models.chat import render, switched, template_hash
from threearc.models.hub import MANIFEST, READ, verified
from threearc.provenance.errors import StudyError, first_line, remake
from threearc.provenance.faults import fault_of
from threearc.provenance.hashing import ID_DIGITS, content_id, folder_hashes
from threearc.records.responses import Message


@dataclass(frozen=True)
class Student:
    """A loaded model with its tokenizer.

    Attributes:
        hash: of all files in its folder.
        template: hash of its chat template, the thinking switch included.
        dtype: of its weights, as torch names it without the prefix.
    """

    model: Any
    tokenizer: Any
    hash: str
    template: str
    dtype: str


def load_student(folder: str | Path, dtype: str, reasoning: bool | None = None) -> Student:
    """Load model and tokenizer, in evaluation mode, on the GPU if there is one, with one thread for torch.

    Args:
        folder: what ``save_pretrained`` wrote, or ``fetch_student`` laid.
        dtype: "float32" or "bfloat16".
        reasoning: sets the thinking switch of the chat template; None leaves the template's own default.

    Raises:
        StudyError: if the folder is not one that transformers can load; the message says what it found.
    """
    # Before the weights are read: whose files are not those that were fetched is not loaded.
    own = student_hash(folder)
    # Imports make thousands of modules and drop none: collecting garbage meanwhile is a sixth of their time.
    gc.disable()
    try:
        model, tokenizer = _load(Path(folder), dtype)
    finally:
        gc.enable()
    _prepare(tokenizer, Path(folder), reasoning)
    return Student(model, tokenizer, own, template_hash(tokenizer), dtype)


def student_hash(folder: str | Path) -> str:
    """Hash of the files that loading reads; what else lies in the folder does not change the student.

    Raises:
        StudyError: if a fetched student's files are not what its manifest says.
    """
    root = Path(folder)
    if (root / MANIFEST).exists():
        return content_id({name: digest[:ID_DIGITS] for name, digest in verified(root).items()})
    hashes = folder_hashes(root)
    return content_id({name: digest for name, digest in hashes.items() if any(map(Path(name).match, READ))})


def _load(folder: Path, dtype: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # Two processes of one thread beat one of two, and results do not depend on how many cores were free.
    torch.set_num_threads(1)
    part = "tokenizer"
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, padding_side="left", local_files_only=True, trust_remote_code=False
        )
        part = "model"
        model, found = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as error:  # Configurations, tokenizers and safetensors each have errors of their own.
        first = first_line(error) or type(error).__name__
        what = f"The student's {part} cannot be loaded ({first})."
        raise fault_of(error, folder) or _unfit(folder, what) from error
    # What is in the weights' place would be random numbers, with no more than a warning.
    lacking = sorted(found["missing_keys"])
    if lacking:
        raise _unfit(folder, f"The student's weights lack {len(lacking)} tensors, {lacking[0]} among them.")
    model.eval()
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def _prepare(tokenizer: Any, folder: Path, reasoning: bool | None) -> None:
    """See that there is a chat template, set its switch, and that there is a token to pad with."""
    template = tokenizer.chat_template
    if not isinstance(template, str):
        raise StudyError(
            "The tokenizer has no chat template, or several.",
            where=str(folder),
            remedy="Use an instruction-tuned model with one template.",
        )
    if reasoning is not None and "enable_thinking" not in template:
        raise StudyError(
            "The chat template has no thinking switch (enable_thinking).",
            where=str(folder),
            remedy="Set the model's config key reasoning to null.",
        )
    tokenizer.chat_template = switched(template, reasoning)
    try:
        render(tokenizer, [Message(role="user", content="?")])
    except Exception as error:  # A template is a program.
        raise _unfit(folder, f"The chat template cannot be used ({error}).") from error
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token_id is None:
            raise _unfit(folder, "The tokenizer names neither a padding token nor an end of turn.")
        tokenizer.pad_token = tokenizer.eos_token


def _unfit(folder: Path, what: str) -> StudyError:
    remedy = f"{remake(folder)} For a Hub model check its repo and revision."
    return StudyError(what, where=str(folder), remedy=remedy)
