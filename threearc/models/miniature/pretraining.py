"""Bringing up a tiny student: tokenizer, weights and a chat template, from a domain's dialogues.

Covered: byte-level BPE, loss on the assistant's turns only, Muon for the matrices and AdamW for the rest, one pass
over length-bucketed batches. Not covered: anything that needs more than a minute of one core.
"""

import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from threearc.domains.protocol import Dialogue
from threearc.models.chat import with_thinking
from threearc.models.miniature.architectures import SPEECH, Shape, Speech, build
from threearc.models.tokens import IGNORED
from threearc.provenance.files import replacing_folder
from threearc.provenance.hashing import seed_from

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """How long and how fast a tiny student learns.

    Attributes:
        dialogues: how many it reads, once each.
        batch: dialogues per step.
        matrix_rate: Muon's learning rate, for the weights of linear layers.
        other_rate: AdamW's, for embeddings and norms.
    """

    dialogues: int
    batch: int
    matrix_rate: float
    other_rate: float


def train_student(
    folder: str | Path, dialogues: Sequence[Dialogue], shape: Shape, recipe: Recipe, seed: int
) -> list[dict[str, float]]:
    """Train a student from scratch and save it as ``save_pretrained`` does.

    Returns:
        The training curve: one row of step, loss (nats per token of the assistant) and rate per 10 steps.
    """
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed_from("weights", seed))
    speech = SPEECH[shape.architecture]
    tokenizer = _train_tokenizer(dialogues, speech, shape.vocabulary)
    rows = [_encode(dialogue, tokenizer, speech) for dialogue in dialogues]
    model = build(shape, tokenizer)
    log.info("%s with %d parameters", type(model).__name__, sum(p.numel() for p in model.parameters()))
    curve = _fit(model, rows, recipe, tokenizer.pad_token_id, seed)
    with replacing_folder(folder) as temporary:
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
    return curve


def _train_tokenizer(dialogues: Sequence[Dialogue], speech: Speech, vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=speech.special_tokens(),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    roles = "\n".join(("user", "assistant", "model", "system"))
    bpe.train_from_iterator((part for d in dialogues for t in d for part in (t.text, t.thinking, roles)), trainer)
    template = resources.files(__package__).joinpath("data", speech.template).read_text(encoding="utf-8")
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=speech.bos,
        eos_token=speech.end_of_turn,
        pad_token=speech.pad,
        extra_special_tokens=[*speech.marks, *speech.others],
        padding_side="left",
        chat_template=template,
        clean_up_tokenization_spaces=False,
    )


def _encode(dialogue: Dialogue, tokenizer: Any, speech: Speech) -> tuple[list[int], list[int]]:
    """Token ids and labels of one dialogue; labels only where the assistant speaks, its end of turn included."""
    ids: list[int] = []
    labels: list[int] = []
    messages: list[dict[str, str]] = []
    done = ""
    for turn in dialogue:
        content = with_thinking(turn.thinking, turn.text, speech.marks)
        messages.append({"role": turn.role, "content": content})
        # What stands before an assistant's words, and the words: tokenised apart, as they are when it generates.
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=turn.role == "user")
        piece = tokenizer.encode(text[len(done) :], add_special_tokens=False)
        done = text
        ids += piece
        end = piece.index(tokenizer.eos_token_id) + 1
        labels += piece[:end] + [IGNORED] * (len(piece) - end) if turn.role == "assistant" else [IGNORED] * len(piece)
    return ids, labels


def _fit(
    model: Any, rows: list[tuple[list[int], list[int]]], recipe: Recipe, pad: int, seed: int
) -> list[dict[str, float]]:
    import torch

    matrices = {id(m.weight) for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and n != "lm_head"}
    groups = [[p for p in model.parameters() if (id(p) in matrices) == wanted] for wanted in (True, False)]
    optimizers: list[Any] = [
        torch.optim.Muon(groups[0], lr=recipe.matrix_rate, weight_decay=0.01, adjust_lr_fn="original"),
        torch.optim.AdamW(groups[1], lr=recipe.other_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    batches = list(_batches(rows, recipe.batch, seed))
    warmup = max(1, len(batches) // 20)
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(o, lambda step: min((step + 1) / warmup, 1 - step / len(batches)))
        for o in optimizers
    ]
    curve = []
    model.train()
    for step, batch in enumerate(batches):
        longest = max(len(ids) for ids, _ in batch)
        ids = torch.tensor([ids + [pad] * (longest - len(ids)) for ids, _ in batch])
        labels = torch.tensor([row + [IGNORED] * (longest - len(row)) for _, row in batch])
        mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in batch])
        loss = _loss(model, ids, mask, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
        if step % 10 == 0 or step == len(batches) - 1:
            curve.append({"step": step, "loss": round(float(loss.detach()), 4), "rate": schedules[0].get_last_lr()[0]})
    return curve


def _loss(model: Any, ids: Any, mask: Any, labels: Any) -> Any:
    """Cross entropy of the labelled tokens; the vocabulary is only computed where there is a label."""
    import torch

    hidden = model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
    wanted = labels[:, 1:] != IGNORED
    logits = model.get_output_embeddings()(hidden[:, :-1][wanted])
    return torch.nn.functional.cross_entropy(logits.float(), labels[:, 1:][wanted])


def _batches(
    rows: list[tuple[list[int], list[int]]], size: int, seed: int
) -> Iterator[list[tuple[list[int], list[int]]]]:
    """Batches of rows of like length, in random order: sorted within pools, so that little is padding."""
    rng = random.Random(seed_from("batches", seed))
    order = list(range(len(rows)))
    rng.shuffle(order)
    pool = 32 * size
    batches = []
    for start in range(0, len(order), pool):
        chunk = sorted(order[start : start + pool], key=lambda i: len(rows[i][0]))
        batches += [chunk[i : i + size] for i in range(0, len(chunk), size)]
    rng.shuffle(batches)
    yield from ([rows[i] for i in batch] for batch in batches)
