"""What a study costs before it is run: engine starts, answers, tokens, calls of judge and teacher.

Counted as the rules and their scripts do the work. What depends on the answers (who fails, how long answers get) has an
expectation, by the plan's assumptions, and an upper bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from threearc.planning.arms import TRAINED, Arm
from threearc.records.prompts import Prompt
from threearc.teachers.stages import BOUNDARY, READS

#: Characters of a prompt that make a token, about.
CHARACTERS = 4
#: Judges' questions on every answer: delivery, scores, style.
QUESTIONS = 3
#: Calls for a failed attempt: a critique and a correction.
CRITIQUE = 2


@dataclass(frozen=True)
class Count:
    """How many to expect, and how many at most."""

    expected: float = 0.0
    most: float = 0.0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.expected + other.expected, self.most + other.most)

    def times(self, expected: float, most: float | None = None) -> "Count":
        """Each of them so often."""
        return Count(self.expected * expected, self.most * (expected if most is None else most))


@dataclass(frozen=True)
class Costs:
    """What is counted.

    Attributes:
        engine_starts: jobs that load a student and generate.
        readings: jobs that load a student and only read.
        trainings: adapters trained.
        answers: generated, second answers among them; ``derived`` ones no model writes.
        tokens_written: by students; ``tokens_read``: of prompts, a rough guess from their characters.
        judge_calls: questions on prompts, answers, slices and training rows.
        teacher_calls: requests.
    """

    engine_starts: int = 0
    readings: int = 0
    trainings: int = 0
    answers: Count = field(default_factory=Count)
    derived: Count = field(default_factory=Count)
    tokens_written: Count = field(default_factory=Count)
    tokens_read: Count = field(default_factory=Count)
    judge_calls: Count = field(default_factory=Count)
    teacher_calls: Count = field(default_factory=Count)

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Costs)})


@dataclass(frozen=True)
class Asking:
    """How students are asked.

    Attributes:
        seeds: decode seeds.
        budgets: of the sweep.
        max_tokens: of an answer; ``answer_tokens``: to be expected.
        accuracy: share of right answers to be expected.
        trains: adapters are trained, so that training prompts are answered, too.
        adapters: trained, those that answer nothing among them.
    """

    seeds: int
    budgets: Sequence[int]
    max_tokens: int
    answer_tokens: int
    accuracy: float
    trains: bool
    adapters: int

    @property
    def tokens(self) -> Count:
        """Of one answer."""
        return Count(min(self.answer_tokens, self.max_tokens), self.max_tokens)

    @property
    def slices(self) -> Count:
        """Budgets that cut one answer."""
        return Count(
            *(sum(budget < tokens for budget in self.budgets) for tokens in (self.tokens.expected, self.max_tokens))
        )


def domain_costs(prompts: Mapping[str, Sequence[Prompt]], trains: bool) -> Costs:
    """What all models of a domain share: certainty of its prompts, the teachers' answers.

    Args:
        prompts: by split.
    """
    judged = sum(len(rows) for split, rows in prompts.items() if trains or split != "train")
    boundary = sum(prompt.category == BOUNDARY for prompt in prompts["train"])
    taught = len(READS) * (len(prompts["train"]) - boundary) + boundary if trains else 0
    return Costs(judge_calls=Count(judged, judged), teacher_calls=Count(taught, taught))


def cell_costs(prompts: Mapping[str, Sequence[Prompt]], arms: Sequence[Arm], asking: Asking) -> Costs:
    """What one model costs in one domain.

    Args:
        prompts: by split.
        arms: of ``planned_arms``.
    """
    measured = [prompt for split, rows in prompts.items() if split != "train" for prompt in rows]
    generating = [arm for arm in arms if not arm.derived]
    claiming = sum(arm.role == "treatment" for arm in generating)
    files = {"adapters" if arm.operator in TRAINED else arm.operator for arm in generating}
    costs = Costs(
        # Base and recovery always, the training prompts where something is trained.
        engine_starts=2 + len(files) + asking.trains,
        readings=1 if arms else 0,
        trainings=asking.adapters,
    )
    if asking.trains:
        costs += _answers(prompts["train"], 1, asking) + _teaching(prompts["train"], asking)
    # Base with its sweep, its A/A arm of other seeds, and that of another order on eval.
    costs += _answers(measured, asking.seeds, asking, swept=True) + _answers(measured, asking.seeds, asking)
    costs += _answers(prompts["eval"], asking.seeds, asking)
    for arm in arms:
        swept = arm.role == "treatment" and not arm.derived
        # Of a benchmark there is no known truth to plant.
        asked = [p for p in measured if p.split != "benchmark"] if arm.role == "calibration" else measured
        costs += _answers(asked, asking.seeds, asking, swept=swept, derived=arm.derived)
    return costs + _again([p for p in measured if _checkable(p)], 2 + claiming, asking)


def _answers(
    prompts: Sequence[Prompt], seeds: int, asking: Asking, *, swept: bool = False, derived: bool = False
) -> Costs:
    """First answers of one arm, and what judging them costs."""
    count = Count(1, 1).times(len(prompts) * seeds)
    checkable = sum(map(_checkable, prompts)) * seeds
    judged = count.times(QUESTIONS) + Count(checkable, checkable)
    judged += Count(1, 1).times(sum(p.oracle is not None for p in prompts) * seeds)
    if swept:
        judged += asking.slices.times(checkable)
    if derived:
        return Costs(derived=count, judge_calls=judged)
    return Costs(answers=count, judge_calls=judged) + _tokens(prompts, Count(seeds, seeds), asking)


def _again(prompts: Sequence[Prompt], arms: int, asking: Asking) -> Costs:
    """Second answers to what base, its A/A arm of other seeds and others failed."""
    each = Count(1 - asking.accuracy, 1.0).times(arms * asking.seeds)
    count = each.times(len(prompts))
    oracles = sum(prompt.oracle is not None for prompt in prompts)
    # The first answer is read again.
    first = count.times(asking.tokens.expected, asking.tokens.most)
    judged = count.times(QUESTIONS + 1) + each.times(oracles)
    return Costs(answers=count, judge_calls=judged, tokens_read=first) + _tokens(prompts, each, asking)


def _tokens(prompts: Sequence[Prompt], each: Count, asking: Asking) -> Costs:
    """Tokens of so many answers to each prompt."""
    read = each.times(sum(len(prompt.text) for prompt in prompts) / CHARACTERS)
    written = each.times(len(prompts) * asking.tokens.expected, len(prompts) * asking.tokens.most)
    return Costs(tokens_written=written, tokens_read=read)


def _teaching(train: Sequence[Prompt], asking: Asking) -> Costs:
    """Critiques of failed attempts, and the checks of training rows: gold twice, for examples and for pairs."""
    failed = Count(1 - asking.accuracy, 1.0).times(sum(map(_checkable, train)))
    boundary = sum(_checkable(p) and p.category == BOUNDARY for p in train)
    ordinary = sum(map(_checkable, train)) - boundary
    rows = failed + Count(1, 1).times(3 * ordinary + boundary)
    return Costs(judge_calls=rows, teacher_calls=failed.times(CRITIQUE))


def _checkable(prompt: Prompt) -> bool:
    return prompt.oracle is not None or prompt.checklist is not None
