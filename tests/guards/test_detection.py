"""How often guards hold back cells with a planted violation, by its strength, and clean cells."""

import pytest
from planted import PLANTS, held_back

STRENGTHS = (0.0, 0.5, 1.0, 1.5, 2.0)


@pytest.mark.parametrize("name", PLANTS)
def test_a_guard_lets_clean_cells_pass_and_holds_back_what_is_twice_its_bar(name):
    clean, n = held_back(name, 0.0, 5)
    planted, _ = held_back(name, 2.0, 5)
    assert (clean, planted, n) == (0, 1, 5)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", PLANTS)
def test_detection_curve(name):
    curve = [held_back(name, strength, 100, first=1000) for strength in STRENGTHS]
    told = ", ".join(f"{s:g}: {share:.3f} of {n}" for s, (share, n) in zip(STRENGTHS, curve, strict=True))
    print(f"\n{name}: {told}", end="")
    shares = [share for share, _ in curve]
    assert shares[0] <= 0.02 and min(shares[2:]) >= 0.95
