"""One planted study: a whole grid drawn, planted, and judged by the engine itself, with all its verdicts as one family.

Nothing of the engine is done again here: outcomes go through ``assess_cell``, ``run_guards`` and ``verdicts`` as those
of a real study do.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import process_time
from typing import Any

import numpy as np

from threearc.effects.assess import assess_cell
from threearc.effects.contrasts import Plan
from threearc.effects.measures import measures
from threearc.effects.outcomes import Outcome
from threearc.guards.protocol import Evidence
from threearc.guards.run import run_guards
from threearc.provenance.hashing import seed_from
from threearc.records.findings import GuardResult, Verdict
from threearc.records.prompts import Prompt
from threearc.validation.answers import Form
from threearc.validation.outcomes import BASE, JUDGE, examples_of, outcomes_of, prompts_of, setup_of, treatment
from threearc.validation.plants import Soil, err, margin_of
from threearc.validation.truths import CLEAN, OPEN, Truth
from threearc.validation.worlds import SPLITS, Size, Source
from threearc.verdicts.synthesis import Cell, verdicts

#: Tokens that the largest budget of a planted study allows.
BUDGET = 512
#: Share of the measured prompts that contaminated training rows repeat, per size.
REPEATED = 0.05


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
        alarms: results that failed or could not run, by guard.
        seconds: CPU time of drawing and of the engine.
    """

    words: dict[str, Counter[str]] = field(default_factory=dict)
    right: int = 0
    open: int = 0
    verdicts: int = 0
    short: int = 0
    false_clean: int = 0
    alarms: Counter[str] = field(default_factory=Counter)
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
    tally.alarms.update({guard.guard for guard in study.guards if guard.outcome in ("fail", "cannot run")})
    return tally


def judge(design: Design, planted: Planted, seed: int) -> Study:
    """Draw, plant and judge one study."""
    rng = np.random.default_rng(seed)
    cells: list[Cell] = []
    short: set[tuple[str, str]] = set()
    drawing = judging = 0.0
    for form in design.forms:
        for model in (f"model {number + 1}" for number in range(design.size.models)):
            start = process_time()
            outcomes, repeated = draw_cell(design, form, model, planted, rng, short)
            between = process_time()
            cells.append(assess(design, form, model, outcomes, repeated, seed))
            drawing, judging = drawing + between - start, judging + process_time() - between
    start = process_time()
    drawn = verdicts(cells, design.analysis)
    seconds = drawing, judging + process_time() - start
    return Study(drawn, [guard for cell in cells for guard in cell.guards], short, seconds)


def draw_cell(
    design: Design,
    form: Form,
    model: str,
    planted: Planted,
    rng: np.random.Generator,
    short: set[tuple[str, str]],
) -> tuple[list[Outcome], tuple[Prompt, ...]]:
    """The outcomes of base and of every treatment, and the prompts that training rows repeat."""
    size, truth = design.size, planted.truth
    outcomes: list[Outcome] = []
    repeated: list[Prompt] = []
    for split in SPLITS:
        prompts = prompts_of(form, split, size.entries, size.prompts)
        arm = design.source.draw(form, split, size, rng)
        base = (BASE, truth.base)
        for condition, plants in (base, *((treatment(i), truth.arm) for i in range(size.treatments))):
            answers = arm()
            soil = Soil(
                answers, form, split, planted.sizes(form.domain), planted.size, design.analysis["guards"], rng, short
            )
            for change in plants:
                change(soil)
            if design.judge_error:
                err(answers, form, design.judge_error, rng)
            outcomes += outcomes_of(answers, form, split, prompts, setup_of(model, condition, BUDGET))
        if truth.contaminated:
            repeated += prompts[: max(1, round(REPEATED * planted.size * len(prompts)))]
    return outcomes, tuple(repeated)


def assess(
    design: Design, form: Form, model: str, outcomes: Sequence[Outcome], repeated: tuple[Prompt, ...], seed: int
) -> Cell:
    """Effects and guards of one cell, by the engine."""
    analysis, size = design.analysis, design.size
    plan = Plan(analysis["draws"], analysis["permutations"], analysis["level"], seed_from(seed, "analysis"))
    found, base, others = assess_cell(form.domain, model, form.instrument, form.axes, outcomes, (), (), {}, plan)
    known = measures(form.instrument, form.axes, base.split("eval"))
    evidence = Evidence(
        domain=form.domain,
        model=model,
        prompts=[p for split in SPLITS for p in prompts_of(form, split, size.entries, size.prompts)],
        base=base,
        arms=others,
        effects=found.effects,
        examples=examples_of(form, repeated),
        probe=None,
        heads=None,
        bars=analysis["guards"],
        measures=known,
        plan=plan,
        judges=frozenset({JUDGE}),
        budgets=(),
        correct_coverage=analysis["correct_coverage"],
    )
    return Cell(found, run_guards(evidence, found.measures))
