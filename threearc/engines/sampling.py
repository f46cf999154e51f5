"""Drawing one token per row from logits and one uniform number per row.

The uniforms of a request come from a generator of its own, so that a draw depends on nothing else in the batch and a
short run is the beginning of a long one.
"""

from typing import Any

import numpy as np

from threearc.records.responses import Decoding


def uniforms(seed: int, count: int) -> np.ndarray:
    """``count`` numbers in [0, 1); the first ones are the same for every ``count``."""
    return np.random.Generator(np.random.Philox(seed)).random(count)


def draw(logits: Any, decoding: Decoding, points: Any, seen: Any) -> Any:
    """Token ids of shape (batch,).

    Args:
        logits: (batch, vocabulary), float32.
        decoding: temperature 0 takes the likeliest token.
        points: (batch,) uniform numbers, float32.
        seen: (batch, vocabulary) bool, tokens already generated, for the presence penalty.
    """
    import torch

    if decoding.presence_penalty:
        logits = logits - decoding.presence_penalty * seen
    if decoding.temperature == 0:
        return logits.argmax(dim=-1)
    scaled = logits / decoding.temperature
    if decoding.top_k == 0 and decoding.top_p == 1:
        return _inverse(torch.softmax(scaled, dim=-1), points)
    # Sorted by probability, so that top-k and top-p are prefixes; a stable sort fixes the order of ties.
    values, tokens = torch.sort(scaled, dim=-1, descending=True, stable=True)
    shares = torch.softmax(values[:, : decoding.top_k or None], dim=-1)
    before = shares.cumsum(dim=-1) - shares
    # A token stays if the mass before it is short of top_p: the smallest set that reaches it.
    place = _inverse(torch.where(before < decoding.top_p, shares, 0.0), points)
    return tokens.gather(1, place.unsqueeze(1)).squeeze(1)


def _inverse(shares: Any, points: Any) -> Any:
    """Where ``points`` of the whole mass are reached, per row."""
    import torch

    total = shares.cumsum(dim=-1)
    place = torch.searchsorted(total, (points * total[:, -1]).unsqueeze(1), right=True).squeeze(1)
    return place.clamp(max=shares.shape[1] - 1)
