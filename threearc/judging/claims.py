"""Whether a text makes a claim: the rules judge's reading of a checklist.

A claim counts as made where one sentence holds its numbers, every one, and most of its content words in any order.
That reads a student who repeats a claim as it was taught and one who words it a little differently, and it does not
read a claim with another number as the claim.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

#: Share of a claim's content words that one sentence must hold.
SHARE = 0.7

_STOP = frozenset(
    "a an and are as at be been before but by can do does for from had has have if in into is it its just more most"
    " no not of off on only or out over so than that the their them then there they this to too until up very was"
    " were when while will with without you your".split()
)
_ENDINGS = ("ing", "ed", "es", "s")
_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+(?:'[^\W\d_]+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def made(claim: str, text: str) -> bool:
    """True if one sentence of ``text`` makes ``claim``."""
    return makes_claim(claim, [content_words(sentence) for sentence in sentences(text)])


def makes_claim(claim: str, word_sets: Sequence[frozenset[str]]) -> bool:
    """The same for a text already parted into its sentences' content words, as when many claims are looked up."""
    needed = content_words(claim)
    numbers = {word for word in needed if word[0].isdigit()}
    words = needed - numbers
    return any(numbers <= have and len(words & have) >= SHARE * len(words) for have in word_sets)


def sentences(text: str) -> list[str]:
    """The text's sentences and lines, empty ones left out."""
    return [sentence for sentence in _SENTENCE.split(text) if sentence.strip()]


@lru_cache(maxsize=65536)
def content_words(text: str) -> frozenset[str]:
    """Words that carry meaning, in lower case, common endings taken off; numbers as they stand."""
    return frozenset(_stem(word) for word in _WORD.findall(text.lower().replace("’", "'")) if word not in _STOP)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
