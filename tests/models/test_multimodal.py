"""Gemma 4 and Qwen3.5 as the Hub has them: wrapped with towers for pictures and sound, which a study never touches."""

import copy
import json
import shutil

import numpy as np
import pytest
import torch
from training import DPO, RECIPE, examples, pairs

from threearc.engines.requests import Request, in_order
from threearc.engines.transformers_engine import TransformersEngine
from threearc.models.attention import attention_sites
from threearc.models.chat import render
from threearc.models.features import Reading, extract_features
from threearc.models.interventions import UNTOUCHED
from threearc.models.lora import apply_adapter
from threearc.models.students import load_student
from threearc.models.tempering import fold, tempered
from threearc.models.tokens import TokenReader
from threearc.operators.dpo import train_dpo
from threearc.operators.sft import train_sft
from threearc.records.responses import Decoding, Message

MARKS = ("<|channel>thought", "<channel|>")


def gemma(size):
    from transformers import Gemma4Config, Gemma4ForConditionalGeneration

    text = {
        "vocab_size": size,
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "global_head_dim": 64,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "sliding_window": 64,
        "hidden_size_per_layer_input": 16,
        "vocab_size_per_layer_input": size,
        # As in E2B, the last layers have no keys and values of their own.
        "num_kv_shared_layers": 2,
        "max_position_embeddings": 1024,
    }
    vision = {
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "patch_size": 4,
        "position_embedding_size": 64,
    }
    audio = {
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "output_proj_dims": 32,
        "subsampling_conv_channels": [8, 4],
    }
    names = ("image_token_id", "video_token_id", "audio_token_id")
    others = {name: size - 1 - i for i, name in enumerate(names)}
    return Gemma4ForConditionalGeneration(
        Gemma4Config(text_config=text, vision_config=vision, audio_config=audio, **others)
    )


def qwen(size):
    from transformers import Qwen3_5Config, Qwen3_5ForConditionalGeneration

    text = {
        "vocab_size": size,
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "layer_types": ["linear_attention"] * 3 + ["full_attention"],
        "max_position_embeddings": 1024,
        "tie_word_embeddings": True,
    }
    vision = {
        "hidden_size": 32,
        "intermediate_size": 32,
        "depth": 1,
        "num_heads": 2,
        "out_hidden_size": 64,
        "patch_size": 4,
        "num_position_embeddings": 16,
    }
    return Qwen3_5ForConditionalGeneration(
        Qwen3_5Config(text_config=text, vision_config=vision, tie_word_embeddings=True)
    )


KINDS = {"gemma4": (gemma, "Gemma4ForConditionalGeneration"), "qwen3_5": (qwen, "Qwen3_5ForCausalLM")}


@pytest.fixture(scope="module", params=KINDS)
def wrapped(students, request, tmp_path_factory):
    """A folder as the Hub has it, random weights; the tokenizer is a tiny student's."""
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copytree(students[request.param], folder, dirs_exist_ok=True)
    plain = load_student(folder, "float32")
    torch.manual_seed(0)
    model = KINDS[request.param][0](len(plain.tokenizer) + 3)
    model.generation_config.eos_token_id = plain.tokenizer.eos_token_id
    model.save_pretrained(folder)
    return request.param, folder


@pytest.fixture
def student(wrapped):
    return load_student(wrapped[1], "float32")


def towers(model):
    """Copies of all weights outside the text decoder and its output."""
    own = {id(p) for part in (model.get_decoder(), model.get_output_embeddings()) for p in part.parameters()}
    return {name: p.detach().clone() for name, p in model.named_parameters() if id(p) not in own}


def ids():
    return torch.arange(20, 60).reshape(2, 20)


def logits(model):
    with torch.no_grad():
        return model(input_ids=ids()).logits


def test_the_class_is_the_one_that_the_auto_class_gives_and_weights_are_the_saved_ones(wrapped, student):
    kind, folder = wrapped
    build, name = KINDS[kind]
    saved = json.loads((folder / "config.json").read_text())["architectures"][0]
    assert saved.endswith("ForConditionalGeneration")
    assert type(student.model).__name__ == name
    assert bool(towers(student.model)) == (kind == "gemma4"), "Qwen3.5 is loaded without its towers, Gemma 4 with them"
    whole = type(build(600)).from_pretrained(folder, dtype=torch.float32).eval()
    assert torch.equal(logits(whole), logits(student.model))


def test_heads_are_those_of_the_text_decoder(wrapped, student):
    sites = attention_sites(student.model)
    widths = {"gemma4": {0: 32, 1: 64, 2: 32, 3: 64}, "qwen3_5": {3: 32}}[wrapped[0]]
    assert {site.layer: site.width for site in sites} == widths
    inside = {id(module) for module in student.model.get_decoder().modules()}
    assert all(id(site.projection) in inside for site in sites)


def test_a_hook_equals_folded_weights_and_no_tower_is_touched(student):
    model, heads = student.model, [(site.layer, 1) for site in attention_sites(student.model)]
    plain, before = logits(model), towers(model)
    with tempered(model, heads, 0.5):
        hooked = logits(model)
    assert not torch.equal(hooked, plain) and torch.equal(logits(model), plain)
    fold(model, heads, 0.5)
    assert (hooked - logits(model)).abs().max() <= 1e-5
    after = towers(model)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_features_are_those_of_the_whole_model(student):
    rows = [Reading("a", (20, 21, 22), (30, 31, 32, 33), True), Reading("b", (40, 41), (50, 51), False)]
    found = extract_features(student.model, rows, last_tokens=2, batch_size=4, length_step=8, pad=0)
    for i, row in enumerate(rows):
        tokens = torch.tensor([[*row.prompt_tokens, *row.answer_tokens]])
        with torch.no_grad():
            states = student.model(input_ids=tokens, output_hidden_states=True).hidden_states[-1]
        np.testing.assert_allclose(found.h_last[i], states[0, -1].numpy(), atol=2e-5)
    assert found.head_norms.shape[1] == len(attention_sites(student.model)) and (found.head_norms > 0).all()


def test_the_engine_writes_what_transformers_generates(wrapped, student):
    engine = TransformersEngine(
        student,
        TokenReader(wrapped[1] / "tokenizer.json", MARKS),
        batch_size=4,
        length_step=32,
    )
    asked = [Request((Message(role="user", content=text),), 0) for text in ("Why?", "My sauce split. What now?")]
    greedy = Decoding(temperature=0, top_p=1.0, top_k=0, max_tokens=12)
    given = in_order(engine.generate(asked, greedy, UNTOUCHED))
    for request, completion in zip(asked, given, strict=True):
        text = render(student.tokenizer, request.messages)
        tokens = student.tokenizer(text, add_special_tokens=False, return_tensors="pt")
        with torch.inference_mode():
            whole = student.model.generate(**tokens, max_new_tokens=12, do_sample=False)
        expected = whole[0][tokens["input_ids"].shape[1] :].tolist()
        assert completion.token_ids and list(completion.token_ids) == expected[: len(completion.token_ids)]


def test_an_adapter_trains_the_text_decoder_alone(wrapped, student, tmp_path):
    plain, before = copy.deepcopy(student.model), towers(student.model)
    train_sft(student.model, student.tokenizer, examples(), RECIPE, MARKS, 0, tmp_path)
    from safetensors import safe_open

    with safe_open(tmp_path / "adapter_model.safetensors", "pt") as weights:
        names = list(weights.keys())
    assert names and not any("vision" in name or "audio" in name or "visual" in name for name in names)
    assert {name.split(".lora_")[0].rsplit(".", 1)[1] for name in names} == {"q_proj", "k_proj", "v_proj", "o_proj"}
    merged = apply_adapter(load_student(wrapped[1], "float32").model, tmp_path)
    assert type(merged) is type(plain)
    assert not torch.allclose(logits(merged), logits(plain), atol=1e-4)
    after = towers(merged)
    assert all(torch.equal(before[name], after[name]) for name in before)
    again = load_student(wrapped[1], "float32")
    train_dpo(again.model, again.tokenizer, pairs(), DPO, MARKS, 0, tmp_path, tmp_path / "dpo")
    preferred = apply_adapter(load_student(wrapped[1], "float32").model, tmp_path / "dpo")
    assert not torch.allclose(logits(preferred), logits(merged), atol=1e-4)
    assert all(torch.equal(before[name], part) for name, part in towers(preferred).items())
