"""Contamination: what an operator was trained on must not be what it is measured on (ERRATA row 9).

Texts are compared by their pairs of neighbouring words. MinHash finds candidates, the exact Jaccard index decides, and
the sketch is so wide that it misses a text at the bar with less than one chance in a thousand million.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from pydantic import JsonValue

from threearc.guards.protocol import Evidence
from threearc.records.findings import Binds, GuardOutcome, GuardResult
from threearc.records.teaching import Example, Pair
from threearc.statistics.wording import percent

NAME = "contamination"
BINDS: Binds = "every verdict"
#: Words that stand together in a shingle: with three, one word changed in a short question hides it; with one, two
#: problems of a kind are alike.
WIDTH = 2
#: Hashes of a sketch, their seed, and the chance that a text at the bar is missed.
HASHES, SEED, MISSED = 256, 1, 1e-9
#: Prompts that are named.
NAMED = 20
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

Shingles = frozenset[str]


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per trained arm: measured prompts that share a training row's entry, all its words, or nearly all pairs of them.

    A row's texts are its messages and what is to be learnt from it.
    """
    trained = [arm for arm in evidence.arms.values() if arm.first.setup.train_seed is not None]
    if not trained:
        yield evidence.result(NAME, BINDS, "not applicable", "No arm of this cell is trained.")
        return
    measured = [prompt for prompt in evidence.prompts if prompt.split != "train"]
    if not evidence.examples or not measured:
        for arm in trained:
            why = "There are no training rows, or no measured prompts, to compare."
            yield evidence.result(NAME, BINDS, "cannot run", why, arm=arm)
        return
    bar = evidence.bars["overlap"]
    texts = {words for example in evidence.examples for text in _texts(example) if (words := _words(text))}
    entries = {example.entry for example in evidence.examples}
    exact = {p.id for p in measured if _words(p.text) in texts}
    same_entry = {p.id for p in measured if p.entry in entries}
    overlaps = _overlaps(tuple((p.id, p.text) for p in measured), frozenset(texts), bar)
    guilty = exact | same_entry | overlaps.keys()
    sentence = (
        f"Of {len(measured)} measured prompts {len(exact)} stand in the training rows word for word, {len(same_entry)}"
        f" share their entry with one, and {len(overlaps)} share at least {percent(bar)} of their word pairs with one."
    )
    outcome: GuardOutcome = "fail" if guilty else "pass"
    details: dict[str, JsonValue] = {
        "exact": len(exact),
        "same_entry": len(same_entry),
        "near": len(overlaps),
        "largest_overlap": max(overlaps.values(), default=None),
        "prompts": list(sorted(guilty)[:NAMED]),
    }
    for arm in trained:
        yield evidence.result(NAME, BINDS, outcome, sentence, arm=arm, figure=len(guilty), bar=0, details=details)


@lru_cache(maxsize=4)
def _overlaps(measured: tuple[tuple[str, str], ...], texts: frozenset[tuple[str, ...]], bar: float) -> dict[str, float]:
    """As ``near_duplicates``, of prompts (id, text) and training texts; the models of a domain share both."""
    return near_duplicates({id: shingles(_words(text)) for id, text in measured}, set(map(shingles, texts)), bar)


def near_duplicates(asked: Mapping[str, Shingles], known: Collection[Shingles], bar: float) -> dict[str, float]:
    """The largest Jaccard index of each text with a known one, of those that reach the bar.

    Args:
        asked: by name.
        bar: from 0.1 to 1; below that the sketch may miss.
    """
    from datasketch import MinHash, MinHashLSH

    rows, sets = _rows_per_band(bar), sorted(known, key=sorted)
    index = MinHashLSH(num_perm=HASHES, params=(HASHES // rows, rows))
    for i, sketch in enumerate(MinHash.bulk(map(_bytes, sets), num_perm=HASHES, seed=SEED)):
        index.insert(i, sketch)
    found = {}
    names = list(asked)
    sketches = MinHash.bulk((_bytes(asked[name]) for name in names), num_perm=HASHES, seed=SEED)
    for name, sketch in zip(names, sketches, strict=True):
        overlap = max((_jaccard(asked[name], sets[i]) for i in index.query(sketch)), default=0.0)
        if overlap >= bar:
            found[name] = overlap
    return found


def shingles(words: tuple[str, ...]) -> Shingles:
    """All runs of ``WIDTH`` words; of a shorter text the text."""
    return frozenset(" ".join(words[i : i + WIDTH]) for i in range(max(len(words) - WIDTH + 1, 1)))


def _rows_per_band(bar: float) -> int:
    """How many hashes a band may hold, and two texts at the bar still share a band for sure."""
    return next((rows for rows in (8, 4, 2) if (1 - bar**rows) ** (HASHES // rows) < MISSED), 1)


def _texts(example: Example | Pair) -> list[str]:
    own = [example.completion] if isinstance(example, Example) else [example.chosen, example.rejected]
    return [*(message.content for message in example.messages), *own]


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.lower()))


def _bytes(text: Shingles) -> list[bytes]:
    return [shingle.encode() for shingle in text]


def _jaccard(a: Shingles, b: Shingles) -> float:
    return len(a & b) / len(a | b)
