"""What a student computes while reading its own answer: one forward pass per response.

Kept: the final hidden state (after the last norm, as ``hidden_states[-1]`` is) at the last token of prompt and
response, and per attention head the L2 norm of its slice of the ``o_proj`` input, mean over the last tokens of the
response. Not kept: all hidden states of all tokens, which would take twenty times the memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from threearc.models.attention import AttentionSite, attention_sites
from threearc.provenance.errors import StudyError
from threearc.provenance.files import replacing


@dataclass(frozen=True)
class Reading:
    """A prompt and the answer to it, as tokens; ``finished`` if the answer's end of turn was generated."""

    response_id: str
    prompt_tokens: tuple[int, ...]
    answer_tokens: tuple[int, ...]
    finished: bool


@dataclass(frozen=True)
class Features:
    """Features of n responses, one row each, found by ``response_ids`` and never by position.

    Attributes:
        finished: (n,) bool, false where the last token is an arbitrary cut.
        positions: (n,) index of the token that ``h_last`` was read at, from the first token of the prompt.
        h_last: (n, hidden) float32.
        head_norms: (n, layers with heads, heads) float32.
        layers: numbers of those layers; ``widths``: their head widths.
    """

    response_ids: np.ndarray
    finished: np.ndarray
    positions: np.ndarray
    h_last: np.ndarray
    head_norms: np.ndarray
    layers: np.ndarray
    widths: np.ndarray

    def rows(self) -> dict[str, int]:
        """Row of each response."""
        return {str(name): row for row, name in enumerate(self.response_ids)}


def extract_features(
    model: Any, readings: Sequence[Reading], *, last_tokens: int, batch_size: int, length_step: int, pad: int
) -> Features:
    """Read every response once, in batches of constant shape (padding on the right changes nothing before it)."""
    sites = attention_sites(model)
    rows: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    by_length: dict[int, list[int]] = {}
    for i, reading in enumerate(readings):
        length = len(reading.prompt_tokens) + len(reading.answer_tokens)
        by_length.setdefault(-(-length // length_step) * length_step, []).append(i)
    for length, members in sorted(by_length.items()):
        for start in range(0, len(members), batch_size):
            batch = members[start : start + batch_size]
            found = _read(model, sites, [readings[i] for i in batch], length, batch_size, last_tokens, pad)
            rows |= dict(zip(batch, found, strict=True))
    order = range(len(readings))
    return Features(
        response_ids=np.array([reading.response_id for reading in readings]),
        finished=np.array([reading.finished for reading in readings], dtype=bool),
        positions=np.array([len(r.prompt_tokens) + len(r.answer_tokens) - 1 for r in readings]),
        h_last=np.stack([rows[i][0] for i in order]),
        head_norms=np.stack([rows[i][1] for i in order]),
        layers=np.array([site.layer for site in sites]),
        widths=np.array([site.width for site in sites]),
    )


def _read(
    model: Any, sites: list[AttentionSite], batch: list[Reading], length: int, size: int, last_tokens: int, pad: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    import torch

    tokens = [reading.prompt_tokens + reading.answer_tokens for reading in batch]
    tokens += [(pad,)] * (size - len(tokens))
    ids = torch.tensor([[*row, *[pad] * (length - len(row))] for row in tokens], device=model.device)
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in tokens], device=model.device)
    norms: dict[int, Any] = {}

    def keep(site: AttentionSite) -> Any:
        def hook(module: Any, inputs: tuple[Any, ...]) -> None:
            slices = inputs[0].float().unflatten(-1, (site.heads, site.width))
            norms[site.layer] = slices.norm(dim=-1)

        return hook

    handles = [site.projection.register_forward_pre_hook(keep(site)) for site in sites]
    try:
        with torch.inference_mode():
            hidden = model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
    finally:
        for handle in handles:
            handle.remove()
    silent = [site.layer for site in sites if site.layer not in norms]
    if silent:
        raise StudyError(
            f"The feature hooks of layers {silent} never fired.",
            where=type(model).__name__,
            remedy="The model does not compute attention through these modules; use another architecture.",
        )
    found = []
    for i, reading in enumerate(batch):
        end = len(tokens[i])
        begin = max(len(reading.prompt_tokens), end - last_tokens)
        # An answer of no tokens has no response position; its prompt's last token stands in.
        begin = min(begin, end - 1)
        heads = torch.stack([norms[site.layer][i, begin:end].mean(dim=0) for site in sites])
        found.append((hidden[i, end - 1].float().cpu().numpy(), heads.cpu().numpy()))
    return found


def save_features(path: str | Path, features: Features) -> None:
    """Write features as a compressed npz, whole or not at all."""
    with replacing(path) as temporary:
        np.savez_compressed(temporary, **vars(features))


def load_features(path: str | Path) -> Features:
    """Read features.

    Raises:
        StudyError: if the file is no npz of features, or its arrays do not fit together.
    """
    remedy = f"Delete {path} and run the same command again: its rule will write it anew."
    try:
        with np.load(path, allow_pickle=False) as arrays:
            features = Features(**{name: arrays[name] for name in Features.__dataclass_fields__})
    except Exception as error:  # numpy, zipfile and zlib each have errors of their own for a torn file
        raise StudyError(f"The features cannot be read ({error}).", where=str(path), remedy=remedy) from None
    n, layers = len(features.response_ids), len(features.layers)
    for name, shape in (("finished", (n,)), ("positions", (n,)), ("h_last", (n,)), ("head_norms", (n, layers))):
        found = getattr(features, name).shape
        if found[: len(shape)] != shape:
            raise StudyError(f"{name} has shape {found}, not {shape} and so on.", where=str(path), remedy=remedy)
    return features
