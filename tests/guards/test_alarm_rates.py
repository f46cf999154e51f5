"""How often each guard alarms, from nothing planted to twice the fault that it must catch; see plants.py."""

import numpy as np
import pytest
from guards.plants import PLANTS, world

TIMES = (0, 0.5, 1, 1.5, 2)


@pytest.mark.parametrize("name", PLANTS)
def test_a_guard_catches_its_plant_and_leaves_a_clean_cell_alone(name):
    plant = PLANTS[name]
    assert not any(plant.alarms(0, seed) for seed in range(3))
    assert all(plant.alarms(2, seed) for seed in range(3))


@pytest.mark.soak
@pytest.mark.parametrize("name", PLANTS)
def test_detection_curve(name, draws=100):
    """At its bar a guard catches 95 % of the plants; of clean cells, hardly any."""
    rates = {times: sum(PLANTS[name].alarms(times, seed) for seed in range(draws)) / draws for times in TIMES}
    print(f"{name:26s}" + "".join(f"  {times} x: {rate:4.0%}" for times, rate in rates.items()))
    assert rates[0] <= 0.02 and min(rates[1], rates[1.5], rates[2]) >= 0.95


@pytest.mark.soak
def test_all_guards_together_leave_clean_cells_alone(draws=150):
    """A cell counts if any guard of the table alarms, on any arm."""
    checks = {id(plant.check): plant.check for plant in PLANTS.values()}.values()
    alarmed = 0
    for seed in range(draws):
        evidence, measures = world(200, np.random.default_rng(10_000 + seed)).evidence(with_effects=True)
        alarmed += any(row.outcome in ("fail", "cannot run") for check in checks for row in check(evidence, measures))
    print(f"{alarmed} of {draws} clean cells alarm")
    assert alarmed <= 0.02 * draws
