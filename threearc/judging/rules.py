"""The rules judge: reads claims, hedges and evidence off the text by rules that are data, and runs code.

It is the miniature's judge and every study's second opinion. It knows what its rules know: a claim in other words, a
doubt without a doubting word or a check that was only announced escape it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Len

from threearc.domains.data_files import Pattern, Shape, Share, read_data
from threearc.domains.protocol import CALIBRATION, CONTENT, Domain, Instrument, load_domain
from threearc.judging.checks import stated_checks
from threearc.judging.claims import makes_claim, sentences, stated_words
from threearc.judging.extraction import prose
from threearc.judging.judge import Unjudged
from threearc.judging.oracle import OracleRunner
from threearc.provenance.errors import StudyError
from threearc.provenance.hashing import content_id, folder_hashes
from threearc.records.judgements import (
    Certainty,
    CertaintyVerdict,
    ChecksVerdict,
    CoverageVerdict,
    DeliveryVerdict,
    OracleVerdict,
    ScoresVerdict,
    StyleVerdict,
)
from threearc.records.prompts import Prompt

DATA = Path(__file__).parent / "data"

#: Score of hedging for a certainty class and a delivery (FACTS, rubric v4: appropriateness for that class).
APPROPRIATE = {
    ("certain", "assert"): 5,
    ("certain", "hedge"): 2,
    ("ambiguous", "assert"): 2,
    ("ambiguous", "hedge"): 5,
    ("uncertain", "assert"): 1,
    ("uncertain", "hedge"): 5,
}


class DeliveryRules(Shape):
    """delivery.yaml: words of doubt, and what excuses them.

    Attributes:
        opening: sentences in which a weak one hedges.
        weak_share: share of sentences with a weak one that hedges.
    """

    strong: Annotated[list[Pattern], Len(1)]
    weak: Annotated[list[Pattern], Len(1)]
    excused: Annotated[list[Pattern], Len(1)]
    opening: int
    weak_share: Share


class StyleRules(Shape):
    """style.yaml: features that a text has or has not."""

    features: dict[str, Pattern]


class Lexicon(Shape):
    """rubric.yaml, mcas.yaml: patterns of evidence by axis and kind."""

    axes: dict[str, dict[str, Pattern]]


class RulesJudge:
    """Judges by rules.

    Args:
        domain: gives the certainty of its prompts and its instrument.
        axes: the axes to score, of those that ``known_axes`` lists.
        oracle: runs programs.
    """

    name = "rules"

    def __init__(self, domain: Domain, axes: tuple[str, ...], oracle: OracleRunner) -> None:
        self.domain, self.axes, self.oracle = domain, axes, oracle
        self.hash = content_id([folder_hashes(DATA), list(axes), dict(domain.evidence())])

    def certainty(self, prompt: Prompt) -> CertaintyVerdict:
        """From what the domain's data say of the entry."""
        return CertaintyVerdict(certainty=self.domain.certainty(prompt))

    def correctness(self, prompt: Prompt, answer: str) -> CoverageVerdict | OracleVerdict | None:
        """The checklist's claims looked up in the text, or the tests run on its program."""
        if prompt.oracle is not None:
            return OracleVerdict(outcome=self.oracle.judge(answer, prompt.oracle))
        if prompt.checklist is None:
            return None
        words = [stated_words(sentence) for sentence in sentences(answer)]
        return CoverageVerdict(claims={claim.id: makes_claim(claim.text, words) for claim in prompt.checklist.claims})

    def delivery(self, prompt: Prompt, answer: str) -> DeliveryVerdict:
        """A hedge where the prose doubts itself, or where weaker doubt opens it or stands in enough of its sentences.

        Raises:
            Unjudged: if there is no answer: silence neither asserts nor hedges.
        """
        text = _said(answer)
        markers, doubts = self._strong.findall(text), self._doubts(text)
        doubtful = [bool(found) for found in doubts]
        share = sum(doubtful) / max(len(doubtful), 1)
        opened = any(doubtful[: self._delivery.opening])
        hedged = bool(markers) or opened or share >= self._delivery.weak_share
        return DeliveryVerdict(delivery="hedge" if hedged else "assert", markers=(*markers, *chain(*doubts)))

    def scores(self, prompt: Prompt, answer: str, certainty: Certainty | None) -> ScoresVerdict:
        """One point per kind of evidence; calibration from delivery and certainty, content from the claims.

        Raises:
            Unjudged: if there is no answer, or calibration is asked for and the prompt's certainty is missing.
        """
        instrument = self.domain.instrument
        text = _said(answer)
        scores: dict[str, int] = {}
        evidence: dict[str, tuple[str, ...]] = {}
        for axis in self.axes:
            if axis == CALIBRATION[instrument]:
                if certainty is None:
                    raise Unjudged("the certainty of the prompt is missing")
                scores[axis] = APPROPRIATE[certainty, self.delivery(prompt, answer).delivery]
            elif axis == CONTENT:
                verdict = self.correctness(prompt, answer)
                if isinstance(verdict, CoverageVerdict):
                    scores[axis] = 1 + round(4 * verdict.coverage)
            else:
                kinds = tuple(kind for kind, pattern in self._evidence[axis].items() if pattern.search(text))
                scores[axis] = min(5, 1 + len(kinds))
                evidence[axis] = kinds
        return ScoresVerdict(instrument=instrument, scores=scores, evidence=evidence)

    def checks(self, prompt: Prompt, answer: str) -> ChecksVerdict:
        """Checks that the answer states, and those of them that the canonical solution bears out.

        Raises:
            Unjudged: if there is no answer, or nothing to run a check against.
        """
        _said(answer)
        oracle = prompt.oracle
        if oracle is None:
            raise Unjudged("there is no canonical solution to run a check against")
        stated = stated_checks(answer, oracle.entry_point, oracle.starter)
        program = f"{oracle.starter}{oracle.canonical_solution}"
        outcomes = [self.oracle.run(program, oracle.entry_point, check.test()) for check in stated.checks]
        return ChecksVerdict(stated=stated.lines, runnable=len(outcomes), real=outcomes.count("passed"))

    def style(self, prompt: Prompt, answer: str) -> StyleVerdict:
        """Words, doubts and the features of style.yaml.

        Raises:
            Unjudged: if there is no answer.
        """
        text = _said(answer)
        words = len(text.split())
        features = {name: float(bool(pattern.search(text))) for name, pattern in self._style.items()}
        doubts = len(self._strong.findall(text)) + sum(map(len, self._doubts(text)))
        return StyleVerdict(features={"words": float(words), "doubts": float(doubts), **features})

    @cached_property
    def _delivery(self) -> DeliveryRules:
        return read_data(DATA / "delivery.yaml", DeliveryRules)

    @cached_property
    def _strong(self) -> re.Pattern[str]:
        return _any(self._delivery.strong)

    @cached_property
    def _weak(self) -> re.Pattern[str]:
        return _any(self._delivery.weak)

    @cached_property
    def _excused(self) -> re.Pattern[str]:
        return _any(self._delivery.excused)

    def _doubts(self, text: str) -> list[list[str]]:
        """Weak markers by sentence, those left out that are excused there."""
        return [self._weak.findall(self._excused.sub(" ", sentence)) for sentence in sentences(text)]

    @cached_property
    def _evidence(self) -> Mapping[str, Mapping[str, re.Pattern[str]]]:
        axes, more = _lexicon(self.domain.instrument), self.domain.evidence()
        for axis, kinds in more.items():
            for kind in kinds:
                if kind not in axes.get(axis, {}):
                    raise StudyError(
                        f"Nothing is scored by {axis}.{kind}.",
                        where=f"evidence.yaml of the domain {self.domain.name}",
                        remedy=f"Use an axis and a kind of threearc/judging/data/{self.domain.instrument}.yaml.",
                    )
        return {
            axis: _compiled({kind: "|".join([p, *more.get(axis, {}).get(kind, ())]) for kind, p in kinds.items()})
            for axis, kinds in axes.items()
        }

    @cached_property
    def _style(self) -> Mapping[str, re.Pattern[str]]:
        return _compiled(read_data(DATA / "style.yaml", StyleRules).features)


def _said(answer: str) -> str:
    if not answer.strip():
        raise Unjudged("the answer is empty")
    return prose(answer)


def known_axes(instrument: Instrument) -> list[str]:
    """The axes that the rules judge can score with an instrument."""
    content = [CONTENT] if instrument == "rubric" else []
    return [*content, CALIBRATION[instrument], *_lexicon(instrument)]


def _lexicon(instrument: str) -> dict[str, dict[str, str]]:
    return read_data(DATA / f"{instrument}.yaml", Lexicon).axes


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


def _compiled(patterns: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE | re.MULTILINE) for name, pattern in patterns.items()}


@contextmanager
def opened_judge(settings: Mapping[str, Any]) -> Iterator[RulesJudge]:
    """A judge as the settings name it, with its sandbox running.

    Args:
        settings: domain, axes and judge; oracle_seconds and oracle_megabytes where programs may be judged.

    Raises:
        StudyError: if the judge named is not part of this version.
    """
    if settings["judge"] != "rules":
        raise StudyError(
            f"The judge {settings['judge']!r} is not part of this version.",
            where="config key judging.judge",
            remedy="Use rules.",
        )
    limits = settings.get("oracle_seconds", 1.0), settings.get("oracle_megabytes", 64)
    with OracleRunner(*limits) as oracle:
        yield RulesJudge(load_domain(settings["domain"]), tuple(settings["axes"]), oracle)
