"""Heads, their widths, and tempering them: by hook and folded, on all architectures."""

import dataclasses

import pytest
import torch
from studies import ARCHITECTURES

from threearc.models import attention, tempering
from threearc.models.attention import attention_sites
from threearc.models.students import load_student
from threearc.models.tempering import fold, tempered
from threearc.provenance.errors import StudyError


@pytest.fixture(params=ARCHITECTURES)
def model(students, request):
    return load_student(students[request.param], "float32").model


@pytest.fixture
def gemma(students):
    return load_student(students["gemma4"], "float32").model


def ids():
    return torch.arange(20, 60).reshape(2, 20)


def logits(model):
    with torch.no_grad():
        return model(input_ids=ids()).logits


def projected(model, layer):
    """Input and output of one o_proj in a forward pass."""
    seen = {}
    projection = model.get_decoder().layers[layer].self_attn.o_proj
    handle = projection.register_forward_hook(lambda m, i, o: seen.update(input=i[0].clone(), output=o.clone()))
    logits(model)
    handle.remove()
    return seen["input"], seen["output"]


def test_gemma_has_two_head_widths_and_linear_layers_have_no_heads(students):
    widths = {
        a: {s.layer: s.width for s in attention_sites(load_student(students[a], "float32").model)}
        for a in ARCHITECTURES
    }
    assert widths == {"qwen3": {0: 32, 1: 32}, "qwen3_5": {1: 32}, "gemma4": {0: 32, 1: 64}, "llama": {0: 32, 1: 32}}


def test_widths_are_those_that_attention_itself_uses(model):
    for site in attention_sites(model):
        layer = model.get_decoder().layers[site.layer].self_attn
        assert site.width == layer.head_dim and site.heads * site.width == layer.o_proj.in_features


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 1.5])
def test_a_hook_equals_folded_weights(model, students, factor):
    heads = [(attention_sites(model)[0].layer, 0), (1, 2)]
    plain = logits(model)
    with tempered(model, heads, factor):
        hooked = logits(model)
    assert torch.equal(logits(model), plain), "the hooks must be gone"
    fold(model, heads, factor)
    assert (hooked - logits(model)).abs().max() <= 1e-5
    assert (factor == 1.0) == torch.equal(hooked, plain)


def removed_alone(model, layer, head):
    """Is tempering by 0 the same as leaving out exactly this head's part of the output, all others kept?"""
    width = model.get_decoder().layers[layer].self_attn.head_dim
    states, whole = projected(model, layer)
    weight = model.get_decoder().layers[layer].self_attn.o_proj.weight
    columns = slice(head * width, (head + 1) * width)
    expected = whole - states[..., columns] @ weight[:, columns].detach().T
    with tempered(model, [(layer, head)], 0.0):
        _, output = projected(model, layer)
    return torch.allclose(output, expected, atol=1e-5)


@pytest.mark.parametrize("head", [0, 1, 2])
def test_a_head_is_its_own_slice_in_every_layer(model, head):
    for site in attention_sites(model):
        assert removed_alone(model, site.layer, head)


def test_with_layer_0s_width_in_all_layers_the_check_above_fails(gemma, monkeypatch):
    """The mistake of ERRATA row 17 must not go unseen."""
    narrow = attention_sites(gemma)[0].width
    wrong = [dataclasses.replace(site, width=narrow) for site in attention_sites(gemma)]
    monkeypatch.setattr(tempering, "attention_sites", lambda model: wrong)
    assert removed_alone(gemma, 0, 1)
    assert not removed_alone(gemma, 1, 1)


def test_a_hook_that_never_fires_is_an_error(model):
    with pytest.raises(StudyError, match="never fired"), tempered(model, [(1, 0)], 0.5):
        pass


def test_a_hook_that_changes_nothing_is_an_error(model):
    projection = model.get_decoder().layers[1].self_attn.o_proj
    silent = projection.register_forward_pre_hook(lambda m, inputs: (torch.zeros_like(inputs[0]),))
    with pytest.raises(StudyError, match="changed nothing"), tempered(model, [(1, 0)], 0.5):
        logits(model)
    silent.remove()


def test_hooks_go_even_when_the_block_fails(model):
    plain = logits(model)
    with pytest.raises(RuntimeError), tempered(model, [(1, 0)], 0.0):
        raise RuntimeError
    assert torch.equal(logits(model), plain)


@pytest.mark.parametrize("head", [(1, 3), (1, -1), (2, 0)])
def test_a_head_that_does_not_exist_is_told(model, head):
    with pytest.raises(StudyError, match="no attention head"), tempered(model, [head], 0.5):
        pass


def test_a_head_of_a_linear_layer_is_told(students):
    hybrid = load_student(students["qwen3_5"], "float32").model
    with pytest.raises(StudyError, match="no attention head") as caught, tempered(hybrid, [(0, 0)], 0.5):
        pass
    assert "Layers with heads: 1." in caught.value.remedy


def test_heads_that_do_not_part_evenly_are_told(model):
    model.get_decoder().layers[1].self_attn.o_proj = torch.nn.Linear(97, 64)
    with pytest.raises(StudyError, match="cannot be parted"):
        attention.attention_sites(model)
