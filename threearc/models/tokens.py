"""Token ids to text with the tokenizer's file alone: what engines and judges read a slice of an answer with."""

from collections.abc import Sequence
from pathlib import Path

from threearc.models.chat import ThinkingMarks


class TokenReader:
    """Decodes generated tokens: special tokens are dropped, thinking marks are kept.

    Args:
        tokenizer_file: the ``tokenizer.json`` of a student.
        marks: thinking marks, which some tokenizers hold as special tokens.
    """

    def __init__(self, tokenizer_file: str | Path, marks: ThinkingMarks) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        added = self._tokenizer.get_added_tokens_decoder()
        self._dropped = {number for number, token in added.items() if token.special and token.content not in marks}

    def text(self, token_ids: Sequence[int]) -> str:
        """The text of ``token_ids``; a character cut in the middle shows as U+FFFD."""
        kept = [token for token in token_ids if token not in self._dropped]
        return str(self._tokenizer.decode(kept, skip_special_tokens=False))
