"""The verdict table: which word follows from which facts. Read from the top; the first row that holds gives the word.

A fact is true, false or unknown. A row holds if all its facts are true; an unknown fact never counts as true, so that
what could not be checked cannot make a claim, and never reads as passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from threearc.records.findings import Alternative, Word

#: What the facts mean; ``threearc.verdicts.facts`` computes them.
FACTS = {
    "premise_fails": "a guard whose premise every claim needs has failed or could not run",
    "undefined": "the measure is not defined on these answers",
    "not_attributable": "the operator found nothing to act on, or base leaves the measure nowhere to go",
    "naive_gain": "a naive analysis (eval prompts alone, the first decode seed alone, groups that the arm's own answers"
    " make) finds that the measure moved in the good direction, by more than its margin",
    "gone_when_repaired": "what the repair leaves of it (fresh prompts, the other decode seeds, groups that the arm"
    " cannot change) is equivalent to zero (but for such groups, which show less of any movement), lies on the other"
    " side, or takes in zero and is less by the interval of the difference",
    "content_lost": "accuracy or coverage fell by more than its margin, on eval, fresh or benchmark prompts, after"
    " correction for multiplicity",
    "wrong_way": "the measure moved in the bad direction by more than its margin, after correction for multiplicity; of"
    " several doses the strongest did, and the trend over all stands out",
    "gain": "the measure moved in the good direction by more than its margin, after correction for multiplicity; of"
    " several doses the strongest did, and the trend over all stands out",
    "holds_fresh": "it moved in the good direction on fresh prompts too, and not by next to nothing, after correction"
    " over all that stands out",
    "holds_regrouped": "it is no change of composition: where the measure compares wrong answers with right ones, it"
    " moved in the good direction between questions that base, asked once more, gets wrong and ones that it gets right,"
    " after correction over all that stands out",
    "holds_without": "it rests on no single decode seed: where there are several it stands out without each of them,"
    " after correction over all that stands out",
    "kept": "the intervals of accuracy (a benchmark's too), of coverage, for humble of calibration on settled questions"
    " answered right, and for self-verification in coding of answers without an empty check exclude a loss of more than"
    " the margin, on eval and on fresh prompts, and a larger loss would have been seen",
    "guards_allow": "no guard on claims of movement has failed, and each could run",
    "style_moved": "what sounds like the disposition moved by more than its margin",
    "style_exceeds": "and further than the measure did, both in standard deviations, by the interval of the difference",
    "equivalent": "the interval lies within the margin on either side of zero, and a larger shift would have been seen",
}


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        needs: facts that must be true.
        says: the verdict's sentence, with the names of ``numbers`` as slots.
    """

    word: Word
    needs: tuple[str, ...]
    says: str


TABLE = (
    Row("not assessable", ("premise_fails",), "A premise fails: {premise}"),
    Row("not assessable", ("undefined",), "{measure} is not defined here: {undefined}"),
    Row(
        "artifact",
        ("naive_gain", "gone_when_repaired"),
        "{measure} moved by {naive}, but by {repaired}.",
    ),
    Row("content damage", ("content_lost",), "{content}; {measure} moved by {estimate}."),
    Row("moves the wrong way", ("wrong_way",), "{measure} moved by {estimate}, which is the wrong way."),
    Row("not attributable", ("not_attributable",), "{why_not_attributable}"),
    Row(
        "moves cleanly",
        ("gain", "holds_regrouped", "holds_fresh", "holds_without", "kept", "guards_allow"),
        "{measure} moved by {estimate}, on fresh prompts by {fresh}; {content}.",
    ),
    Row(
        "stylistic mimicry",
        ("style_moved", "style_exceeds", "equivalent"),
        "Style moved ({style}), {measure} did not ({estimate}).",
    ),
    Row("no effect", ("equivalent",), "{measure} moved by {estimate}, within ±{margin}."),
    Row("inconclusive", (), "{measure} moved by {estimate} (margin ±{margin}): {lacking}."),
)


def decide(facts: Mapping[str, bool | None]) -> tuple[int, Row]:
    """The first row of the table that holds, with its number counted from 1.

    Raises:
        KeyError: if a fact that a row needs was not computed at all.
    """
    for number, row in enumerate(TABLE, start=1):
        if all(facts[name] is True for name in row.needs):
            return number, row
    raise AssertionError("the last row needs no facts")


def alternatives(facts: Mapping[str, bool | None]) -> list[Alternative]:
    """What would change the word: each fact that would do so by itself, and the word that would follow then."""
    _, given = decide(facts)
    found = []
    for name in FACTS:
        turned = facts[name] is not True
        _, row = decide({**facts, name: turned})
        if row.word != given.word:
            found.append(Alternative(fact=name, holds=turned, word=row.word))
    return found
