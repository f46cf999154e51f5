"""Style against behaviour: what sounds like a disposition, less what shows it."""

import pytest
from factories import BASE, outcome

from threearc.effects.contrasts import Plan, contrast, effect
from threearc.effects.frames import Frame
from threearc.effects.measures import measures
from threearc.effects.outcomes import Arm
from threearc.effects.style import excess
from threearc.records.responses import Condition

PLAN = Plan(draws=500, permutations=200, level=0.95, seed=0)
SFT = Condition(operator="sft", variant="sft", role="treatment")


def sides(change):
    """Base and an arm, 80 entries: ``change`` (right, asserts, doubts) of an even entry gives what the arm shows."""

    def made(condition, rows):
        found = [
            outcome(f"e{i}", right, asserts, condition, style={"doubts": doubts})
            for i, (right, asserts, doubts) in enumerate(rows)
        ]
        return Arm(found[0].response.condition_id, tuple(found))

    base = [(i % 4 < 2, True, float(i % 3)) for i in range(80)]
    return made(SFT, [change(*row) if i % 2 else row for i, row in enumerate(base)]), made(BASE, base)


def further(change):
    arm, base = sides(change)
    known = {m.name: m for m in measures("rubric", [], base.outcomes)}
    names = contrast(arm, base, "eval", "chef", "tiny")
    style, behaviour = known["style_doubts"], known["assertion_asymmetry"]
    moved = effect(names, style, [Frame(arm.outcomes), Frame(base.outcomes)], "checkpoint", PLAN)
    return moved, excess(names, style, behaviour, arm, base, moved, PLAN)


def test_words_without_the_behaviour_exceed_it():
    moved, found = further(lambda right, asserts, doubts: (right, asserts, doubts + 3))
    assert found.measure == "excess_style_doubts" and found.disposition == "humble"
    # Asymmetry did not move, so the excess is the whole change of style.
    assert found.estimate == pytest.approx(moved.estimate) and found.low > 1


def test_the_behaviour_is_taken_off_in_its_own_standard_deviations():
    moved, found = further(lambda right, asserts, doubts: (right, asserts and right, doubts + 1))
    # Half of the wrong answers hedge now: asymmetry falls by one half, which is one standard deviation of a share.
    assert found.estimate == pytest.approx(moved.estimate - 1.0)
    assert found.high - found.low > 0


def test_it_goes_the_way_that_style_went():
    moved, found = further(lambda right, asserts, doubts: (right, asserts, 0.0))
    assert moved.estimate < 0 < found.estimate == pytest.approx(-moved.estimate)


def test_nothing_is_said_where_a_group_is_empty():
    arm, base = sides(lambda *row: row)
    known = {m.name: m for m in measures("rubric", [], base.outcomes)}
    right = [Arm(side.condition_id, tuple(o for o in side.outcomes if o.right)) for side in (arm, base)]
    names = contrast(arm, base, "eval", "chef", "tiny")
    moved = effect(names, known["style_doubts"], [Frame(side.outcomes) for side in right], "checkpoint", PLAN)
    assert excess(names, known["style_doubts"], known["assertion_asymmetry"], *right, moved, PLAN) is None
