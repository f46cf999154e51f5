import numpy as np
import pytest
import torch

from threearc.engines.sampling import draw, uniforms
from threearc.records.responses import Decoding


def decoding(**fields):
    return Decoding(**({"temperature": 1.0, "top_p": 1.0, "top_k": 0, "max_tokens": 8} | fields))


def sample(logits, how, count=4000, seed=0):
    points = torch.tensor(uniforms(seed, count), dtype=torch.float32)
    rows = torch.tensor([logits]).repeat(count, 1)
    tokens = draw(rows, how, points, torch.zeros(rows.shape, dtype=torch.bool))
    return np.bincount(tokens.numpy(), minlength=len(logits)) / count


LOGITS = [2.0, 1.0, 0.5, -1.0]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_come_as_often_as_the_softmax_says(temperature):
    expected = torch.softmax(torch.tensor(LOGITS) / temperature, dim=0).numpy()
    np.testing.assert_allclose(sample(LOGITS, decoding(temperature=temperature)), expected, atol=0.025)


def test_top_k_and_top_p_keep_the_likeliest():
    assert (sample(LOGITS, decoding(top_k=2)) > 0).tolist() == [True, True, False, False]
    assert (sample(LOGITS, decoding(top_p=0.5)) > 0).tolist() == [True, False, False, False]
    kept = sample(LOGITS, decoding(top_p=0.8))
    full = torch.softmax(torch.tensor(LOGITS), dim=0).numpy()
    np.testing.assert_allclose(kept[:2], full[:2] / full[:2].sum(), atol=0.025)
    assert kept[2:].sum() == 0


def test_temperature_0_takes_the_likeliest_whatever_the_point():
    assert sample(LOGITS, decoding(temperature=0))[0] == 1


def test_the_presence_penalty_lowers_what_was_seen():
    seen = torch.tensor([[True, False, False, False]])
    token = draw(torch.tensor([LOGITS]), decoding(temperature=0, presence_penalty=5.0), torch.zeros(1), seen)
    assert token.item() == 1


def test_a_short_stream_begins_a_long_one_and_seeds_differ():
    assert uniforms(7, 5).tolist() == uniforms(7, 500)[:5].tolist()
    assert uniforms(7, 5).tolist() != uniforms(8, 5).tolist()


def test_extreme_points_stay_inside_the_vocabulary():
    for point in (0.0, 1.0 - 1e-9, 1.0):
        token = draw(torch.tensor([LOGITS]), decoding(), torch.tensor([point]), torch.zeros(1, 4, dtype=torch.bool))
        assert 0 <= token.item() < 4
