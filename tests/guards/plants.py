"""Planted faults, one table: each with its guard, the size at which the guard must catch it, and how it is planted.

A world is one cell with an answer per entry and split in every arm: base, its two repetitions, a trained arm and a gate
on base's text. A plant changes the world as the fault itself would; no plant writes a guard's result.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil

import numpy as np
import yaml
from factories import DECODING, effect, prompt, response, setup
from studies import REPOSITORY

from threearc.domains.protocol import CONTENT
from threearc.effects.arms import arms
from threearc.effects.contrasts import Plan, compared, contrast
from threearc.effects.measures import measures
from threearc.effects.outcomes import Outcome
from threearc.guards import (
    budget_interaction,
    checklist_arithmetic,
    decoding_parity,
    judge_missing,
    judge_parity,
    label_agreement,
    noise_floor,
    one_condition,
    saturation,
)
from threearc.guards.protocol import Evidence
from threearc.records.findings import GuardResult, MeasureInfo
from threearc.records.responses import Condition
from threearc.records.untouched import OTHER_ORDER, OTHER_SEEDS

ANALYSIS = yaml.safe_load((REPOSITORY / "config.yaml").read_text())["analysis"]
BARS, MARGINS = ANALYSIS["guards"], ANALYSIS["margins"]
PLAN = Plan(200, 1000, 0.95, 0)
BUDGETS = (64, 128)
ARM = Condition(operator="sft", variant="seed 0", role="treatment", settings={"train_seed": 0})
GATE = Condition(operator="sidecar", variant="gate", role="treatment", settings={"probe": "p"})
SPLITS = ("eval", "fresh")
QUESTIONS = ("coverage", "delivery", "scores", "style")
JUDGE = "rules 1"


@dataclass
class World:
    """One cell's outcomes by arm, still to be spoilt."""

    rng: np.random.Generator
    arms: dict[str, list[Outcome]]

    def evidence(self, with_effects: bool = False) -> tuple[Evidence, list[MeasureInfo]]:
        """What guards read."""
        grouped = arms([o for outcomes in self.arms.values() for o in outcomes])
        base = next(arm for arm in grouped.values() if arm.first.setup.condition.role == "base")
        others = {name: arm for name, arm in grouped.items() if arm is not base}
        known = measures("rubric", ["completeness", CONTENT], base.split("eval"))
        read = [m for m in known if (m.primary or m.keep) and m.turn == 1 and "settled" not in m.name]
        found = [
            effect(contrast(arm, base, split, "chef", "tiny"), m, compared(m, [arm, base], split), "checkpoint", PLAN)
            for arm in (others.values() if with_effects else ())
            for split in arm.splits()
            for m in read
        ]
        own = {"margins": MARGINS, "measures": read, "plan": PLAN, "judges": frozenset({"rules"})}
        own |= {"budgets": BUDGETS, "correct_coverage": 0.5}
        made = Evidence("chef", "tiny", [], base, others, found, [], None, None, BARS, **own)
        return made, [m.info() for m in read]


@dataclass(frozen=True)
class Plant:
    """One fault.

    Attributes:
        check: the guard.
        bar: the size at which it must be caught, in the unit of ``spoil``.
        entries: the size of the study for which this is said.
    """

    check: Callable[[Evidence, list[MeasureInfo]], Iterable[GuardResult]]
    bar: float
    spoil: Callable[[World, float], None]
    entries: int = 200
    with_effects: bool = False

    def alarms(self, times: float, seed: int) -> bool:
        """Does the guard fail, with so many times the fault of ``bar`` planted?"""
        drawn = world(self.entries, np.random.default_rng(seed))
        self.spoil(drawn, times * self.bar)
        return any(result.outcome == "fail" for result in self.check(*drawn.evidence(self.with_effects)))


@lru_cache(maxsize=4)
def records(entries):
    """Prompts and responses of every arm: what does not differ between draws."""
    asked = [prompt(f"{s} {i}?", f"{s}{i}", s, claims=("a", "b", "c", "d")) for s in SPLITS for i in range(entries)]
    own = {
        "base": [response(p, tokens=100) for p in asked],
        "arm": [response(p, tokens=100, setup=setup(ARM, train_seed=0)) for p in asked],
        "seeds": [response(p, tokens=100, condition=OTHER_SEEDS, seed=7) for p in asked],
        "order": [response(p, tokens=100, condition=OTHER_ORDER) for p in asked if p.split == "eval"],
    }
    own["gate"] = [
        response(p, condition=GATE, derived_from=of.id, token_ids=None)
        for p, of in zip(asked, own["base"], strict=True)
    ]
    return dict(zip([p.id for p in asked], asked, strict=True)), own


def world(entries: int, rng: np.random.Generator) -> World:
    """A clean cell: arms share each prompt's difficulty, and nothing else differs between them."""
    asked, own = records(entries)
    ease = dict(zip(asked, rng.beta(2, 1.6, len(asked)), strict=True))
    drawn = {name: [_outcome(asked[r.prompt_id], r, ease[r.prompt_id], rng) for r in rs] for name, rs in own.items()}
    for name in ("order", "gate"):
        # Both hold base's own text, and a judge says the same of the same text.
        drawn[name] = [replace(b, response=o.response) for b, o in zip(drawn["base"], drawn[name], strict=False)]
    return World(rng, drawn)


def _outcome(asked, given, ease, rng):
    right = bool(rng.random() < ease)
    met = int(rng.integers(2, 5)) if right else int(rng.integers(0, 2))
    return Outcome(
        given, asked, "certain", right, met / 4, bool(rng.random() < 0.8),
        {CONTENT: 5 if right else 2, "completeness": int(rng.integers(1, 6))}, {},
        right_at={BUDGETS[0]: right and bool(rng.random() < 0.7)},
        asked={*QUESTIONS}, judges={question: {JUDGE} for question in QUESTIONS},
    )  # fmt: skip


def some(outcomes, share):
    """So many of the outcomes, at least one where the share is not zero."""
    return outcomes[: ceil(share * len(outcomes) - 1e-9)]


def worse_when_short(drawn, size):
    """The arm's right answers lose more at the short budget: ``size``, of all answers."""
    for o in drawn.arms["arm"]:
        if o.right_at[BUDGETS[0]] and drawn.rng.random() < size / (0.7 * 0.555):
            o.right_at[BUDGETS[0]] = False


def silent(drawn, size):
    """The judge is silent on a share of the arm's deliveries."""
    for o in drawn.arms["arm"]:
        if drawn.rng.random() < size:
            o.missing.add("delivery")


def silent_everywhere(drawn, size):
    """The judge is silent on a share of every arm's deliveries."""
    for outcomes in drawn.arms.values():
        for split in SPLITS:
            for o in some([o for o in outcomes if o.prompt.split == split], size):
                o.missing.add("delivery")


def other_judge(drawn, size):
    """A share of the arm's deliveries were seen by the same judge under another prompt."""
    for o in some(drawn.arms["arm"], size):
        o.judges["delivery"] = {"rules 2"}


def hotter(drawn, size):
    """The arm was asked at a higher temperature."""
    decoding = DECODING.model_copy(update={"temperature": DECODING.temperature + size})
    own = setup(ARM, train_seed=0, decoding=decoding)
    drawn.arms["arm"] = [replace(o, response=response(o.prompt, setup=own, tokens=100)) for o in drawn.arms["arm"]]


def from_another_adapter(drawn, size):
    """A share of the arm's answers come from another training seed's adapter, under the same name."""
    own = setup(ARM.model_copy(update={"settings": {"train_seed": 1}}), train_seed=1)
    strays = some(drawn.arms["arm"], size)
    drawn.arms["arm"][: len(strays)] = [replace(o, response=response(o.prompt, setup=own, tokens=100)) for o in strays]


def longer_checklists(drawn, size):
    """Fresh checklists have a claim more, as many of them as make for a fall of ``size`` at base's hit rate."""
    eval_ = [o for o in drawn.arms["base"] if o.prompt.split == "eval"]
    rate = float(np.mean([o.coverage for o in eval_]))
    four, five = (checklist_arithmetic.expected_right([n], rate, 0.5) for n in (4, 5))
    longer = prompt(claims=("a", "b", "c", "d", "e")).checklist
    for o in some([o for o in drawn.arms["base"] if o.prompt.split == "fresh"], min(1.0, size / (four - five))):
        o.prompt = o.prompt.model_copy(update={"checklist": longer})


def labels_apart(drawn, size):
    """The rubric calls answers right or wrong by chance, as often as costs ``size`` of kappa."""
    for outcomes in drawn.arms.values():
        for o in outcomes:
            if drawn.rng.random() < size:
                o.scores[CONTENT] = 5 if drawn.rng.random() < 0.555 else 2


def repetition_drifts(drawn, size):
    """The repetition with other seeds is right less often."""
    for o in drawn.arms["seeds"]:
        if o.right and drawn.rng.random() < size / 0.555:
            o.right, o.coverage = False, 0.25


def batch_matters(drawn, size):
    """In another batch order some right answers come out otherwise, and wrong."""
    for i, o in enumerate(drawn.arms["order"]):
        if o.right and drawn.rng.random() < size / 0.555:
            own = response(o.prompt, "It was too cold.", OTHER_ORDER, tokens=100)
            drawn.arms["order"][i] = replace(o, response=own, right=False, coverage=0.25)


def saturated(drawn, size):
    """Base scores high on an axis in this share of its answers, low in the others."""
    outcomes = [o for o in drawn.arms["base"] if o.prompt.split == "eval"]
    for o in outcomes:
        o.scores["completeness"] = 2
    for o in some(outcomes, min(1.0, size)):
        o.scores["completeness"] = 5


def without_measures(guard):
    """A guard's check, for guards that ask for no measures."""
    return lambda evidence, measures: guard.check(evidence)


PLANTS = {
    "one_condition": Plant(without_measures(one_condition), 1 / 400, from_another_adapter),
    "decoding_parity": Plant(without_measures(decoding_parity), 0.1, hotter),
    "judge_parity": Plant(without_measures(judge_parity), 1 / 400, other_judge),
    "judge_missing": Plant(without_measures(judge_missing), 0.025, silent_everywhere),
    "judge_missing, one arm": Plant(without_measures(judge_missing), 0.019, silent, entries=800),
    "budget_interaction": Plant(without_measures(budget_interaction), 0.2, worse_when_short),
    "checklist_arithmetic": Plant(without_measures(checklist_arithmetic), 0.12, longer_checklists),
    "label_agreement": Plant(without_measures(label_agreement), 1 - BARS["kappa"], labels_apart),
    "saturation": Plant(saturation.check, 0.95, saturated),
    "noise_floor, other seeds": Plant(without_measures(noise_floor), 0.25, repetition_drifts, with_effects=True),
    "noise_floor, other order": Plant(without_measures(noise_floor), 0.13, batch_matters, with_effects=True),
}
