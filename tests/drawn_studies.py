"""Studies of one contrast with a planted truth, drawn as a plan assumes them, judged by the engine's own functions."""

from functools import cache

import numpy as np
from factories import BASE, prompt, response

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Asked, Plan, compared, contrast, effects
from threearc.effects.measures import measures
from threearc.effects.outcomes import Outcome
from threearc.effects.recipes import decode_parts
from threearc.records.findings import CellEffects
from threearc.records.responses import Condition, Message
from threearc.verdicts.synthesis import Cell, verdicts

ARM = Condition(operator="sft", variant="seed 0", role="treatment")
AXIS = "completeness"
MARGINS = {"asymmetry": 0.075, "axis": 0.25, "content": 0.05, "recovery": 0.05, "style": 0.25}
READ = {"asymmetry": "assertion_asymmetry", "axis": AXIS, "recovery": "recovery_shared"}


def word(kind, samples, assumed, shift, seed, derived=False):
    """The word on one study, which claims nothing else."""
    rng = np.random.default_rng(seed)
    known = [m for m in measures("rubric", [AXIS], []) if m.name in ("accuracy", READ[kind])]
    plan = Plan(draws=500, permutations=1000, level=0.95, seed=seed)
    found, parts = [], []
    for split, sample in samples.items():
        arms = arms_of(split, sample, assumed, kind, shift, derived, rng)
        names = contrast(*arms, split, "chef", "tiny")
        found += effects(names, [Asked(m, compared(m, arms, split)) for m in known], "checkpoint", plan)
        if split == "eval":
            asked = [
                Asked(m, compared(m, arms, split, part.kept), part.seeds, part.left_out)
                for m in known
                for part in decode_parts(m, arms)
            ]
            parts = effects(names, asked, "checkpoint", plan)
    cell = CellEffects(
        domain="chef", model="tiny", measures=tuple(m.info() for m in known), arms=(), effects=tuple(found),
        parts=tuple(parts), unattributable=(),
    )  # fmt: skip
    (verdict,) = verdicts([Cell(cell, ())], {"level": 0.95, "margins": MARGINS})
    return verdict.word


def drawn(sample, assumed, kind, shift, derived, rng):
    """Right, asserting, right when asked again and scores, of base and of the arm; by entry, prompt and seed."""
    shape = sample.entries, int(sample.prompts), sample.seeds
    alike = assumed.agreement(derived)

    def pair(rate):
        return _pair(rng, shape, rate, assumed, alike)

    def field(rate):
        return _draws(rng, shape, rate, assumed, _of_prompts(rng, shape, rate, assumed))

    right, asserts = pair(assumed.accuracy), pair(assumed.assertion_rate)
    again = pair(assumed.recovery_rate)
    scores = tuple(3 + assumed.axis_sd * both for both in _normal_pair(rng, shape, assumed, alike))
    if kind == "asymmetry":
        hedged = field(shift / assumed.assertion_rate) & ~right[1]
        asserts = asserts[0], asserts[1] & ~hedged
    elif kind == "axis":
        scores = scores[0], scores[1] + shift
    elif kind == "recovery":
        gained = field(shift / (1 - assumed.recovery_rate))
        again = again[0], again[1] | gained
    return right, asserts, again, scores


def arms_of(split, sample, assumed, kind, shift, derived, rng):
    right, asserts, again, scores = drawn(sample, assumed, kind, shift, derived, rng)
    shape, made = right[0].shape, []
    for side, condition in ((1, ARM), (0, BASE)):
        rows = _answers(split, shape, side == 1, derived and side == 1)
        first = [
            Outcome(r, p, "certain", bool(a), None, bool(b), {AXIS: c})
            for (p, r, _), a, b, c in zip(
                rows, right[side].ravel(), asserts[side].ravel(), scores[side].ravel(), strict=True
            )
        ]
        second = [
            Outcome(r, p, "certain", bool(b))
            for (p, _, r), a, b in zip(rows, right[side].ravel(), again[side].ravel(), strict=True)
            if not a
        ]
        made.append(Arm(condition.variant, (*first, *second) if kind == "recovery" else tuple(first)))
    return made


@cache
def _answers(split, shape, treated, derived):
    """Prompt, first and second answer, in the order of a field's values."""
    rows, condition = [], ARM if treated else BASE
    for i in range(shape[0]):
        for j in range(shape[1]):
            asked = prompt(text=f"About {i}, {j} ({split})?", entry=f"e{i}", split=split)
            for k in range(shape[2]):
                said = tuple(Message(role=r, content=asked.text) for r in ("user", "assistant", "user"))
                first = response(asked, condition=condition, seed=k, derived_from="base" if derived else None)
                again = {"messages": said, "turn": 2, "parent_id": first.id}
                rows.append((asked, first, response(asked, condition=condition, seed=k, **again)))
    return rows


def _pair(rng, shape, rate, assumed, alike):
    """0/1 values of base, and of an arm whose answers are further draws at the same prompts.

    An arm that agrees with base less than base's own seeds do has drifted away in some entries; one that agrees more
    takes over some of base's draws.
    """
    of_base, of_others = (_of_prompts(rng, shape, rate, assumed) for _ in range(2))
    kept, taken = _shared(assumed, alike)
    of_arm = np.where(rng.random((shape[0], 1, 1)) < kept, of_base, of_others)
    base, arm = (_draws(rng, shape, rate, assumed, own) for own in (of_base, of_arm))
    return base, np.where(rng.random(shape) < taken, base, arm)


def _shared(assumed, alike):
    """Of what answers to a prompt have in common, how much an arm keeps; and how many draws it takes over."""
    seeds = assumed.seed_correlation
    return min(1, alike / seeds), max(0, alike - seeds) / (1 - seeds)


def _of_prompts(rng, shape, rate, assumed):
    """The value that a prompt's answers lean to: two of one entry are alike as assumed."""
    of_prompt, of_entry = rng.random((*shape[:2], 1)) < rate, rng.random((shape[0], 1, 1)) < rate
    like_entry = np.sqrt(assumed.entry_correlation / assumed.seed_correlation)
    return np.where(rng.random(of_prompt.shape) < like_entry, of_entry, of_prompt)


def _draws(rng, shape, rate, assumed, of_prompts):
    """0/1 values of a mean; two of one prompt correlate as assumed."""
    own = rng.random(shape) < rate
    return np.where(rng.random(shape) < np.sqrt(assumed.seed_correlation), of_prompts, own)


def _normal_pair(rng, shape, assumed, alike):
    kept, taken = _shared(assumed, alike)
    between, within = assumed.entry_correlation, assumed.seed_correlation - assumed.entry_correlation
    spreads = ((*shape[:1], 1, 1), between), ((*shape[:2], 1), within)
    shared, *drifted = (sum(np.sqrt(share) * rng.normal(size=size) for size, share in spreads) for _ in range(3))
    draw, *own = (np.sqrt(1 - assumed.seed_correlation) * rng.normal(size=shape) for _ in range(3))

    def arm(drift, rest):
        leaning = np.sqrt(kept) * shared + np.sqrt(1 - kept) * drift
        return leaning + np.sqrt(taken) * draw + np.sqrt(1 - taken) * rest

    return tuple(map(arm, drifted, own))
