"""One planted study: a whole grid drawn, planted, and judged by the engine itself, with all its verdicts as one family.

Nothing of the engine is done again here: outcomes go through ``assess_cell``, ``run_guards`` and ``verdicts`` as those
of a real study do.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import process_time
from typing import Any

import numpy as np

from threearc.effects.assess import assess_cell
from threearc.effects.contrasts import Plan
from threearc.effects.measures import measures
from threearc.effects.outcomes import Outcome
from threearc.guards.protocol import Evidence
from threearc.guards.run import run_guards
from threearc.records.findings import GuardResult, Verdict
from threearc.records.labels import HumanLabel
from threearc.records.prompts import Prompt, Split
from threearc.records.reports import SelfTest, Verification
from threearc.records.responses import Condition
from threearc.records.untouched import BASE, OTHER_ORDER, OTHER_SEEDS
from threearc.validation.answers import NOT_ASKED, Answers, Form
from threearc.validation.outcomes import asked_of, examples_of, labels_of, outcomes_of, setup_of, treatment
from threearc.validation.plants import Plant, Soil, err, margin_of, say_one_thing
from threearc.validation.truths import CLEAN, OPEN, Truth
from threearc.validation.worlds import SPLITS, Size, Source
from threearc.verdicts.rules import decide
from threearc.verdicts.synthesis import Cell, verdicts

#: Tokens that the largest budget of a planted study allows.
BUDGET = 512
#: Share of the measured prompts that contaminated training rows repeat, per size.
REPEATED = 0.05
#: Who judges: rules that define what is measured, or a judge that may err, with so many eval answers of every arm
#: labelled by hand.
DEFINING, ERRING, LABELLED = "rules", "planted judge", 150
#: What does not differ between studies: the seed of their analysis, and how verifier and oracle did on known pairs and
#: answers.
ANALYSIS_SEED = 0
VERIFIED = Verification(pairs=40, preferred=40, good_rejected=0, bad_accepted=0)
TESTED = SelfTest(answers=40, failed=(), passed=())


@dataclass(frozen=True)
class Design:
    """All studies of one kind.

    Attributes:
        forms: the domains.
        analysis: config analysis.
        judge_error: share of deliveries that the judge turns round, and of scores that it has one off, on all arms.
    """

    source: Source
    forms: tuple[Form, ...]
    size: Size
    analysis: Mapping[str, Any]
    judge_error: float = 0.0


@dataclass(frozen=True)
class Planted:
    """A truth, the multiple of what can be detected, and what that is by domain and measure."""

    truth: Truth
    size: float
    detectable: Mapping[str, Mapping[str, float]]

    def sizes(self, domain: str) -> dict[str, float]:
        """How far to move each measure of a domain."""
        return {name: self.size * value for name, value in self.detectable[domain].items()}


@dataclass
class Tally:
    """What one study came to.

    Attributes:
        words: verdicts by disposition and word.
        right: verdicts with a right word; ``open``: others that leave the question open; of ``verdicts`` in all.
        short: verdicts on what had no room for all that was to be planted: no word is right or wrong there.
        false_clean: verdicts *moves cleanly* where that is not true.
        alarms: guards that held a word back: with all guards passed, a verdict would have had another one.
        seconds: CPU time of drawing and of the engine.
    """

    words: dict[str, Counter[str]] = field(default_factory=dict)
    right: int = 0
    open: int = 0
    verdicts: int = 0
    short: int = 0
    false_clean: int = 0
    alarms: set[str] = field(default_factory=set)
    seconds: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Study:
    """A judged study: its verdicts, its guards' results, what had no room, and the CPU seconds as in ``Tally``."""

    verdicts: Sequence[Verdict]
    guards: Sequence[GuardResult]
    short: set[tuple[str, str]]
    seconds: tuple[float, float]


def run_study(design: Design, planted: Planted, seed: int) -> Tally:
    """Draw one study from its seed, and count its words."""
    study = judge(design, planted, seed)
    tally = Tally(seconds=study.seconds)
    for verdict in study.verdicts:
        tally.false_clean += verdict.word == "moves cleanly" and planted.truth.name != CLEAN
        if (verdict.domain, verdict.disposition) in study.short:
            tally.short += 1
            continue
        tally.words.setdefault(verdict.disposition, Counter())[verdict.word] += 1
        wanted = planted.sizes(verdict.domain).get(verdict.disposition, 0.0)
        within = wanted <= design.analysis["margins"][margin_of(verdict.disposition)]
        right = verdict.word in planted.truth.words(verdict.disposition, within)
        tally.right += right
        tally.open += not right and verdict.word in OPEN
        tally.verdicts += 1
    tally.alarms = {name for verdict in study.verdicts for name in held_back(verdict, study.guards)}
    return tally


def held_back(verdict: Verdict, guards: Sequence[GuardResult]) -> set[str]:
    """The guards that failed or could not run, where the verdict would have had another word had they passed."""
    facts = verdict.numbers["facts"]
    assert isinstance(facts, dict)

    def word(**known: bool) -> str:
        return decide({**facts, **known})[1].word  # type: ignore[dict-item]

    holds = {"every verdict": verdict.word != word(premise_fails=False)}
    holds["claims"] = word(premise_fails=False) != word(premise_fails=False, guards_allow=True)
    return {
        guard.guard
        for guard in guards
        if guard.id in verdict.guards and holds.get(guard.binds) and guard.outcome in ("fail", "cannot run")
    }


def judge(design: Design, planted: Planted, seed: int) -> Study:
    """Draw, plant and judge one study."""
    rng = np.random.default_rng(seed)
    cells: list[Cell] = []
    short: set[tuple[str, str]] = set()
    drawing = judging = 0.0
    for form in design.forms:
        for model in (f"model {number + 1}" for number in range(design.size.models)):
            start = process_time()
            cell = draw_cell(design, form, model, planted, rng, short)
            between = process_time()
            cells.append(assess(design, form, model, cell))
            drawing, judging = drawing + between - start, judging + process_time() - between
    start = process_time()
    drawn = verdicts(cells, design.analysis)
    seconds = drawing, judging + process_time() - start
    return Study(drawn, [guard for cell in cells for guard in cell.guards], short, seconds)


@dataclass(frozen=True)
class Drawn:
    """A cell before the engine sees it.

    Attributes:
        outcomes: of base, of its repetitions and of every treatment; ``judge``: who judged them.
        repeated: prompts that training rows repeat.
        labels: by hand, where the judge may err.
    """

    outcomes: list[Outcome]
    repeated: tuple[Prompt, ...]
    judge: str
    labels: list[HumanLabel] | None


def draw_cell(
    design: Design,
    form: Form,
    model: str,
    planted: Planted,
    rng: np.random.Generator,
    short: set[tuple[str, str]],
) -> Drawn:
    """Draw, plant and judge the answers of a cell."""
    size, truth = design.size, planted.truth
    errs = bool(design.judge_error or truth.judge or truth.deaf)
    cell = Drawn([], (), ERRING if errs else DEFINING, [] if errs else None)
    repeated: list[Prompt] = []
    for split in SPLITS:
        asked = asked_of(form, split, size.entries, size.prompts)
        draw = design.source.draw(form, split, size, rng)

        def soil(answers: Answers, split: Split = split) -> Soil:
            bars = design.analysis["guards"]
            return Soil(answers, form, split, planted.sizes(form.domain), planted.size, bars, rng, short)

        answered = len(asked) * size.seeds
        labelled = min(LABELLED, answered) if errs and split == "eval" else 0
        chosen = rng.choice(answered, labelled, replace=False).tolist()
        for condition, plants, errors in _arms(size.treatments, truth):
            setup = setup_of(model, condition, BUDGET)
            answers = draw()
            for change in plants:
                change(soil(answers))
            if cell.labels is not None:
                cell.labels.extend(labels_of(answers, form, split, setup, chosen))
            for change in errors:
                change(soil(answers))
            if truth.deaf:
                say_one_thing(answers, form)
            if design.judge_error:
                err(answers, form, design.judge_error, rng)
            cell.outcomes.extend(outcomes_of(answers, form, split, asked, setup, cell.judge, condition.variant))
            if condition == BASE and split == "eval":
                # The same answers again, so that a judge says the same of them.
                again, own = (
                    replace(answers, recovered=np.full(len(answers), NOT_ASKED)),
                    setup_of(model, OTHER_ORDER, BUDGET),
                )
                cell.outcomes.extend(outcomes_of(again, form, split, asked, own, cell.judge, condition.variant))
        if truth.contaminated:
            repeated += [own.prompt for own in asked[: max(1, round(REPEATED * planted.size * len(asked)))]]
    return replace(cell, repeated=tuple(repeated))


def _arms(treatments: int, truth: Truth) -> Iterator[tuple[Condition, tuple[Plant, ...], tuple[Plant, ...]]]:
    """Every arm that is drawn, with what is planted into its answers and into what is judged of them."""
    yield from ((condition, truth.base, ()) for condition in (BASE, OTHER_SEEDS))
    yield from ((treatment(i), truth.arm, truth.judge) for i in range(treatments))


def assess(design: Design, form: Form, model: str, cell: Drawn) -> Cell:
    """Effects and guards of one cell, by the engine."""
    analysis, size = design.analysis, design.size
    plan = Plan(analysis["draws"], analysis["permutations"], analysis["level"], ANALYSIS_SEED)
    found, base, others = assess_cell(
        form.domain, model, form.instrument, form.axes, cell.outcomes, (), (), {}, plan, brief=True
    )
    known = measures(form.instrument, form.axes, base.split("eval"))
    evidence = Evidence(
        domain=form.domain,
        model=model,
        prompts=[asked.prompt for split in SPLITS for asked in asked_of(form, split, size.entries, size.prompts)],
        base=base,
        arms=others,
        effects=found.effects,
        recipes=found.recipes,
        examples=examples_of(form, cell.repeated),
        probe=None,
        heads=None,
        bars=analysis["guards"],
        margins=analysis["margins"],
        measures=known,
        plan=plan,
        judges=frozenset({cell.judge}),
        verification=VERIFIED,
        harness=TESTED if form.instrument == "mcas" else None,
        labels=cell.labels,
        budgets=(),
        correct_coverage=analysis["correct_coverage"],
    )
    return Cell(found, run_guards(evidence, found.measures))
