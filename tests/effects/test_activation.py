import numpy as np
import pytest

from threearc.effects.activation import activation_ranks, difference_ranks
from threearc.models.features import Features, States, load_states, save_states
from threearc.provenance.errors import StudyError


def test_planted_directions_are_counted():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(80, 40))
    one = base + np.outer(rng.normal(size=80), np.eye(40)[3])
    assert difference_ranks(base, one)["dimensions"] == {"0.5": 1, "0.9": 1, "0.95": 1}
    five = base + rng.normal(size=(80, 5)) @ np.eye(40)[:5]
    assert difference_ranks(base, five)["dimensions"]["0.95"] == 5
    every = difference_ranks(base, base + rng.normal(size=(80, 40)))
    assert 30 < every["dimensions"]["0.95"] < 40 and every["most"] == 40


def test_what_all_answers_share_is_no_component_but_a_shift():
    base = np.random.default_rng(0).normal(size=(30, 10))
    found = difference_ranks(base, base + 2.0)
    assert found["shift"] == pytest.approx(1) and found["dimensions"]["0.9"] == 1
    assert found["size"] == pytest.approx(np.sqrt(40 * 30 / (base**2).sum()), rel=1e-5)
    assert difference_ranks(base, base)["size"] == 0


def test_states_are_matched_with_base_by_response_and_not_by_place(tmp_path):
    rng = np.random.default_rng(0)
    base = rng.normal(size=(6, 4)).astype(np.float32)
    names = [f"r{i}" for i in range(6)]
    features = Features(
        np.array(names), np.ones(6, bool), np.arange(6), base, base, base[:, None], base, *[np.ones(1)] * 2
    )
    order = [4, 1, 3, 0]
    save_states(tmp_path / "a.npz", States([names[i] for i in order], {"c": base[order] + 1}))
    found = activation_ranks(features, load_states(tmp_path / "a.npz"))
    assert found["c"]["n"] == 4 and found["c"]["shift"] == pytest.approx(1)
    save_states(tmp_path / "b.npz", States(names, {"c": base[:3]}))
    with pytest.raises(StudyError, match="6 answers were read"):
        load_states(tmp_path / "b.npz")
