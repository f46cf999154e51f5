"""Token ids to text with the tokenizer's file alone: what engines and judges read a slice of an answer with."""

from collections.abc import Sequence
from pathlib import Path

from threearc.models.chat import ThinkingMarks
from threearc.provenance.faults import unreadable

#: Label that PyTorch's cross entropy passes over.
IGNORED = -100


class TokenReader:
    """Decodes generated tokens: special tokens are dropped, thinking marks are kept.

    Args:
        tokenizer_file: the ``tokenizer.json`` of a student.
        marks: thinking marks, which some tokenizers hold as special tokens.

    Raises:
        StudyError: if the file is not a tokenizer's.
    """

    def __init__(self, tokenizer_file: str | Path, marks: ThinkingMarks) -> None:
        from tokenizers import Tokenizer

        self.marks = marks
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        except Exception as error:  # The library raises nothing narrower.
            raise unreadable(error, tokenizer_file, f"The tokenizer cannot be read ({error}).") from None
        added = self._tokenizer.get_added_tokens_decoder()
        # A mark may be one special token, or a special token and a word: Gemma 4's opening one is.
        kept = [token.content for token in added.values() if any(mark.startswith(token.content) for mark in marks)]
        self._dropped = {number for number, token in added.items() if token.special and token.content not in kept}

    def text(self, token_ids: Sequence[int]) -> str:
        """The text of ``token_ids``; a character cut in the middle shows as U+FFFD."""
        kept = [token for token in token_ids if token not in self._dropped]
        return str(self._tokenizer.decode(kept, skip_special_tokens=False))
