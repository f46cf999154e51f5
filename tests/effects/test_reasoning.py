import pytest
from factories import BASE, outcome

from threearc.effects.arms import Arm
from threearc.effects.contrasts import Plan
from threearc.effects.reasoning import retention
from threearc.records.responses import Condition

PLAN = Plan(draws=400, permutations=1000, level=0.95, seed=0)
ARM = Condition(operator="sft", variant="seed 0", role="treatment")


def arm(lengths, condition, right=lambda i: True):
    made = [outcome(f"e{i}", right(i), condition=condition, thinking="x" * length) for i, length in enumerate(lengths)]
    return Arm(made[0].response.condition_id, tuple(made))


def test_retention_is_the_share_of_the_thinking_that_is_left():
    base = arm([100, 200, 300, 0], BASE)
    kept = retention(arm([10, 100, 240, 500], ARM, right=lambda i: i != 0), base, "eval", PLAN)
    assert kept["n"] == 3 and kept["base_median"] == 200 and kept["median"] == 100
    assert kept["retention"]["estimate"] == pytest.approx(350 / 600, abs=1e-6)
    assert [(row["band"], row["n"], row["right"]) for row in kept["bands"] if row["n"]] == [
        ("0 to 0.25", 1, 0),
        ("0.5 to 0.75", 1, 1),
        ("0.75 to 1.5", 1, 1),
    ]


def test_where_base_never_thought_there_is_nothing_to_keep():
    assert retention(arm([5, 5], ARM), arm([0, 0], BASE), "eval", PLAN) is None
