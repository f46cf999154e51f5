import numpy as np
import pytest
import torch
from studies import ARCHITECTURES

from threearc.models.attention import attention_sites
from threearc.models.features import Reading, extract_features, load_features, save_features
from threearc.models.students import load_student
from threearc.provenance.errors import StudyError

LAST = 8


@pytest.fixture(scope="module", params=ARCHITECTURES)
def extracted(students, request):
    model = load_student(students[request.param], "float32").model
    rng = np.random.default_rng(0)
    readings = [
        Reading(
            f"r{i}", tuple(rng.integers(10, 900, rng.integers(5, 40))), tuple(rng.integers(10, 900, n)), bool(i % 2)
        )
        for i, n in enumerate([1, 3, 12, 30, 31, 32, 33, 60, 5, 9])
    ]
    features = extract_features(model, readings, last_tokens=LAST, batch_size=4, length_step=32, pad=0)
    return model, readings, features


def naive(model, reading):
    """Alone, unpadded, with all hidden states, heads cut by the attention module's own width."""
    tokens = torch.tensor([[*map(int, reading.prompt_tokens + reading.answer_tokens)]])
    norms, means = [], []

    def hook(module, inputs, width, heads):
        last = inputs[0][0, max(len(reading.prompt_tokens), tokens.shape[1] - LAST) :]
        means.append(last.mean(dim=0))
        norms.append(torch.stack([last[:, h * width : (h + 1) * width].norm(dim=1).mean() for h in range(heads)]))

    handles = [
        layer.self_attn.o_proj.register_forward_pre_hook(
            lambda m, i, w=layer.self_attn.head_dim: hook(m, i, w, model.config.num_attention_heads)
        )
        for layer in model.get_decoder().layers
        if hasattr(layer, "self_attn")
    ]
    with torch.inference_mode():
        states = model(input_ids=tokens, output_hidden_states=True).hidden_states
    for handle in handles:
        handle.remove()
    late = torch.stack([state[0, -1] for state in states[1:][-4:]]).mean(dim=0)
    return states[-1][0, -1].numpy(), late.numpy(), torch.stack(norms).numpy(), torch.cat(means).numpy()


def test_one_pass_equals_the_naive_way(extracted):
    model, readings, features = extracted
    for i, reading in enumerate(readings):
        state, late, norms, means = naive(model, reading)
        np.testing.assert_allclose(features.h_last[i], state, atol=2e-5)
        np.testing.assert_allclose(features.h_late[i], late, atol=2e-5)
        np.testing.assert_allclose(features.head_norms[i], norms, atol=2e-5)
        # Half precision: ten bits of mantissa.
        np.testing.assert_allclose(features.head_means[i], means, atol=2e-5, rtol=1e-3)


def test_slices_name_every_heads_columns(extracted):
    model, _, features = extracted
    columns = [i for _, _, part in features.slices() for i in range(part.start, part.stop)]
    assert columns == list(range(features.head_means.shape[1]))
    assert [(layer, head) for layer, head, _ in features.slices()] == [
        (site.layer, head) for site in attention_sites(model) for head in range(site.heads)
    ]


def test_rows_say_what_they_are(extracted):
    model, readings, features = extracted
    assert features.rows() == {reading.response_id: i for i, reading in enumerate(readings)}
    assert features.finished.tolist() == [reading.finished for reading in readings]
    assert features.positions[2] == len(readings[2].prompt_tokens) + 12 - 1
    assert features.widths.tolist() == [site.width for site in attention_sites(model)]


def test_features_do_not_depend_on_their_batch(extracted):
    model, readings, features = extracted
    back = extract_features(model, readings[::-1], last_tokens=LAST, batch_size=4, length_step=32, pad=0)
    assert np.array_equal(back.h_last[::-1], features.h_last)
    assert np.array_equal(back.head_norms[::-1], features.head_norms)


def test_features_read_back_and_the_same_ones_are_the_same_bytes(extracted, tmp_path):
    features = extracted[2]
    save_features(tmp_path / "a.npz", features)
    save_features(tmp_path / "b.npz", load_features(tmp_path / "a.npz"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_torn_and_misshapen_files_are_told(extracted, tmp_path):
    features = extracted[2]
    save_features(tmp_path / "a.npz", features)
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "torn.npz").write_bytes(whole[: len(whole) // 2])
    np.savez(tmp_path / "short.npz", **(vars(features) | {"h_last": features.h_last[:3]}))
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    for name, message in (("torn", "cannot be read"), ("short", "h_last has shape"), ("other", "cannot be read")):
        with pytest.raises(StudyError, match=message) as caught:
            load_features(tmp_path / f"{name}.npz")
        assert f"{name}.npz" in caught.value.where and "`rm -f " in caught.value.remedy
