"""Loading a student from an ordinary ``save_pretrained`` folder."""

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threearc.models.chat import template_hash
from threearc.provenance.errors import StudyError
from threearc.provenance.hashing import content_id, folder_hashes

#: The files of a ``save_pretrained`` folder that loading reads.
READ = ("*config.json", "*.safetensors", "*.index.json", "tokenizer*", "chat_template*", "special_tokens_map.json")


@dataclass(frozen=True)
class Student:
    """A loaded model with its tokenizer.

    Attributes:
        hash: of all files in its folder.
        template: hash of its chat template.
        dtype: of its weights, as torch names it without the prefix.
    """

    model: Any
    tokenizer: Any
    hash: str
    template: str
    dtype: str


def load_student(folder: str | Path, dtype: str) -> Student:
    """Load model and tokenizer, in evaluation mode, with one thread for torch.

    Args:
        folder: what ``save_pretrained`` wrote.
        dtype: "float32" or "bfloat16".

    Raises:
        StudyError: if the folder is not one that transformers can load; the message says what it found.
    """
    # Imports make thousands of modules and drop none: collecting garbage meanwhile is a sixth of their time.
    gc.disable()
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # Two processes of one thread beat one of two, and results do not depend on how many cores were free.
    torch.set_num_threads(1)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left", local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype), local_files_only=True)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise StudyError(
            f"The student cannot be loaded ({str(error).splitlines()[0]}).",
            where=str(folder),
            remedy="Delete the folder and run the same command again; for a Hub model check its revision.",
        ) from error
    if tokenizer.chat_template is None:
        raise StudyError(
            "The tokenizer has no chat template.", where=str(folder), remedy="Use an instruction-tuned model."
        )
    gc.enable()
    model.eval()
    return Student(model, tokenizer, student_hash(folder), template_hash(tokenizer), dtype)


def student_hash(folder: str | Path) -> str:
    """Hash of the files that loading reads; what else lies in the folder does not change the student."""
    hashes = folder_hashes(folder)
    return content_id({name: digest for name, digest in hashes.items() if any(map(Path(name).match, READ))})
