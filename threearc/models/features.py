"""What a student computes while reading its own answer: one forward pass per response.

Kept, at the last token of prompt and response: the final hidden state (after the last norm, as ``hidden_states[-1]``
is) and the mean over the last layers' states. Kept of every attention head, over the last tokens of the response: the
mean of its slice of the ``o_proj`` input, and the mean of that slice's L2 norm. Not kept: all hidden states of all
tokens, which would take twenty times the memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from threearc.models.attention import AttentionSite, attention_sites
from threearc.provenance.errors import REMAKE, StudyError, remake
from threearc.provenance.faults import unreadable
from threearc.provenance.files import replacing

#: Layers whose states are averaged, from the last one back; a model with fewer gives all it has.
LATE_LAYERS = 4


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
        h_last: (n, hidden) float32; ``h_late``: the mean over the last four layers, the last one normed, likewise.
        head_norms: (n, layers with heads, heads) float32.
        head_means: (n, sum of heads × width) float16, one head's slice after the other, layer by layer.
        layers: numbers of those layers; ``widths``: their head widths.
    """

    response_ids: np.ndarray
    finished: np.ndarray
    positions: np.ndarray
    h_last: np.ndarray
    h_late: np.ndarray
    head_norms: np.ndarray
    head_means: np.ndarray
    layers: np.ndarray
    widths: np.ndarray

    def rows(self) -> dict[str, int]:
        """Row of each response."""
        return {str(name): row for row, name in enumerate(self.response_ids)}

    def finished_of(self, names: Sequence[str]) -> list[str]:
        """Those of some responses that finished: the last position of one that was cut is no end (ERRATA row 1)."""
        rows = self.rows()
        return [name for name in names if self.finished[rows[name]]]

    def slices(self) -> list[tuple[int, int, slice]]:
        """(layer, head, its columns of ``head_means``) of every attention head, in the order of ``head_norms``."""
        found, start = [], 0
        for layer, width in zip(self.layers.tolist(), self.widths.tolist(), strict=True):
            for head in range(self.head_norms.shape[2]):
                found.append((layer, head, slice(start, start + width)))
                start += width
        return found


#: Axes of each array.
AXES = {
    "response_ids": 1,
    "finished": 1,
    "positions": 1,
    "h_last": 2,
    "h_late": 2,
    "head_norms": 3,
    "head_means": 2,
    "layers": 1,
    "widths": 1,
}


@dataclass(frozen=True)
class _Row:
    """What one response leaves behind."""

    h_last: np.ndarray
    h_late: np.ndarray
    head_norms: np.ndarray
    head_means: np.ndarray


def extract_features(
    model: Any, readings: Sequence[Reading], *, last_tokens: int, batch_size: int, length_step: int, pad: int
) -> Features:
    """Read every response once, in batches of constant shape (padding on the right changes nothing before it).

    Raises:
        StudyError: if there is nothing to read.
    """
    if not readings:
        raise StudyError(
            "There is no answer to a measured prompt to read.",
            where="responses/base.jsonl",
            remedy=REMAKE,
        )
    sites = attention_sites(model)
    rows: dict[int, _Row] = {}
    by_length: dict[int, list[int]] = {}
    for i, reading in enumerate(readings):
        length = len(reading.prompt_tokens) + len(reading.answer_tokens)
        by_length.setdefault(-(-length // length_step) * length_step, []).append(i)
    for length, members in sorted(by_length.items()):
        for start in range(0, len(members), batch_size):
            batch = members[start : start + batch_size]
            found = _read(model, sites, [readings[i] for i in batch], length, batch_size, last_tokens, pad)
            rows |= dict(zip(batch, found, strict=True))
    found_rows = [rows[i] for i in range(len(readings))]
    return Features(
        response_ids=np.array([reading.response_id for reading in readings]),
        finished=np.array([reading.finished for reading in readings], dtype=bool),
        positions=np.array([len(r.prompt_tokens) + len(r.answer_tokens) - 1 for r in readings]),
        **{name: np.stack([getattr(row, name) for row in found_rows]) for name in _Row.__dataclass_fields__},
        layers=np.array([site.layer for site in sites]),
        widths=np.array([site.width for site in sites]),
    )


def _read(
    model: Any, sites: list[AttentionSite], batch: list[Reading], length: int, size: int, last_tokens: int, pad: int
) -> list[_Row]:
    import torch

    tokens = [reading.prompt_tokens + reading.answer_tokens for reading in batch]
    tokens += [(pad,)] * (size - len(tokens))
    ids = torch.tensor([[*row, *[pad] * (length - len(row))] for row in tokens], device=model.device)
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in tokens], device=model.device)
    ends = torch.tensor([len(row) - 1 for row in tokens], device=model.device)
    every = torch.arange(size, device=model.device)
    # Only the positions that are averaged are kept: all of a long batch would not fit beside the model.
    window = (ends[:, None] - torch.arange(last_tokens - 1, -1, -1, device=model.device)).clamp(min=0)
    inputs_of: dict[int, Any] = {}
    late: dict[int, Any] = {}

    def keep_inputs(site: AttentionSite) -> Any:
        def hook(module: Any, inputs: tuple[Any, ...]) -> None:
            inputs_of[site.layer] = inputs[0][every[:, None], window].float()

        return hook

    def keep_state(layer: int) -> Any:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            late[layer] = (output[0] if isinstance(output, tuple) else output)[every, ends].float()

        return hook

    decoder = model.get_decoder()
    last = len(decoder.layers) - 1
    handles = [site.projection.register_forward_pre_hook(keep_inputs(site)) for site in sites]
    for layer in range(max(0, last + 1 - LATE_LAYERS), last):
        handles.append(decoder.layers[layer].register_forward_hook(keep_state(layer)))
    try:
        with torch.inference_mode():
            hidden = decoder(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
    finally:
        for handle in handles:
            handle.remove()
    silent = [site.layer for site in sites if site.layer not in inputs_of]
    if silent:
        raise StudyError(
            f"The feature hooks of layers {silent} never fired.",
            where=type(model).__name__,
            remedy="The model does not compute attention through these modules; use another architecture.",
        )
    # After the last norm, as hidden_states has it; the others as they leave their layers.
    late[last] = hidden[every, ends].float()
    mean = torch.stack([late[layer] for layer in sorted(late)]).mean(dim=0)
    found = []
    for i, reading in enumerate(batch):
        # An answer of no tokens has no response position; its prompt's last token stands in.
        own = max(1, min(last_tokens, len(reading.answer_tokens)))
        parts = [inputs_of[site.layer][i, -own:] for site in sites]
        norms = [
            part.unflatten(-1, (site.heads, site.width)).norm(dim=-1).mean(dim=0)
            for site, part in zip(sites, parts, strict=True)
        ]
        found.append(
            _Row(
                h_last=late[last][i].cpu().numpy(),
                h_late=mean[i].cpu().numpy(),
                head_norms=torch.stack(norms).cpu().numpy(),
                head_means=torch.cat([part.mean(dim=0) for part in parts]).half().cpu().numpy(),
            )
        )
    return found


@dataclass(frozen=True)
class States:
    """Final hidden states of several trained students reading the same answers.

    Attributes:
        response_ids: the answers, n of them.
        h_last: (n, hidden) float32, by the condition id of the trained student.
    """

    response_ids: Sequence[str]
    h_last: Mapping[str, np.ndarray]


def save_states(path: str | Path, states: States) -> None:
    """Write states as a compressed npz, whole or not at all."""
    with replacing(path) as temporary:
        arrays: dict[str, Any] = {"response_ids": np.array(states.response_ids, dtype=str), **states.h_last}
        np.savez_compressed(temporary, **arrays)


def load_states(path: str | Path) -> States:
    """Read states.

    Raises:
        StudyError: if the file is no npz of states, or its arrays do not fit together.
    """
    arrays = _arrays(path)
    names = [str(name) for name in arrays.pop("response_ids", ())]
    for condition, found in arrays.items():
        if found.shape[:1] != (len(names),) or found.ndim != 2:
            raise StudyError(
                f"The states of {condition} have shape {found.shape}; {len(names)} answers were read.",
                where=str(path),
                remedy=remake(path),
            )
    return States(names, arrays)


def save_features(path: str | Path, features: Features) -> None:
    """Write features as a compressed npz, whole or not at all."""
    with replacing(path) as temporary:
        np.savez_compressed(temporary, **vars(features))


def load_features(path: str | Path, responses: Sequence[str] = ()) -> Features:
    """Read features.

    Args:
        responses: ids of responses that must be among them.

    Raises:
        StudyError: if the file is no npz of features, its arrays do not fit together, or it lacks a response.
    """
    arrays, remedy = _arrays(path), remake(path)
    try:
        features = Features(**{name: arrays[name] for name in Features.__dataclass_fields__})
    except KeyError as error:
        raise StudyError(f"The features cannot be read: {error} is missing.", where=str(path), remedy=remedy) from None
    for name, axes in AXES.items():
        found = getattr(features, name)
        if found.ndim != axes:
            raise StudyError(f"{name} has {found.ndim} axes, not {axes}.", where=str(path), remedy=remedy)
        if (found.dtype.kind == "U") != (name == "response_ids"):
            raise StudyError(f"{name} holds values of type {found.dtype}.", where=str(path), remedy=remedy)
    n, layers = len(features.response_ids), len(features.layers)
    shapes: dict[str, tuple[int, ...]] = {"head_norms": (n, layers), "widths": (layers,), "layers": (layers,)}
    for name in AXES:
        found, shape = getattr(features, name).shape, shapes.get(name, (n,))
        if found[: len(shape)] != shape:
            raise StudyError(f"{name} has shape {found}, not {shape} and so on.", where=str(path), remedy=remedy)
    columns = int(features.widths.sum()) * features.head_norms.shape[2]
    if features.head_means.shape[1] != columns:
        what = f"head_means has {features.head_means.shape[1]} columns; the layers' heads have {columns}."
        raise StudyError(what, where=str(path), remedy=remedy)
    rows = features.rows()
    lacking = [name for name in responses if name not in rows]
    if lacking:
        what = f"The features lack {len(lacking)} of {len(responses)} responses, {lacking[0]} among them."
        raise StudyError(what, where=str(path), remedy=remedy)
    return features


def _arrays(path: str | Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # numpy, zipfile and zlib each have errors of their own for a torn file
        raise unreadable(error, path, f"The features cannot be read ({error}).") from None
