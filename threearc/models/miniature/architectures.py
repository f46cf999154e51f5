"""Tiny models of the real architectures: true classes, real structure, few parameters.

Head widths stay at 32 or more, so that vLLM can serve them too.
"""

from dataclasses import dataclass
from typing import Any, Literal

from threearc.models.chat import ThinkingMarks

Architecture = Literal["qwen3", "qwen3_5", "gemma4", "llama"]


@dataclass(frozen=True)
class Shape:
    """Sizes of a tiny student.

    Attributes:
        hidden, feedforward: widths of the residual stream and of the MLP.
        layers, heads, kv_heads, head_width: of attention; Gemma 4's full-attention layers get twice the width, and all
            layers of Qwen3.5 but the last are linear attention, with heads of their own.
        vocabulary: size of its byte-level BPE.
    """

    architecture: Architecture
    hidden: int
    feedforward: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    vocabulary: int


@dataclass(frozen=True)
class Speech:
    """How a family of models writes a conversation."""

    template: str
    bos: str | None
    end_of_turn: str
    pad: str
    marks: ThinkingMarks
    others: tuple[str, ...] = ()

    def special_tokens(self) -> list[str]:
        """All tokens that never come out of text."""
        first = [self.pad, self.end_of_turn, *([self.bos] if self.bos else [])]
        return [*first, *self.marks, *self.others]


CHATML = Speech("chatml.jinja", None, "<|im_end|>", "<|endoftext|>", ("<think>", "</think>"), ("<|im_start|>",))
SPEECH: dict[Architecture, Speech] = {
    "qwen3": CHATML,
    "qwen3_5": CHATML,
    # SmolLM2 speaks ChatML too.
    "llama": CHATML,
    "gemma4": Speech("gemma.jinja", "<bos>", "<turn|>", "<pad>", ("<|channel>thought", "<channel|>"), ("<|turn>",)),
}


def layer_types(architecture: Architecture, layers: int) -> list[str]:
    """The kind of every layer, in the pattern of the real model: its last kind of layer comes last.

    Gemma 4 has sliding windows with narrow heads, then full attention with wide ones; Qwen3.5 has Gated DeltaNet
    layers, then full attention with an output gate.
    """
    before = {"gemma4": "sliding_attention", "qwen3_5": "linear_attention"}.get(architecture, "full_attention")
    return [before] * (layers - 1) + ["full_attention"]


def attention_heads(architecture: Architecture, layers: int, heads: int) -> int:
    """Attention heads of the whole model: linear layers have none."""
    return heads * sum(kind != "linear_attention" for kind in layer_types(architecture, layers))


def build(shape: Shape, tokenizer: Any) -> Any:
    """A model of the shape with fresh weights; torch's global seed decides which."""
    common = {
        "vocab_size": len(tokenizer),
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feedforward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_width,
        # Rotary positions cost no weights: long enough for a benchmark's problem, an answer and a second round.
        "max_position_embeddings": 4096,
        "tie_word_embeddings": True,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
    }
    return _BUILDERS[shape.architecture](shape, common)


def _qwen3(shape: Shape, common: dict[str, Any]) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    return Qwen3ForCausalLM(Qwen3Config(**common))


def _llama(shape: Shape, common: dict[str, Any]) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**common))


def _qwen3_5(shape: Shape, common: dict[str, Any]) -> Any:
    from transformers import Qwen3_5ForCausalLM, Qwen3_5TextConfig

    config = Qwen3_5TextConfig(
        **common,
        layer_types=layer_types(shape.architecture, shape.layers),
        linear_key_head_dim=shape.head_width // 2,
        linear_value_head_dim=shape.head_width // 2,
        linear_num_key_heads=2,
        linear_num_value_heads=4,
    )
    return Qwen3_5ForCausalLM(config)


def _gemma4(shape: Shape, common: dict[str, Any]) -> Any:
    from transformers import Gemma4ForCausalLM, Gemma4TextConfig

    config = Gemma4TextConfig(
        **common,
        layer_types=layer_types(shape.architecture, shape.layers),
        global_head_dim=2 * shape.head_width,
        sliding_window=64,
        hidden_size_per_layer_input=16,
        vocab_size_per_layer_input=common["vocab_size"],
        num_kv_shared_layers=0,
    )
    model = Gemma4ForCausalLM(config)
    # Gemma 4 divides no attention score by the root of the width: q_norm has to learn it. From ones it would start
    # saturated, and the few steps of a tiny student do not suffice to come back.
    for layer in model.get_decoder().layers:
        layer.self_attn.q_norm.weight.data.fill_(layer.self_attn.head_dim**-0.5)
    return model


_BUILDERS = {"qwen3": _qwen3, "qwen3_5": _qwen3_5, "gemma4": _gemma4, "llama": _llama}
