"""Head tempering: a head's output times λ, by a hook while generating or folded into the weights.

Scaling a head's slice of the input of ``o_proj`` is the same as scaling those columns of its weight. Folding is exact
in fp32 up to rounding; a study uses one route throughout.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from threearc.models.attention import AttentionSite, attention_sites
from threearc.provenance.errors import REMAKE, StudyError

#: (layer, head).
Head = tuple[int, int]


@contextmanager
def tempered(model: Any, heads: Sequence[Head], factor: float) -> Iterator[None]:
    """Scale the outputs of ``heads`` by ``factor`` for every forward pass inside the block.

    Raises:
        StudyError: if a head does not exist; at the end, if a hook never fired or, with a factor other than 1, never
            changed anything: an intervention that did not happen must not be reported.
    """
    hooks = [_Hook(site, columns, factor) for site, columns in _slices(model, heads)]
    handles = [hook.site.projection.register_forward_pre_hook(hook) for hook in hooks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
    for hook in hooks:
        hook.check()


def fold(model: Any, heads: Sequence[Head], factor: float) -> None:
    """Scale the weights' columns of ``heads`` by ``factor``, in place and for good."""
    import torch

    with torch.no_grad():
        for site, columns in _slices(model, heads):
            for part in columns:
                site.projection.weight[:, part] *= factor


class _Hook:
    """A forward pre-hook on one ``o_proj`` that counts what it did."""

    def __init__(self, site: AttentionSite, columns: list[slice], factor: float) -> None:
        self.site, self.columns, self.factor = site, columns, factor
        self.fired = 0
        self.changed = False

    def __call__(self, module: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        states = inputs[0].clone()
        for part in self.columns:
            states[..., part] *= self.factor
        if not self.changed:
            self.changed = not bool((states == inputs[0]).all())
        self.fired += 1
        return (states, *inputs[1:])

    def check(self) -> None:
        if self.fired == 0 or (self.factor != 1.0 and not self.changed):
            what = "never fired" if self.fired == 0 else "changed nothing"
            raise StudyError(
                f"The tempering hook of layer {self.site.layer} {what}.",
                where="tempering",
                remedy="The model does not compute attention through this module; use another engine or architecture.",
            )


def _slices(model: Any, heads: Sequence[Head]) -> list[tuple[AttentionSite, list[slice]]]:
    sites = {site.layer: site for site in attention_sites(model)}
    by_layer: dict[int, list[slice]] = {}
    for layer, head in heads:
        if layer not in sites or not 0 <= head < sites[layer].heads:
            raise StudyError(
                f"There is no attention head {head} in layer {layer}.",
                where="the heads that heads.json selects",
                remedy=f"Layers with heads: {', '.join(map(str, sites))}. {REMAKE}",
            )
        by_layer.setdefault(layer, []).append(sites[layer].columns(head))
    return [(sites[layer], columns) for layer, columns in sorted(by_layer.items())]
