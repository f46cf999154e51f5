"""Whether a text makes a claim: the rules judge's reading of a checklist.

A claim counts as made where one sentence holds its numbers, every one, and most of its content words in any order.
That reads a student who repeats a claim as it was taught and one who words it a little differently, and it does not
read a claim with another number as the claim. A word counts as negated from a negation to the end of its clause, and a
negated word is another word: who warns of a step has not recommended it, and who recommends it has not warned. Of what
a claim negates, something must be negated.
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
_NEGATED = "not "
_ENDINGS = ("ing", "ed", "es", "s")
_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+(?:'[^\W\d_]+)?")
# What is met in a clause, first match first: words that only look like a negation of what follows, negations, ends of a
# clause, and words.
_CLAUSE = re.compile(
    r"(?P<none>\b(?:no|not|never|without|\w+n't) (?:more|less|later|longer|earlier|higher|lower|further|only|just|too|"
    r"(?:to )?(?:forget|fail|hesitate|worry|skip|omit)\w*)\b)"
    r"|(?P<negation>\b(?:no|not|never|nor|neither|nothing|cannot|without|instead of|rather than|\w+n't|"
    r"avoid(?:ing)?(?= \w+ing\b))(?!\w))"
    r"|(?P<end>[,;:()–—]|\b(?:but|because|so|since|until|if|when|while|which)\b)"
    rf"|(?P<word>{_WORD.pattern})"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def made(claim: str, text: str) -> bool:
    """True if one sentence of ``text`` makes ``claim``."""
    return makes_claim(claim, [stated_words(sentence) for sentence in sentences(text)])


def makes_claim(claim: str, word_sets: Sequence[frozenset[str]]) -> bool:
    """The same for a text already parted into its sentences' stated words, as when many claims are looked up."""
    needed = stated_words(claim)
    numbers = {word for word in needed if word.removeprefix(_NEGATED)[0].isdigit()}
    words = needed - numbers
    negated = {word for word in words if word.startswith(_NEGATED)}
    return any(
        numbers <= have and len(words & have) >= SHARE * len(words) and (not negated or negated & have)
        for have in word_sets
    )


def sentences(text: str) -> list[str]:
    """The text's sentences and lines, empty ones left out."""
    return [sentence for sentence in _SENTENCE.split(text) if sentence.strip()]


@lru_cache(maxsize=65536)
def stated_words(sentence: str) -> frozenset[str]:
    """Content words of a sentence, those in the reach of a negation marked as negated."""
    words, reach = set(), ""
    for found in _CLAUSE.finditer(_plain(sentence)):
        if found["negation"]:
            reach = _NEGATED
        elif found["end"]:
            reach = ""
        elif found["word"] and found["word"] not in _STOP:
            words.add(reach + _stem(found["word"]))
    return frozenset(words)


def _plain(text: str) -> str:
    return text.lower().replace("’", "'")


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
