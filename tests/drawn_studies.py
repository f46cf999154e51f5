"""Studies of one contrast with a planted truth, drawn as a plan assumes them, judged by the engine's own functions."""

from functools import cache

import numpy as np
from factories import BASE, prompt, response

from threearc.effects.contrasts import Plan, compared, contrast, effect
from threearc.effects.measures import measures
from threearc.effects.outcomes import Arm, Outcome
from threearc.records.findings import CellEffects
from threearc.records.responses import Condition, Message
from threearc.verdicts.synthesis import Cell, verdicts

ARM = Condition(operator="sft", variant="seed 0", role="treatment")
AXIS = "completeness"
MARGINS = {"asymmetry": 0.075, "axis": 0.25, "content": 0.05, "recovery": 0.05, "style": 0.25}
READ = {"asymmetry": "assertion_asymmetry", "axis": AXIS, "recovery": "recovery_shared"}


def word(kind, samples, assumed, shift, seed, derived=False):
    """The word on one study."""
    rng = np.random.default_rng(seed)
    known = [m for m in measures("rubric", [AXIS], []) if m.name in ("accuracy", READ[kind])]
    plan = Plan(draws=500, permutations=1000, level=0.95, seed=seed)
    effects = []
    for split, sample in samples.items():
        arms = arms_of(split, sample, assumed, kind, shift, derived, rng)
        for measure in known:
            sides = compared(measure, arms, split)
            effects.append(effect(contrast(*arms, split, "chef", "tiny"), measure, sides, "checkpoint", plan))
    infos = tuple(m.info() for m in known)
    found = CellEffects(domain="chef", model="tiny", measures=infos, arms=(), effects=tuple(effects), unattributable=())
    (verdict,) = verdicts([Cell(found, ())], {"level": 0.95, "margins": MARGINS})
    return verdict.word


def drawn(sample, assumed, kind, shift, derived, rng):
    """Right, asserting, right when asked again and scores, of base and of the arm; by entry, prompt and seed."""
    shape = sample.entries, int(sample.prompts), sample.seeds
    alike = assumed.agreement(derived)

    def field(rate):
        return _field(rng, shape, rate, assumed)

    def pair(rate):
        """Of base and of an arm that redraws whole entries."""
        base, other = field(rate), field(rate)
        return base, np.where(rng.random((shape[0], 1, 1)) < alike, base, other)

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


def _field(rng, shape, rate, assumed):
    """0/1 values of a mean; two of one prompt, and of two prompts of one entry, correlate as assumed."""
    entries, prompts, seeds = shape
    own = rng.random((entries, prompts, seeds)) < rate
    of_prompt = rng.random((entries, prompts, 1)) < rate
    of_entry = rng.random((entries, 1, 1)) < rate
    like_entry = np.sqrt(assumed.entry_correlation / assumed.seed_correlation)
    of_prompt = np.where(rng.random(of_prompt.shape) < like_entry, of_entry, of_prompt)
    return np.where(rng.random(own.shape) < np.sqrt(assumed.seed_correlation), of_prompt, own)


def _normal_pair(rng, shape, assumed, alike):
    def draw():
        entries, prompts, _ = shape
        between, within = assumed.entry_correlation, assumed.seed_correlation - assumed.entry_correlation
        return (
            np.sqrt(between) * rng.normal(size=(entries, 1, 1))
            + np.sqrt(within) * rng.normal(size=(entries, prompts, 1))
            + np.sqrt(1 - assumed.seed_correlation) * rng.normal(size=shape)
        )

    base = draw()
    return base, alike * base + np.sqrt(1 - alike**2) * draw()
