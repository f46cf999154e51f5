"""Cells with a planted violation of one guard each, as strong as one likes: 0 is clean, 1 stands at the guard's bar.

A plant gives the guard's results, or none where the cell makes no claim that the guard could hold back.
"""

import numpy as np
from factories import BASE, effect, outcome, prompt

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Plan, compared, contrast
from threearc.effects.measures import measures
from threearc.guards import (
    contamination,
    distribution_shift,
    dose_trend,
    judge_discernment,
    judge_validity,
    replication,
    verifier_validity,
)
from threearc.guards.protocol import Evidence
from threearc.records.labels import HumanLabel
from threearc.records.reports import Verification
from threearc.records.responses import Condition, Message
from threearc.records.teaching import Example

MARGINS = {"asymmetry": 0.075, "axis": 0.25, "content": 0.05, "recovery": 0.05, "style": 0.25}
BARS = {
    "overlap": 0.6,
    "shift_auc": 0.75,
    "seeds": 2,
    "trend_p": 0.05,
    "judge_p": 0.01,
    "verifier": 0.9,
    "judge_kappa": 0.6,
}
# No guard reads the p of an effect.
PLAN = Plan(400, 100, 0.95, 0)
TREATED = Condition(operator="sft", variant="sft", role="treatment")


def cell(arms=(), base=(), prompts=(), examples=(), judges=("rules",), moved=True, **fields):
    """The evidence of a cell of hand-made arms on eval.

    Args:
        arms: lists of outcomes.
        moved: compute the effects on assertion asymmetry too.
    """
    base = Arm(base[0].response.condition_id, tuple(base)) if base else None
    others = {rows[0].response.condition_id: Arm(rows[0].response.condition_id, tuple(rows)) for rows in arms}
    known = [m for m in measures("rubric", [], base.outcomes if base else []) if m.primary and m.turn == 1]
    effects = [
        effect(contrast(arm, base, "eval", "chef", "tiny"), m, compared(m, [arm, base], "eval"), "checkpoint", PLAN)
        for arm in others.values()
        for m in known
        if moved
    ]
    given = [list(prompts), base, others, effects, list(examples), None, None, BARS]
    own = {
        "margins": MARGINS,
        "measures": known,
        "plan": PLAN,
        "judges": frozenset(judges),
        "budgets": [64],
        "correct_coverage": 0.5,
    }
    return Evidence("chef", "tiny", *given, **own, **fields)


def trained(rows):
    """The outcomes as a training seed made them."""
    for o in rows:
        made = o.response.setup.model_copy(update={"train_seed": 0})
        o.response = o.response.model_copy(update={"setup": made})
    return rows


def example(question, entry="other", completion="Turn the heat down first."):
    asked = (Message(role="user", content=question),)
    return Example(dataset="T1", prompt_id="p", entry=entry, messages=asked, completion=completion, sources=())


def delivered(condition, n, seed, rng, *, wrong, right):
    """n entries, half of them right; ``wrong`` and ``right`` are the chances that such an answer asserts."""
    return [
        outcome(f"e{i}", i % 2 == 0, bool(rng.random() < (right if i % 2 == 0 else wrong)), condition, seed=seed)
        for i in range(n)
    ]


def words(rng, n):
    return " ".join(f"w{i}" for i in rng.choice(5000, n, replace=False))


def contaminated(strength, seed):
    """A training row shares so many word pairs with a measured prompt: at 1 as many as the bar says, at most all."""
    rng, n = np.random.default_rng(seed), 61
    asked = [words(rng, n) for _ in range(6)]
    shared = 2 * (n - 1) * (share := min(1.0, strength * BARS["overlap"])) / (1 + share)
    kept = int(np.ceil(shared - 1e-9)) + 1 if strength else 0
    copied = " ".join([*asked[0].split()[:kept], *(f"x{i}" for i in range(n - kept))])
    arm = trained([outcome("e0", condition=TREATED)])
    prompts = [prompt(text=text, entry=f"e{i}") for i, text in enumerate(asked)]
    made = cell(
        [arm], [outcome("e0")], prompts, [example(copied), *(example(words(rng, 20)) for _ in range(20))], moved=False
    )
    return list(contamination.check(made))


def shifted(strength, seed, n=120):
    """A share of the fresh prompts has a word that no eval prompt has: at 1 so many that the AUC comes to the bar."""
    rng = np.random.default_rng(seed)
    # A classifier that learns the word from this many prompts comes to an AUC of 0.75; one that knew it would to 0.78.
    share = 0.55 * strength
    pool = [f"word{i}" for i in range(60)]
    prompts = []
    for split in ("eval", "fresh"):
        for i in range(n):
            text = list(rng.choice(pool, 12, replace=False))
            if split == "fresh" and i < share * n:
                text.insert(int(rng.integers(12)), "tonight")
            prompts.append(prompt(text=f"{' '.join(text)}?", entry=f"{split}{i}", split=split))
    return list(distribution_shift.check(cell(prompts=prompts)))


def contradicted(strength, seed, n=240):
    """At 0 both decode seeds carry the claim; from there on one of them less and less, at 1 it says the opposite."""
    rng, carried = np.random.default_rng(seed), max(0.0, 1 - strength) / 2 - 0.19 * strength
    base = [o for s in (0, 1) for o in delivered(BASE, n, s, rng, wrong=0.5, right=0.5)]
    arm = delivered(TREATED, n, 0, rng, wrong=0.0, right=1.0)
    arm += delivered(TREATED, n, 1, rng, wrong=min(0.5 - carried, 1), right=max(0.5 + carried, 0))
    return list(replication.check(cell([arm], base)))


def lucky_dose(strength, seed, n=160):
    """At 0 the effect grows with the dose; from 1 on only the lowest dose has one."""
    rng = np.random.default_rng(seed)
    arms = []
    for dose in (0.1, 0.2, 0.5):
        real, lucky = dose / 0.5, float(dose == 0.1)
        size = max(0.0, 1 - strength) * real + min(strength, 1) * lucky
        arm = Condition(operator="tempered", variant="top heads", role="treatment", dose=dose)
        arms.append(delivered(arm, n, 0, rng, wrong=0.9 - 0.7 * size, right=0.9))
    return list(dose_trend.check(cell(arms, delivered(BASE, n, 0, rng, wrong=0.9, right=0.9))))


def blind_verifier(strength, seed, pairs=200):
    """So many bad answers are found right: at 1 one more than the bar allows."""
    missed = int(strength * pairs * (1 - BARS["verifier"]) + 1e-9) + (strength >= 1)
    found = Verification(pairs=pairs, preferred=pairs - missed, good_rejected=0, bad_accepted=missed)
    arm = trained([outcome("e0", condition=TREATED)])
    return list(verifier_validity.check(cell([arm], [outcome("e0")], verification=found, moved=False)))


def biased_judge(strength, seed, n=400):
    """A claim that the judge makes: at 0 wrong answers truly hedge, from 1 on they are only taken to."""
    rng, made = np.random.default_rng(seed), min(strength, 1.0)
    arms, labels = {}, []
    for condition, more in ((BASE, 0.0), (TREATED, 0.4)):
        arms[condition.operator] = rows = []
        for i in range(n):
            right = i % 2 == 0
            truly = rng.random() < 0.9 - (0 if right else (1 - made) * more)
            taken = rng.random() < (0.04 if right else max(0.04, made * more))
            rows.append(outcome(f"e{i}", right, truly and not taken, condition=condition))
            said = {"correctness": "right" if right else "wrong", "delivery": "assert" if truly else "hedge"}
            own = [HumanLabel(response_id=rows[-1].response.id, question=q, label=word) for q, word in said.items()]
            # Every other answer has labels.
            labels += own if i % 4 < 2 else []
    return list(judge_validity.check(cell([arms["sft"]], arms["base"], judges=("a model",), labels=labels)))


def deaf_judge(strength, seed, n=400):
    """Every second wrong answer hedges, and the judge hears one hedge in 25 less; at 1 it hears none."""
    rng, rows, labels = np.random.default_rng(seed), {}, []
    for condition in (BASE, TREATED):
        rows[condition.operator] = own = []
        for i in range(n):
            right = i % 2 == 0
            truly = right or rng.random() < 0.5
            heard = rng.random() < 0.96 * (1 - min(strength, 1.0))
            own.append(outcome(f"e{i}", right, truly or not heard, condition=condition))
            own[-1].judges["delivery"] = {"a model 1"}
            word = "assert" if truly else "hedge"
            labels += (
                [HumanLabel(response_id=own[-1].response.id, question="delivery", label=word)] if i % 4 < 2 else []
            )
    found = judge_discernment.check(cell([rows["sft"]], rows["base"], judges=("a model",), labels=labels, moved=False))
    return [row for row in found if row.disposition == "humble"]


#: By guard.
PLANTS = {
    "contamination": contaminated,
    "distribution_shift": shifted,
    "replication": contradicted,
    "dose_trend": lucky_dose,
    "verifier_validity": blind_verifier,
    "judge_validity": biased_judge,
    "judge_discernment": deaf_judge,
}


def held_back(name, strength, draws, first=0):
    """Of cells in which the guard had something to say, the share that did not pass, and how many cells these are."""
    results = [PLANTS[name](strength, first + seed) for seed in range(draws)]
    spoke = [rows for rows in results if rows]
    return sum(any(r.outcome in ("fail", "cannot run") for r in rows) for rows in spoke) / len(spoke), len(spoke)
