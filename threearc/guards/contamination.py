"""Contamination: what an operator was trained on must not be what it is measured on (ERRATA row 9)."""

from collections.abc import Iterator

from threearc.guards.protocol import Evidence
from threearc.judging.claims import content_words
from threearc.records.findings import Binds, GuardResult
from threearc.records.prompts import Prompt
from threearc.statistics.wording import percent

NAME = "contamination"
BINDS: Binds = "every verdict"


def check(evidence: Evidence) -> Iterator[GuardResult]:
    """Per trained arm: measured prompts that share a training row's entry, or nearly all its question's words."""
    trained = [arm for arm in evidence.arms.values() if arm.first.setup.train_seed is not None]
    if not evidence.examples or not trained:
        yield evidence.result(NAME, BINDS, "not applicable", "No arm of this cell is trained on prompts.")
        return
    bar = evidence.bars["overlap"]
    measured = [prompt for prompt in evidence.prompts if prompt.split != "train"]
    entries = {example.entry for example in evidence.examples}
    same_entry = [prompt for prompt in measured if prompt.entry in entries]
    questions = {content_words(message.content) for example in evidence.examples for message in example.messages}
    overlaps = {
        prompt.id: max(_overlap(content_words(prompt.text), words) for words in questions) for prompt in measured
    }
    near = [prompt for prompt in measured if overlaps[prompt.id] >= bar]
    guilty: dict[str, Prompt] = {prompt.id: prompt for prompt in [*same_entry, *near]}
    sentence = (
        f"{len(same_entry)} measured prompts share their entry with a training row; {len(near)} share at least"
        f" {percent(bar)} of their words with one (largest overlap {percent(max(overlaps.values()))})."
    )
    for arm in trained:
        yield evidence.result(
            NAME,
            BINDS,
            "fail" if guilty else "pass",
            sentence,
            arm=arm,
            figure=max(overlaps.values()),
            bar=bar,
            details={"same_entry": len(same_entry), "near": len(near), "prompts": list(sorted(guilty)[:20])},
        )


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard index of two sets of words."""
    return len(a & b) / len(a | b) if a | b else 0.0
