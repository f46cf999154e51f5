"""Where a model's attention heads meet the residual stream: one ``o_proj`` per attention layer.

Width is read per layer, from the weights: Gemma 4 has wider heads in its full-attention layers, and slicing with one
width for all layers silently mixes heads there (the paper's code did; ERRATA row 17).
"""

from dataclasses import dataclass
from typing import Any

from threearc.provenance.errors import StudyError


@dataclass(frozen=True)
class AttentionSite:
    """The output projection of one attention layer; its input is ``heads`` slices of ``width``."""

    layer: int
    projection: Any
    heads: int
    width: int

    def columns(self, head: int) -> slice:
        """The head's slice of the projection's input.

        Raises:
            IndexError: if the layer has no such head.
        """
        if not 0 <= head < self.heads:
            raise IndexError(f"layer {self.layer} has heads 0 to {self.heads - 1}, not {head}")
        return slice(head * self.width, (head + 1) * self.width)


def attention_sites(model: Any) -> list[AttentionSite]:
    """All softmax-attention layers of a model's text decoder, in order.

    Layers of another kind (linear attention) have no ``self_attn.o_proj`` and are passed over.

    Raises:
        StudyError: if a projection cannot be parted evenly among the layer's heads.
    """
    sites = []
    for number, layer in enumerate(model.get_decoder().layers):
        attention = getattr(layer, "self_attn", None)
        projection = getattr(attention, "o_proj", None)
        if attention is None or projection is None:
            continue
        heads = int(attention.config.num_attention_heads)
        width, rest = divmod(int(projection.in_features), heads)
        if rest:
            raise StudyError(
                f"The input of o_proj ({projection.in_features}) cannot be parted among {heads} heads.",
                where=f"{type(model).__name__}, layer {number}",
                remedy="This architecture needs a rule of its own in threearc/models/attention.py.",
            )
        sites.append(AttentionSite(number, projection, heads, width))
    return sites
