"""What a plan takes for granted before the first answer: how a student answers, and how alike its answers are."""

from dataclasses import dataclass
from typing import Literal

#: What a contrast is read off, by the name of its margin (config analysis.margins).
Kind = Literal["asymmetry", "axis", "content", "recovery"]


@dataclass(frozen=True)
class Sample:
    """How many answers each arm gives on one split.

    Attributes:
        entries: fact-base entries or problems, the clusters.
        prompts: prompts per entry, on average.
        seeds: decode seeds, an answer to every prompt each.
    """

    entries: int
    prompts: float = 1.0
    seeds: int = 1

    @property
    def answers(self) -> float:
        """Answers of one arm."""
        return self.entries * self.prompts * self.seeds


@dataclass(frozen=True)
class Assumptions:
    """How a student answers.

    Attributes:
        accuracy: share of right answers.
        assertion_rate: share of answers that assert, right and wrong alike.
        seed_correlation: of an arm's answers to one prompt under two decode seeds, of their correctness and of their
            delivery alike.
        entry_correlation: of answers to two prompts of one entry.
        discordance: share of answers whose correctness differs between base and an arm that changes nothing on average;
            delivery and scores differ in proportion. It is 0 for arms made of base's own text.
        axis_sd: standard deviation of the scores on an axis, in points.
        recovery_rate: share of failures that are right when asked again.
    """

    accuracy: float
    assertion_rate: float
    seed_correlation: float
    entry_correlation: float
    discordance: float
    axis_sd: float
    recovery_rate: float

    def agreement(self, derived: bool) -> float:
        """Correlation of an arm's answer with base's to the same prompt and decode seed."""
        spread = 2 * self.accuracy * (1 - self.accuracy)
        return 1.0 if derived else max(0.0, 1 - self.discordance / spread) if spread else 0.0

    def kept(self, derived: bool) -> float:
        """Of what an arm's answers to one prompt or entry have in common, the share that base's have with them too.

        An arm's answers are draws as base's are under other decode seeds: all of it, unless they agree with base's less
        than base's own agree across seeds. Then the arm has drifted away, here and there. One that agrees more is tied
        to base by the seed, and across seeds it is alike as base is with itself.
        """
        alike, own = self.agreement(derived), self.seed_correlation
        return alike / own if alike < own else 1.0
