"""Style against behaviour: what sounds like a disposition, less what shows it."""

import pytest
from factories import BASE, outcome

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Asked, Plan, compared, contrast, effects
from threearc.effects.measures import measures
from threearc.effects.style import excesses
from threearc.records.responses import Condition, Message

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


def both(arm, base):
    """The effect of doubts, and what it exceeds the behaviour by, if anything is said of that."""
    known = [m for m in measures("rubric", [], base.outcomes) if m.name in ("style_doubts", "assertion_asymmetry")]
    names = contrast(arm, base, "eval", "chef", "tiny")
    found = effects(names, [Asked(m, compared(m, [arm, base], "eval")) for m in known], "checkpoint", PLAN)
    (moved,) = (effect for effect in found if effect.measure == "style_doubts")
    return moved, next(excesses(names, known, arm, base, found, PLAN), None)


def further(change):
    return both(*sides(change))


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
    moved, found = both(*(Arm(side.condition_id, tuple(o for o in side.outcomes if o.right)) for side in (arm, base)))
    assert moved.estimate == 0 and found is None


def test_recovery_is_taken_off_as_its_verdict_reads_it():
    """On failures that both arms share; what each mends of its own is another measure, and may be another number."""

    def made(condition, fails, mends):
        found = []
        for i in range(40):
            first = outcome(f"e{i}", i not in fails, True, condition, style={"warmth": float(condition == SFT)})
            found.append(first)
            if i in fails:
                again = outcome(f"e{i}", i in mends, True, condition, turn=2, parent_id=first.response.id,
                                messages=(*first.response.messages, Message(role="assistant", content="x"),
                                          Message(role="user", content="No.")))  # fmt: skip
                found.append(again)
        return Arm(found[0].response.condition_id, tuple(found))

    # Base mends the half that the arm fails too.
    base, arm = made(BASE, range(20), range(10)), made(SFT, range(10), range(10))
    known = [m for m in measures("rubric", [], base.outcomes) if m.name in ("style_warmth", "recovery_shared")]
    names = contrast(arm, base, "eval", "chef", "tiny")
    found = effects(names, [Asked(m, compared(m, [arm, base], "eval")) for m in known], "checkpoint", PLAN)
    by_name = {e.measure: e for e in found}
    (excess,) = excesses(names, known, arm, base, found, PLAN)
    assert by_name["recovery_shared"].estimate == 0
    assert excess.estimate == pytest.approx(by_name["style_warmth"].estimate)
