"""A row is generated once: whatever its tokens depend on is in its key, and no change of the model goes untold."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import fields, replace

import pytest
import torch
from factories import prompt
from spoiling import refused
from studies import REPOSITORY
from training import MARKS, RECIPE, examples

from threearc.engines.cache import CachedEngine, cache_of, row_key
from threearc.engines.requests import Origin, Request, in_order
from threearc.engines.transformers_engine import TransformersEngine
from threearc.models.interventions import UNTOUCHED, Intervention
from threearc.models.students import load_student, open_student
from threearc.models.tempering import fold
from threearc.models.tokens import TokenReader
from threearc.operators.answering import Interview
from threearc.operators.base import answer_base
from threearc.operators.sft import train_sft
from threearc.provenance.fingerprint import modules_of
from threearc.provenance.stores import append, read_store, repair_store
from threearc.records.responses import Decoding, Message

DECODING = Decoding(temperature=0.7, top_p=1.0, top_k=0, max_tokens=16)
DAMPED = Intervention(heads=((0, 0), (1, 1)), factor=0.0)
ORIGIN = Origin("e", {"torch": "2"}, "s", "t", MARKS, "float32", {"batch_size": 4}, {"heads": [[0, 1]], "factor": 0.5})
REQUEST = Request((Message(role="user", content="Why?"),), 3)
OTHERS = {
    "code": "other",
    "origin.engine": "other",
    "origin.versions": {"torch": "3"},
    "origin.student": "other",
    "origin.template": "other",
    "origin.marks": ("<a>", "</a>"),
    "origin.dtype": "bfloat16",
    "origin.shape": {"batch_size": 8},
    "origin.intervention": {"heads": [[0, 1]], "factor": 0.25},
    "decoding.temperature": 0.8,
    "decoding.top_p": 0.9,
    "decoding.top_k": 5,
    "decoding.presence_penalty": 0.1,
    "decoding.max_tokens": 17,
    "request.messages": (Message(role="system", content="Why?"),),
    "request.seed": 4,
    "request.repeat": 1,
}


def key(changed=None):
    part, _, name = (changed or "").partition(".")
    value = {name: OTHERS[changed]} if name else {}
    return row_key(
        replace(ORIGIN, **value) if part == "origin" else ORIGIN,
        OTHERS["code"] if part == "code" else "code",
        DECODING.model_copy(update=value) if part == "decoding" else DECODING,
        replace(REQUEST, **value) if part == "request" else REQUEST,
    )


@pytest.mark.parametrize("changed", OTHERS)
def test_whatever_tokens_depend_on_is_in_the_key(changed):
    assert key() == key() != key(changed)


def test_nothing_was_left_out_of_the_test_above():
    parts = {"origin": [f.name for f in fields(Origin)], "request": [f.name for f in fields(Request)]}
    parts["decoding"] = list(Decoding.model_fields)
    named = {f"{part}.{name}" for part, names in parts.items() for name in names}
    assert named | {"code"} == OTHERS.keys() and len({key(changed) for changed in OTHERS}) == len(OTHERS)


def test_the_code_is_what_turns_requests_into_tokens_and_not_what_writes_prompts():
    from inspect import getfile

    own = set(modules_of(getfile(TransformersEngine)))
    tokens = {"engines.sampling", "models.chat", "models.tempering", "models.lora", "models.students", "models.tokens"}
    assert {f"threearc.{name}" for name in tokens} <= own
    assert not any(name.startswith(("threearc.operators", "threearc.domains", "threearc.judging")) for name in own)


def test_a_cache_lies_beside_the_responses():
    assert str(cache_of("results/chef/tiny/responses/base.jsonl")) == "results/chef/tiny/cache/base.jsonl"


@pytest.fixture(scope="module")
def folder(students):
    return students["qwen3"]


@pytest.fixture(scope="module")
def adapter(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("adapter")
    student = load_student(folder, "float32")
    train_sft(student.model, student.tokenizer, examples(), RECIPE, MARKS, 0, path)
    return path


def opened(folder, **other):
    own = {"dtype": "float32", "marks": MARKS, "batch_size": 4, "length_step": 32} | other
    reader = TokenReader(folder / "tokenizer.json", own["marks"])
    shape = {name: own[name] for name in ("batch_size", "length_step")}
    return TransformersEngine(open_student(folder, own["dtype"]), reader, **shape)


def requests(count, start=0):
    texts = [f"My sauce number {i} split. Why?" for i in range(start, start + count)]
    return [Request((Message(role="user", content=text),), seed) for seed, text in enumerate(texts, start)]


def alone(folder, asked, intervention):
    """What an engine without a cache and without a past answers."""
    return in_order(opened(folder).generate(asked, DECODING, intervention))


def keys(store):
    return [row["key"] for row in read_store(store)]


@pytest.fixture
def store(tmp_path):
    return tmp_path / "cache/rows.jsonl"


@pytest.mark.parametrize(
    "other",
    [{"batch_size": 5}, {"length_step": 16}, {"dtype": "bfloat16"}, {"marks": ("<a>", "</a>")}],
    ids=lambda other: next(iter(other)),
)
def test_an_engine_of_another_make_has_another_origin(folder, other):
    assert opened(folder).origin(DAMPED) == opened(folder).origin(DAMPED) != opened(folder, **other).origin(DAMPED)


@pytest.mark.parametrize("file", ["model.safetensors", "chat_template.jinja", "generation_config.json"])
def test_a_student_of_other_files_is_another_origin(folder, tmp_path, file):
    other = shutil.copytree(folder, tmp_path / "student")
    with open(other / file, "a") as handle:
        handle.write("\n")
    assert opened(other).origin(UNTOUCHED) != opened(folder).origin(UNTOUCHED)


def test_an_intervention_is_named_by_what_it_does(adapter, tmp_path):
    copy = shutil.copytree(adapter, tmp_path / "another name")
    assert Intervention(adapter=copy).named() == Intervention(adapter=adapter).named()
    assert Intervention(heads=((1, 1), (0, 0)), factor=0).named() == DAMPED.named()
    assert UNTOUCHED.named() == {} == Intervention(factor=0.5).named()
    named = [DAMPED, replace(DAMPED, factor=0.5), replace(DAMPED, heads=((0, 0),)), Intervention(adapter=adapter)]
    named = [done.named() for done in [*named, replace(DAMPED, adapter=adapter), UNTOUCHED]]
    for file in ("adapter_model.safetensors", "adapter_config.json"):
        with open(copy / file, "a") as handle:
            handle.write("\n")
        named.append(Intervention(adapter=copy).named())
    assert all(one not in named[:i] for i, one in enumerate(named))
    (copy / "adapter_config.json").unlink()
    refused(Intervention(adapter=copy).named, copy, "cannot be read")


def test_the_library_that_runs_adapters_counts_for_adapters_alone(folder, adapter):
    running = opened(folder)
    assert set(running.origin(UNTOUCHED).versions) == {"torch", "transformers", "tokenizers"}
    assert set(running.origin(Intervention(adapter=adapter)).versions) == {
        "torch",
        "transformers",
        "tokenizers",
        "peft",
    }


@pytest.mark.parametrize("kind", ["untouched", "damped", "adapted"])
def test_rows_come_out_the_same_from_the_cache_from_a_part_of_it_and_without(folder, adapter, store, kind):
    done = {"untouched": UNTOUCHED, "damped": DAMPED, "adapted": Intervention(adapter=adapter)}[kind]
    asked = requests(11)
    plain = alone(folder, asked, done)
    for order in ([3, 7], [0, 1, 2, 3, 4], [10, 9, 8, 7, 6, 5, 4], range(11), range(11)):
        before = keys(store)
        running = CachedEngine(opened(folder), store)
        given = in_order(running.generate([asked[i] for i in order], DECODING, done))
        assert given == [plain[i] for i in order]
        after = list(read_store(store))
        assert [row["key"] for row in after[: len(before)]] == before and len(set(keys(store))) == len(after)
        tally = running.tally
        assert (tally.asked, tally.kept + tally.generated) == (len(order), len(order))
        assert tally.generated == len(after) - len(before)
        assert tally.tokens == sum(row["n_tokens"] for row in after[len(before) :])
    assert str(tally) == "11 rows asked, 11 from the cache, 0 generated (0 tokens)"


def test_what_is_all_kept_needs_no_weights(folder, adapter, store, monkeypatch):
    asked, interventions = requests(5), (UNTOUCHED, DAMPED, Intervention(adapter=adapter))
    running = CachedEngine(opened(folder), store)
    first = [in_order(running.generate(asked, DECODING, done)) for done in interventions]
    inner = opened(folder)
    monkeypatch.setattr(type(inner.student), "new_model", lambda student: pytest.fail("the weights were loaded"))
    again = CachedEngine(inner, store)
    assert [in_order(again.generate(asked, DECODING, done)) for done in interventions] == first
    with pytest.raises(pytest.fail.Exception, match="weights were loaded"):
        in_order(again.generate(requests(6), DECODING, UNTOUCHED))


def test_equal_requests_are_generated_once_unless_they_are_repeats(folder, store):
    (one,), running = requests(1), CachedEngine(opened(folder), store)
    given = in_order(running.generate([one, one, replace(one, repeat=1)], DECODING, UNTOUCHED))
    assert given == alone(folder, [one], UNTOUCHED) * 3
    assert len(keys(store)) == 2 and running.tally.kept == 1


def test_an_arm_that_measures_the_engine_is_generated_and_not_looked_up(folder, store):
    """The A/A arm of another batch order asks what base was asked: out of the cache it would show nothing."""
    asked = [prompt(text=f"My sauce number {i} split. Why?", entry=f"e{i}") for i in range(5)]
    engine = CachedEngine(opened(folder), store)
    interview = Interview(engine, DECODING, "m", "r", "s", "t", "float32", MARKS)
    arms = Counter(r.setup.condition.variant for r in answer_base(interview, asked, [0]))
    assert arms == {"base": 5, "other decode seeds": 5, "other batch order": 5}
    assert len(keys(store)) == 15 and engine.tally.kept == 0


def test_interleaved_calls_under_different_interventions_do_not_mix(folder, adapter, store):
    """Batches of all in turns, some abandoned half-way: each is what a fresh engine answers, and is kept as that."""
    interventions = [UNTOUCHED, DAMPED, Intervention(adapter=adapter), replace(DAMPED, adapter=adapter)]
    asked = requests(8)
    expected = [alone(folder, asked, done) for done in interventions]
    assert len({tuple(c.token_ids for c in completions) for completions in expected}) == 4
    running = CachedEngine(opened(folder), store)
    abandoned = [running.generate(requests(8, start=50), DECODING, done) for done in interventions]
    assert all(next(batches) == {} and len(next(batches)) == 4 for batches in abandoned)
    calls = [running.generate(asked, DECODING, done) for done in interventions]
    found = [{} for _ in interventions]
    for _turn in range(3):
        for batches, own in zip(calls, found, strict=True):
            own |= next(batches)
    assert [[own[i] for i in range(8)] for own in found] == expected
    again = CachedEngine(opened(folder), store)
    assert [in_order(again.generate(asked, DECODING, done)) for done in interventions] == expected
    assert again.tally.generated == 0


def test_what_is_done_to_a_model_that_was_handed_over_no_answer_sees(folder, adapter, store):
    asked, inner = requests(8), opened(folder)
    running = CachedEngine(inner, store)
    for done in (UNTOUCHED, Intervention(adapter=adapter)):
        in_order(running.generate(asked[:4], DECODING, done))
        model = inner.hand_over(done)
        fold(model, [(0, 0), (0, 1), (0, 2), (1, 0)], 0.0)
        assert in_order(running.generate(asked, DECODING, done)) == alone(folder, asked, done)
    with pytest.raises(ValueError, match="cannot be handed over"):
        inner.hand_over(DAMPED)


def test_damping_that_did_not_happen_is_not_kept(folder, store, monkeypatch):
    inner = opened(folder)
    model = inner.student.new_model()
    silence = model.get_decoder().layers[1].self_attn.o_proj
    silence.register_forward_pre_hook(lambda module, inputs: (torch.zeros_like(inputs[0]),))
    monkeypatch.setattr(type(inner.student), "new_model", lambda student: model)
    running = CachedEngine(inner, store)
    refused(lambda: in_order(running.generate(requests(4), DECODING, DAMPED)), "layer 1 changed nothing")
    assert keys(store) == [] and running.tally.generated == 0


def test_a_corrupt_row_is_told_with_the_command_that_mends_it(folder, store):
    asked = requests(8)
    plain = in_order(CachedEngine(opened(folder), store).generate(asked, DECODING, UNTOUCHED))
    lines = store.read_text().splitlines(keepends=True)
    store.write_text("".join([lines[0], lines[1].replace("sauce", "spice", 1)[:-9] + "\n", *lines[2:]]))
    again = CachedEngine(opened(folder), store)
    error = refused(lambda: in_order(again.generate(asked, DECODING, UNTOUCHED)), f"{store}, line 2")
    assert f"threearc repair {store}" in error.remedy
    assert repair_store(store) == 1
    assert in_order(again.generate(asked, DECODING, UNTOUCHED)) == plain
    assert again.tally.generated == 1 and len(set(keys(store))) == 8


def test_a_row_that_is_no_completion_is_told(folder, store):
    running = CachedEngine(opened(folder), store)
    in_order(running.generate(requests(1), DECODING, UNTOUCHED))
    (row,) = read_store(store)
    store.unlink()
    append(store, [{"key": row["key"], "text": "So."}])
    refused(lambda: in_order(running.generate(requests(1), DECODING, UNTOUCHED)), store, "no completion")


def answer(folder, store, count):
    """Answer and say so; also the program of the process that is killed."""
    in_order(CachedEngine(opened(folder), store).generate(requests(count), DECODING, DAMPED))


def test_a_killed_job_goes_on_where_it_was(folder, store, tmp_path):
    """SIGKILL at some batches; the last time in the middle of writing a batch. No row is lost, none is there twice."""
    count, whole = 48, tmp_path / "whole.jsonl"
    answer(folder, whole, count)
    program = (
        f"import sys; sys.path[:0] = [{str(REPOSITORY / 'tests')!r}, {str(REPOSITORY / 'tests/engines')!r}]\n"
        f"from pathlib import Path; from test_cache import answer\n"
        f"answer(Path({str(folder)!r}), Path({str(store)!r}), {count})\n"
    )
    for rows in (4, 20):
        job = subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
        while job.poll() is None and (not store.exists() or store.read_bytes().count(b"\n") < rows):
            time.sleep(0.001)
        os.killpg(job.pid, signal.SIGKILL)
        assert job.wait() == -signal.SIGKILL, "it was killed, and had not ended before"
        kept = store.read_bytes()
        assert rows <= kept.count(b"\n") < count
    # The end of a batch that was being written: some of its rows are there, one is torn.
    lines = kept[: kept.rfind(b"\n") + 1].splitlines(keepends=True)
    store.write_bytes(b"".join(lines[:-2]) + lines[-2][: len(lines[-2]) // 2])
    before = store.read_bytes()
    answer(folder, store, count)
    assert store.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    assert len(keys(store)) == count
    assert sorted(store.read_text().splitlines()) == sorted(whole.read_text().splitlines())
    assert all(json.loads(line)["row"]["n_tokens"] for line in store.read_text().splitlines())
