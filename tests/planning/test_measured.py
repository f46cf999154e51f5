"""What base's answers show is what they were drawn with."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_studies import AXIS, arms_of

from threearc.effects.outcomes import Outcome
from threearc.operators.base import OTHER_SEEDS
from threearc.planning.assumptions import Assumptions, Sample
from threearc.planning.measured import measured

GUESSED = Assumptions(0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.5)


def test_correlations_and_rates_are_found_again():
    truth = Assumptions(0.6, 0.8, 0.5, 0.2, 0.1, 1.5, 0.3)
    arm, base = arms_of("eval", Sample(800, 2, 2), truth, "recovery", 0.0, False, np.random.default_rng(0))
    first = arm.split("eval")
    response = first[0].response
    setup = type(response.setup)(**{**dict(response.setup), "condition": OTHER_SEEDS})
    other = [Outcome(o.response.model_copy(update={"setup": setup}), o.prompt, None, o.right) for o in first]
    found = measured([*base.outcomes, *other], [AXIS], GUESSED)
    for name, value in vars(truth).items():
        assert getattr(found, name) == pytest.approx(value, abs=0.06), name


def test_what_cannot_be_seen_stays_assumed():
    assert measured([], [AXIS], GUESSED) == GUESSED
    truth = Assumptions(1.0, 0.8, 0.5, 0.2, 0.0, 1.5, 0.3)
    _, base = arms_of("eval", Sample(20), truth, "axis", 0.0, False, np.random.default_rng(0))
    found = measured(base.outcomes, [AXIS], GUESSED)
    kept = {name: getattr(GUESSED, name) for name in ("seed_correlation", "discordance", "recovery_rate")}
    assert found == replace(found, **kept) and found.accuracy == 1.0
