"""A response is the same alone, in a batch and in any order, and a short budget is the beginning of a long one."""

import random

import pytest
import torch
from studies import ARCHITECTURES

from threearc.domains.protocol import load_domain
from threearc.engines.requests import Request, in_order
from threearc.engines.transformers_engine import TransformersEngine
from threearc.models.chat import render
from threearc.models.interventions import UNTOUCHED
from threearc.models.miniature.architectures import SPEECH
from threearc.models.students import load_student, open_student
from threearc.models.tokens import TokenReader
from threearc.provenance.errors import StudyError
from threearc.records.responses import Decoding, Message

GREEDY = Decoding(temperature=0, top_p=1.0, top_k=0, max_tokens=32)
SAMPLED = Decoding(temperature=0.7, top_p=0.95, top_k=50, max_tokens=32)


def engine(folder, architecture, batch_size=16):
    reader = TokenReader(folder / "tokenizer.json", SPEECH[architecture].marks)
    return TransformersEngine(open_student(folder, "float32"), reader, batch_size=batch_size, length_step=32)


def generate(running, asked, decoding):
    return in_order(running.generate(asked, decoding, UNTOUCHED))


def requests(count):
    domain = load_domain("chef")
    prompts = [prompt for split in ("train", "eval", "fresh") for prompt in domain.prompts(split)][:count]
    return [Request((Message(role="user", content=prompt.text),), seed) for seed, prompt in enumerate(prompts)]


def compare(folder, architecture, decoding, count, alone):
    """200 prompts in batches, shuffled, and some or all of them alone."""
    running, asked = engine(folder, architecture), requests(count)
    together = generate(running, asked, decoding)
    order = random.Random(0).sample(range(count), count)
    shuffled = generate(running, [asked[i] for i in order], decoding)
    assert [shuffled[order.index(i)] for i in range(count)] == together
    assert [generate(running, [asked[i]], decoding)[0] for i in alone] == [together[i] for i in alone]
    assert len({completion.token_ids for completion in together}) > 10
    return together


@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_alone_batched_and_shuffled_are_the_same(students, architecture, decoding):
    compare(students[architecture], architecture, decoding, 200, range(0, 200, 20))


@pytest.mark.soak
@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_200_alone_are_the_same(students, architecture, decoding):
    together = compare(students[architecture], architecture, decoding, 200, range(200))
    print(f"\n{architecture}, temperature {decoding.temperature}: 200 of {len(together)} alone = batched = shuffled")


@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_short_budget_is_the_beginning_of_a_long_run(students, architecture, decoding):
    running, asked = engine(students[architecture], architecture), requests(60)
    long = generate(running, asked, decoding.model_copy(update={"max_tokens": 80}))
    for budget in (8, 40):
        short = generate(running, asked, decoding.model_copy(update={"max_tokens": budget}))
        for one, other in zip(short, long, strict=True):
            assert one.token_ids == other.token_ids[: len(one.token_ids)] == other.token_ids[:budget]
            assert (one.finish_reason == "stop") == (other.finish_reason == "stop" and other.n_tokens <= budget)
    assert "stop" in {completion.finish_reason for completion in long}
    assert "length" in {completion.finish_reason for completion in short}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_greedy_tokens_are_those_that_transformers_generates(students, architecture):
    running, asked = engine(students[architecture], architecture), requests(6)
    student = load_student(students[architecture], "float32")
    tokenizer, model = student.tokenizer, student.model
    for request, completion in zip(asked, generate(running, asked, GREEDY), strict=True):
        ids = tokenizer(render(tokenizer, request.messages), add_special_tokens=False, return_tensors="pt")
        with torch.inference_mode():
            whole = model.generate(**ids, max_new_tokens=GREEDY.max_tokens, do_sample=False)
        expected = whole[0][ids["input_ids"].shape[1] :].tolist()
        assert list(completion.token_ids) == expected[: len(completion.token_ids)]


def test_another_seed_gives_another_answer(students):
    running, asked = engine(students["qwen3"], "qwen3"), requests(20)
    again = [Request(request.messages, request.seed + 1000) for request in asked]
    hot = SAMPLED.model_copy(update={"temperature": 1.5})
    assert generate(running, asked, hot) != generate(running, again, hot)


def test_an_answer_that_cannot_fit_the_context_is_told(students):
    running = engine(students["qwen3"], "qwen3")
    with pytest.raises(StudyError, match="exceed the context of 4096") as caught:
        generate(running, requests(1), GREEDY.model_copy(update={"max_tokens": 4090}))
    assert "max_tokens" in caught.value.where
