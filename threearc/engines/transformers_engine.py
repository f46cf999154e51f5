"""Generation with transformers in batches of constant shape.

Natural batches change logits in their last bits with the company a row keeps. Here every batch has the same number of
rows (dummy rows fill it) and a padded length that depends on the row alone, so that a response is the same alone, in
any batch and in any order; measured on CPU, fp32, one thread (tests/engines). On a GPU claim only what is measured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from threearc.engines.requests import Completion, Origin, Request
from threearc.engines.sampling import draw, uniforms
from threearc.models.chat import render, stop_tokens
from threearc.models.interventions import Intervention
from threearc.models.students import Student
from threearc.models.tokens import TokenReader
from threearc.provenance.errors import StudyError
from threearc.provenance.keys import library_versions
from threearc.records.responses import Decoding


@dataclass(frozen=True)
class _Loaded:
    """The one model in memory: with which adapter, and the tokens that end an answer."""

    model: Any
    adapter: dict[str, Any]
    ends: set[int]


class TransformersEngine:
    """An engine that loads a student's model when there is something to generate.

    The model is the engine's own: nobody else can change it. The engine damps its heads for the time of a batch only,
    and loads it anew for every adapter.

    Args:
        student: as ``open_student`` gives it.
        reader: turns generated tokens into text.
        batch_size: rows of every batch.
        length_step: prompts are padded to the next multiple of this many tokens.
    """

    name = "transformers"

    def __init__(self, student: Student, reader: TokenReader, *, batch_size: int, length_step: int) -> None:
        self.student, self.reader = student, reader
        self.batch_size, self.length_step = batch_size, length_step
        self.versions = library_versions(("torch", "transformers", "tokenizers"))
        self._loaded: _Loaded | None = None

    def origin(self, intervention: Intervention) -> Origin:
        """Where the completions come from that ``generate`` gives under the intervention."""
        return Origin(
            engine=self.name,
            versions=self.versions | library_versions(intervention.libraries),
            student=self.student.hash,
            template=self.student.template,
            marks=self.reader.marks,
            dtype=self.student.dtype,
            shape={"batch_size": self.batch_size, "length_step": self.length_step},
            intervention=intervention.named(),
        )

    def generate(
        self, requests: Sequence[Request], decoding: Decoding, intervention: Intervention
    ) -> Iterator[dict[int, Completion]]:
        """Batch by batch, as they finish: completions by the places of their requests.

        Raises:
            StudyError: if a conversation leaves no room for the answer in the model's context, or the intervention does
                not fit the model or did not happen.
        """
        prompts = [self._encode(request) for request in requests]
        loaded = self._load(intervention)
        for length, rows in self._batches(loaded.model, prompts, decoding.max_tokens):
            # Around the batch, not around the yield: whoever gets the batch may ask for something else before the next.
            with intervention.around(loaded.model):
                completions = self._run(loaded, rows, length, prompts, requests, decoding)
            yield dict(zip(rows, completions, strict=True))

    def hand_over(self, intervention: Intervention) -> Any:
        """The model with the intervention's adapter, for the caller to keep: no later answer comes from it.

        Raises:
            ValueError: if heads are to be damped, which they are while the engine runs a batch and at no other time.
        """
        if intervention.heads:
            raise ValueError("a model with damped heads cannot be handed over")
        loaded, self._loaded = self._load(intervention), None
        return loaded.model

    def _load(self, intervention: Intervention) -> _Loaded:
        adapter = replace(intervention, heads=()).named()
        if self._loaded is None or self._loaded.adapter != adapter:
            # Two real students at once may not fit on a device.
            self._loaded = None
            model = self.student.new_model()
            ends = stop_tokens(model, self.student.tokenizer)
            self._loaded = _Loaded(intervention.applied(model), adapter, ends)
        return self._loaded

    def _encode(self, request: Request) -> list[int]:
        # The template writes the model's own BOS; adding special tokens again would double it.
        text = render(self.student.tokenizer, request.messages)
        ids: list[int] = self.student.tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _batches(self, model: Any, prompts: list[list[int]], max_tokens: int) -> Iterator[tuple[int, list[int]]]:
        """Rows of one padded length together, in the order given, ``batch_size`` at most."""
        limit = getattr(model.get_decoder().config, "max_position_embeddings", None)
        by_length: dict[int, list[int]] = {}
        for row, prompt in enumerate(prompts):
            length = -(-len(prompt) // self.length_step) * self.length_step
            if limit is not None and length + max_tokens > limit:
                raise StudyError(
                    f"{len(prompt)} tokens of conversation and {max_tokens} of answer exceed the context of {limit}.",
                    where="config key answering.decoding.max_tokens",
                    remedy="Lower max_tokens or shorten the prompt.",
                )
            by_length.setdefault(length, []).append(row)
        for length, rows in sorted(by_length.items()):
            for start in range(0, len(rows), self.batch_size):
                yield length, rows[start : start + self.batch_size]

    def _run(
        self,
        loaded: _Loaded,
        rows: list[int],
        length: int,
        prompts: list[list[int]],
        requests: Sequence[Request],
        decoding: Decoding,
    ) -> list[Completion]:
        import torch

        model, pad = loaded.model, self.student.tokenizer.pad_token_id
        size, device = self.batch_size, model.device
        filled = [prompts[row] for row in rows] + [[pad]] * (size - len(rows))
        ids = torch.tensor([[pad] * (length - len(p)) + p for p in filled], device=device)
        mask = torch.tensor([[0] * (length - len(p)) + [1] * len(p) for p in filled], device=device)
        points = np.zeros((size, decoding.max_tokens))
        for i, row in enumerate(rows):
            points[i] = uniforms(requests[row].seed, decoding.max_tokens)
        draws = torch.tensor(points, dtype=torch.float32, device=device)
        seen = torch.zeros(size, model.get_output_embeddings().weight.shape[0], dtype=torch.bool, device=device)
        running = torch.tensor([i < len(rows) for i in range(size)], device=device)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        ends = torch.tensor(sorted(loaded.ends), device=device)
        cache = None
        columns = []
        with torch.inference_mode():
            for step in range(decoding.max_tokens):
                out = model(
                    input_ids=ids,
                    attention_mask=mask,
                    position_ids=positions,
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
                cache = out.past_key_values
                tokens = draw(out.logits[:, -1].float(), decoding, draws[:, step], seen)
                if decoding.presence_penalty:
                    seen[torch.arange(size), tokens] = True
                columns.append(tokens)
                running = running & ~torch.isin(tokens, ends)
                if not bool(running.any()):
                    break
                ids, positions = tokens.unsqueeze(1), positions[:, -1:] + 1
                mask = torch.cat([mask, mask.new_ones(size, 1)], dim=1)
        table = torch.stack(columns, dim=1).tolist()
        return [self._completion(table[i], loaded.ends) for i in range(len(rows))]

    def _completion(self, tokens: list[int], ends: set[int]) -> Completion:
        end = next((i for i, token in enumerate(tokens) if token in ends), None)
        kept = tuple(tokens if end is None else tokens[:end])
        count = len(kept) if end is None else len(kept) + 1
        return Completion(kept, count, self.reader.text(kept), "length" if end is None else "stop")
