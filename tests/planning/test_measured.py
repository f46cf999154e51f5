"""What base's answers show is what they were drawn with."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_studies import AXIS, arms_of

from threearc.effects.outcomes import Outcome
from threearc.planning.assumptions import Assumptions, Sample
from threearc.planning.measured import measured
from threearc.records.untouched import OTHER_SEEDS

GUESSED = Assumptions(0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.5)


def repeated(arm):
    """The outcomes of an arm, first and second, as base's under other decode seeds."""
    setup = arm.first.setup
    setup = type(setup)(**{**dict(setup), "condition": OTHER_SEEDS})
    return [Outcome(o.response.model_copy(update={"setup": setup}), o.prompt, None, o.right) for o in arm.outcomes]


def test_correlations_and_rates_are_found_again():
    truth = Assumptions(0.6, 0.8, 0.5, 0.2, 0.1, 1.5, 0.3)
    arm, base = arms_of("eval", Sample(800, 2, 2), truth, "recovery", 0.0, False, np.random.default_rng(0))
    found = measured([*base.outcomes, *repeated(arm)], [AXIS], GUESSED)
    for name, value in vars(truth).items():
        assert getattr(found, name) == pytest.approx(value, abs=0.06), name


def test_one_decode_seed_and_other_ones_show_how_alike_two_seeds_are():
    truth = Assumptions(0.6, 0.8, 0.7, 0.2, 2 * 0.6 * 0.4 * 0.3, 1.5, 0.3)
    arm, base = arms_of("eval", Sample(1500), truth, "recovery", 0.0, False, np.random.default_rng(0))
    found = measured([*base.outcomes, *repeated(arm)], [AXIS], GUESSED)
    assert found.seed_correlation == pytest.approx(0.7, abs=0.05)
    assert found.kept(False) == pytest.approx(1, abs=1e-9)


def test_what_cannot_be_seen_stays_assumed():
    assert measured([], [AXIS], GUESSED) == GUESSED
    truth = Assumptions(1.0, 0.8, 0.5, 0.2, 0.0, 1.5, 0.3)
    arm, base = arms_of("eval", Sample(20), truth, "axis", 0.0, False, np.random.default_rng(0))
    assert measured([*base.outcomes, *repeated(arm)], [AXIS], GUESSED).seed_correlation == GUESSED.seed_correlation
    found = measured(base.outcomes, [AXIS], GUESSED)
    kept = {name: getattr(GUESSED, name) for name in ("seed_correlation", "discordance", "recovery_rate")}
    assert found == replace(found, **kept) and found.accuracy == 1.0
