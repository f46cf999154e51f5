"""Generation with transformers in batches of constant shape.

Natural batches change logits in their last bits with the company a row keeps. Here every batch has the same number of
rows (dummy rows fill it) and a padded length that depends on the row alone, so that a response is the same alone, in
any batch and in any order; measured on CPU, fp32, one thread (tests/engines). On a GPU claim only what is measured.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from threearc.engines.requests import Completion, Request
from threearc.engines.sampling import draw, uniforms
from threearc.models.chat import render, stop_tokens
from threearc.models.tokens import TokenReader
from threearc.provenance.errors import StudyError
from threearc.records.responses import Decoding


class TransformersEngine:
    """An engine around a loaded model; conditions change the model around calls of ``generate``.

    Args:
        model, tokenizer: as ``load_student`` gives them.
        reader: turns generated tokens into text.
        batch_size: rows of every batch.
        length_step: prompts are padded to the next multiple of this many tokens.
    """

    name = "transformers"

    def __init__(self, model: Any, tokenizer: Any, reader: TokenReader, *, batch_size: int, length_step: int) -> None:
        self.model, self.tokenizer, self.reader = model, tokenizer, reader
        self.batch_size, self.length_step = batch_size, length_step
        self.versions = {package: version(package) for package in ("torch", "transformers", "tokenizers")}
        self.ends = stop_tokens(model, tokenizer)

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Completion]:
        """One completion per request, in the order of the requests.

        Raises:
            StudyError: if a conversation leaves no room for the answer in the model's context.
        """
        prompts = [self._encode(request) for request in requests]
        done: dict[int, Completion] = {}
        for length, rows in self._batches(prompts, decoding.max_tokens):
            for row, completion in zip(rows, self._run(rows, length, prompts, requests, decoding), strict=False):
                done[row] = completion
        return [done[i] for i in range(len(requests))]

    def _encode(self, request: Request) -> list[int]:
        # The template writes the model's own BOS; adding special tokens again would double it.
        text = render(self.tokenizer, request.messages)
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _batches(self, prompts: list[list[int]], max_tokens: int) -> Iterator[tuple[int, list[int]]]:
        """Rows of one padded length together, in the order given, ``batch_size`` at most."""
        limit = getattr(self.model.get_decoder().config, "max_position_embeddings", None)
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
        self, rows: list[int], length: int, prompts: list[list[int]], requests: Sequence[Request], decoding: Decoding
    ) -> Iterator[Completion]:
        import torch

        pad = self.tokenizer.pad_token_id
        size, device = self.batch_size, self.model.device
        filled = [prompts[row] for row in rows] + [[pad]] * (size - len(rows))
        ids = torch.tensor([[pad] * (length - len(p)) + p for p in filled], device=device)
        mask = torch.tensor([[0] * (length - len(p)) + [1] * len(p) for p in filled], device=device)
        points = np.zeros((size, decoding.max_tokens))
        for i, row in enumerate(rows):
            points[i] = uniforms(requests[row].seed, decoding.max_tokens)
        draws = torch.tensor(points, dtype=torch.float32, device=device)
        seen = torch.zeros(size, self.model.get_output_embeddings().weight.shape[0], dtype=torch.bool, device=device)
        running = torch.tensor([i < len(rows) for i in range(size)], device=device)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        ends = torch.tensor(sorted(self.ends), device=device)
        cache = None
        columns = []
        with torch.inference_mode():
            for step in range(decoding.max_tokens):
                out = self.model(
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
        for i in range(len(rows)):
            yield self._completion(table[i], decoding.max_tokens)

    def _completion(self, tokens: list[int], max_tokens: int) -> Completion:
        end = next((i for i, token in enumerate(tokens) if token in self.ends), None)
        kept = tuple(tokens if end is None else tokens[:end])
        count = len(kept) if end is None else len(kept) + 1
        return Completion(kept, count, self.reader.text(kept), "length" if end is None else "stop")
