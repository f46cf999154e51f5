"""Loading a student from an ordinary ``save_pretrained`` folder."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
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
    """A student whose tokenizer is loaded; its weights are when they are asked for.

    Attributes:
        hash: of all files in its folder.
        template: hash of its chat template, the thinking switch included.
        dtype: of its weights, as torch names it without the prefix.
    """

    folder: Path
    tokenizer: Any
    hash: str
    template: str
    dtype: str

    @cached_property
    def model(self) -> Any:
        """The model, loaded once."""
        return self.new_model()

    def new_model(self) -> Any:
        """A model of the caller's own, in evaluation mode, on the GPU if there is one, with one thread for torch.

        Raises:
            StudyError: if the weights are not those of such a model.
        """
        with _collecting_no_garbage():
            return _load_model(self.folder, self.dtype)


def open_student(folder: str | Path, dtype: str, reasoning: bool | None = None) -> Student:
    """Load the tokenizer alone.

    Args:
        folder: what ``save_pretrained`` wrote, or ``fetch_student`` laid.
        dtype: "float32" or "bfloat16".
        reasoning: sets the thinking switch of the chat template; None leaves the template's own default.

    Raises:
        StudyError: if the folder is not one that transformers can load; the message says what it found.
    """
    # Before anything is read: whose files are not those that were fetched is not loaded.
    own = student_hash(folder)
    with _collecting_no_garbage():
        tokenizer = _load_tokenizer(Path(folder))
    _prepare(tokenizer, Path(folder), reasoning)
    return Student(Path(folder), tokenizer, own, template_hash(tokenizer), dtype)


def load_student(folder: str | Path, dtype: str, reasoning: bool | None = None) -> Student:
    """As ``open_student``, with the model loaded too."""
    student = open_student(folder, dtype, reasoning)
    # What is wrong with the weights is told here, not in the middle of the work.
    _ = student.model
    return student


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


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    # Imports make thousands of modules and drop none: collecting garbage meanwhile is a sixth of their time.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _load_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(
            folder, padding_side="left", local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise _unloaded(folder, "tokenizer", error) from error


def _load_model(folder: Path, dtype: str) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    # Two processes of one thread beat one of two, and results do not depend on how many cores were free.
    torch.set_num_threads(1)
    try:
        model, found = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as error:
        raise _unloaded(folder, "model", error) from error
    # What is in the weights' place would be random numbers, with no more than a warning.
    lacking = sorted(found["missing_keys"])
    if lacking:
        raise _unfit(folder, f"The student's weights lack {len(lacking)} tensors, {lacking[0]} among them.")
    model.eval()
    return model.to("cuda" if torch.cuda.is_available() else "cpu")


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


def _unloaded(folder: Path, part: str, error: Exception) -> StudyError:
    """Whatever went wrong: configurations, tokenizers and safetensors each have errors of their own."""
    what = f"The student's {part} cannot be loaded ({first_line(error) or type(error).__name__})."
    return fault_of(error, folder) or _unfit(folder, what)


def _unfit(folder: Path, what: str) -> StudyError:
    remedy = f"{remake(folder)} For a Hub model check its repo and revision."
    return StudyError(what, where=str(folder), remedy=remedy)
