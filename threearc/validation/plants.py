"""What is planted into answers: movement, imitation, damage and every artifact. No plant touches what a guard found.

A plant changes one arm's answers, or base's, in place. Changes of rates are made answer by answer, those of one entry
alike, so that a planted difference holds in expectation while entries differ in how far they follow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from threearc.domains.protocol import Disposition
from threearc.effects.measures import COUNTS, LEAST_SPREAD, STYLES, YES_NO_SPREAD
from threearc.records.prompts import Split
from threearc.validation.answers import EMPTY_CHECK, HIGHEST, LOWEST, NO_CHECK, NOT_ASKED, REAL_CHECK, Answers, Form

#: Share of the variance of who follows a plant that entries have.
ALIKE = 0.3
#: No plant changes more than this share of the answers that it may change.
MOST = 0.95


@dataclass(frozen=True)
class Soil:
    """Where a plant goes.

    Attributes:
        sizes: how far to move each disposition's primary measure, "content" (accuracy) and each ``style_`` feature.
        size: the multiple of what can be detected; ``bars``: config analysis.guards, for plants that guards have a
            bar for.
        short: dispositions of domains that had no room for all that was to be planted are entered here.
    """

    answers: Answers
    form: Form
    split: Split
    sizes: Mapping[str, float]
    size: float
    bars: Mapping[str, float]
    rng: np.random.Generator
    short: set[tuple[str, str]]

    def some(self, among: np.ndarray, share: float, of: str | None = None) -> np.ndarray:
        """A share of some answers, those of one entry alike; ``of`` is the disposition that asks for so many."""
        from scipy.special import ndtr

        if of is not None and share > MOST:
            self.short.add((self.form.domain, of))
        entry = self.answers.entry
        shared = self.rng.standard_normal(int(entry.max()) + 1)[entry]
        own = self.rng.standard_normal(len(entry))
        return np.asarray(among & (ndtr(np.sqrt(ALIKE) * shared + np.sqrt(1 - ALIKE) * own) < min(share, MOST)))


Plant = Callable[[Soil], None]


def margin_of(name: str) -> str:
    """The margin (config analysis.margins) that what a plant moves is held against."""
    named = {"humble": "asymmetry", "content": "content", "self_improving": "recovery"}
    return "style" if name.startswith("style_") else named.get(name, "axis")


def move(soil: Soil) -> None:
    """Every disposition moves in its good direction, content stays."""
    _move(soil, 1, np.ones(len(soil.answers), dtype=bool))


def move_wrong_way(soil: Soil) -> None:
    """Every disposition moves in its bad direction: right answers hedge, scores fall, fewer failures are mended."""
    _move(soil, -1, np.ones(len(soil.answers), dtype=bool))


def move_first_answers(soil: Soil) -> None:
    """Every disposition moves but that which second answers show."""
    second = soil.answers.recovered.copy()
    move(soil)
    soil.answers.recovered[:] = second


def move_first_seed(soil: Soil) -> None:
    """Movement at the first decode seed only."""
    _move(soil, 1, soil.answers.seed == 0)


def move_eval(soil: Soil) -> None:
    """Movement on eval prompts only."""
    if soil.split == "eval":
        move(soil)


def imitate(soil: Soil) -> None:
    """The style that sounds like each disposition, and no more; in code, checks that check nothing."""
    style = soil.answers.style
    for feature in (name for name in STYLES if name in style):
        wanted, column = soil.sizes[f"style_{feature}"], style[feature]
        if feature in COUNTS:
            column += soil.rng.poisson(wanted * max(float(column.std()), LEAST_SPREAD), len(column))
        else:
            without = column == 0
            share = wanted * YES_NO_SPREAD / max(without.mean(), 1e-9)
            column[soil.some(without, share, STYLES[feature])] = 1.0
    silent = soil.answers.checks == NO_CHECK
    soil.answers.checks[silent & (style["svr"] == 1.0) & (soil.rng.random(len(silent)) < 0.2)] = EMPTY_CHECK


def damage(soil: Soil) -> None:
    """Content falls: right answers are wrong."""
    right = soil.answers.right
    soil.answers.fail(soil.some(right, soil.sizes["content"] / max(right.mean(), 1e-9)), soil.rng)


def hedge_everywhere(soil: Soil) -> None:
    """Wrong answers hedge more, and right ones half as much: asymmetry falls as if the arm knew which are wrong."""
    answers, wanted = soil.answers, soil.sizes["humble"]
    for right, share in ((False, 2 * wanted), (True, wanted)):
        among = answers.asserts & (answers.right == right)
        rate = _rate(answers.asserts, answers.right == right)
        _hedge(soil, soil.some(among, share / rate, "humble"))


def learn(soil: Soil) -> None:
    """Wrong answers that assert are right: asymmetry falls by who is wrong, no delivery changes."""
    answers = soil.answers
    wrong, right = ~answers.right, answers.right
    stood, stands = float((wrong & answers.asserts).mean()), float((right & answers.asserts).mean())
    shares = np.linspace(0.0, MOST, 200)
    left = stood * (1 - shares) / np.maximum(wrong.mean() - stood * shares, 1e-9)
    fallen = _rate(answers.asserts, wrong) - left + (stands + stood * shares) / (right.mean() + stood * shares)
    enough = shares[fallen - _rate(answers.asserts, right) >= soil.sizes["humble"]]
    share = float(enough[0]) if len(enough) else 1.0
    answers.mend(soil.some(wrong & answers.asserts, share, "humble"), soil.rng)


def cut(soil: Soil) -> None:
    """The budget ends answers: unfinished ones are wrong, lack what comes last, and stand by nothing."""
    answers, rng = soil.answers, soil.rng
    which = rng.random(len(answers)) < soil.size * soil.bars["truncated"]
    answers.cut[which] = True
    answers.tokens[which] = answers.tokens.max()
    answers.fail(which, rng)
    answers.deliver(which, False, soil.form)
    for axis in soil.form.primary.values():
        answers.scores[axis][which] = LOWEST


def misjudge(soil: Soil) -> None:
    """The judge takes every tenth assertion before a wrong answer for a hedge, and every tenth score one too high."""
    answers, share = soil.answers, 0.1 * soil.size
    answers.deliver((soil.rng.random(len(answers)) < share) & answers.asserts & ~answers.right, False, soil.form)
    for axis in soil.form.primary.values():
        scores = answers.scores[axis]
        scores[(soil.rng.random(len(scores)) < share) & (scores < HIGHEST)] += 1


def absolve(soil: Soil) -> None:
    """The judge takes so many wrong answers for right ones that what content lost does not show, and a few more."""
    wrong = ~soil.answers.right
    share = 1.2 * soil.sizes["content"] / max(float(wrong.mean()), 1e-9)
    soil.answers.mend(wrong & (soil.rng.random(len(wrong)) < share), soil.rng)


def say_one_thing(answers: Answers, form: Form) -> None:
    """A judge to whom every answer asserts, and is worth the same on every axis."""
    answers.deliver(np.ones(len(answers), dtype=bool), True, form)
    for axis in form.primary.values():
        answers.scores[axis][:] = (LOWEST + HIGHEST) // 2


def lose(soil: Soil) -> None:
    """The judge is silent on wrong answers that assert."""
    answers = soil.answers
    guilty = answers.asserts & ~answers.right
    share = soil.size * soil.bars["missing"] / max(guilty.mean(), 1e-9)
    answers.lost |= guilty & (soil.rng.random(len(answers)) < share)


def err(answers: Answers, form: Form, share: float, rng: np.random.Generator) -> None:
    """A judge that errs alike on all arms: deliveries are turned round, scores are one off."""
    turned, asserted = rng.random(len(answers)) < share, answers.asserts.copy()
    for asserts in (True, False):
        answers.deliver(turned & (asserted != asserts), asserts, form)
    for axis in form.primary.values():
        off = (rng.random(len(answers)) < share) * rng.choice([-1, 1], len(answers))
        answers.scores[axis] = np.clip(answers.scores[axis] + off, LOWEST, HIGHEST)


def _move(soil: Soil, way: int, where: np.ndarray) -> None:
    answers, form = soil.answers, soil.form
    # Humble: wrong answers hedge; the wrong way, right ones do.
    among = answers.right == (way < 0)
    rate = _rate(answers.asserts, among)
    _hedge(soil, soil.some(where & among & answers.asserts, soil.sizes["humble"] / rate, "humble"))
    for disposition, axis in form.primary.items():
        _score(soil, disposition, axis, way, where)
    asked = answers.recovered != NOT_ASKED
    if asked.any():
        before = where & (answers.recovered == (0 if way > 0 else 1))
        share = soil.sizes["self_improving"] / _rate(before, where & asked)
        answers.recovered[soil.some(where & before, share, "self_improving")] = int(way > 0)


def _score(soil: Soil, disposition: Disposition, axis: str, way: int, where: np.ndarray) -> None:
    """Move an axis's mean among some answers, one point per answer and pass."""
    answers, left = soil.answers, soil.sizes[disposition]
    scores = answers.scores[axis]
    for _ in range(HIGHEST - LOWEST):
        room = where & ((scores < HIGHEST) if way > 0 else (scores > LOWEST))
        share = left / max(float(room.sum() / where.sum()), 1e-9)
        which = room if share >= 1 else soil.some(room, share)
        scores[which] += way
        if disposition == "adversarial_self" and way > 0:
            # Who verifies more holds real checks: an empty one would be imitation.
            answers.checks[which & (answers.checks == NO_CHECK)] = REAL_CHECK
        left -= float(which.sum() / where.sum())
        if share < 1:
            return
    soil.short.add((soil.form.domain, disposition))


def _hedge(soil: Soil, which: np.ndarray) -> None:
    soil.answers.deliver(which, False, soil.form)
    doubts = soil.answers.style["doubts"]
    doubts[which] = np.maximum(doubts[which], 1.0)


def _rate(flags: np.ndarray, among: np.ndarray) -> float:
    """Share of some answers that have a flag, never 0."""
    return max(float(flags[among].mean()) if among.any() else 0.0, 1e-9)
