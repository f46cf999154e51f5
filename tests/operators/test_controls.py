"""Controls on hand-made answers: each does what its name says, where it acts, and nothing else."""

import pytest
from factories import prompt, response
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from threearc.judging.rules import opened_judge
from threearc.models.tokens import TokenReader
from threearc.operators.controls import CONTROLS, NOTHING, answer_controls, drawn_entries, material
from threearc.records.judgements import DeliveryVerdict, OracleVerdict
from threearc.records.prompts import Oracle
from threearc.records.untouched import BASE, OTHER_ORDER, OTHER_SEEDS, SEED_SHIFT

MARKS = ("<think>", "</think>")
HEDGE = "I am not certain of this answer."
CLAIMS = ("The butter was poured in faster than it bound.", "Whisk a spoonful of warm water into the sauce.")
SAID = f"Here is what happened. {' '.join(CLAIMS)}"
JUDGING = {"domain": "chef", "axes": ["pedagogical_framing", "hedging_appropriateness"], "judge": "rules"}
ADD = Oracle(
    task_id="add",
    starter='def add(a, b):\n    """The sum."""\n',
    entry_point="add",
    test="def check(candidate):\n    assert candidate(2, 3) == 5\n",
    canonical_solution="    return a + b\n",
)
PROGRAMS = {
    "fenced": "Here is the function. I return the sum.\n```python\ndef add(a, b):\n    return a + b\n```",
    "fenced alone": "```python\ndef add(a, b):\n    return a + b\n```",
    "with two returns": "So.\n```\ndef add(a, b):\n    if a: return a + b\n    return (\n        b\n    )\n```",
    "on one line": "```python\ndef add(a, b): return a + b\n```",
    "unfenced": "def add(a, b):\n    return a + b",
    "body": "return a + b",
}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """A byte-level tokenizer of a few merges, and its file."""
    found = Tokenizer(models.BPE())
    found.pre_tokenizer, found.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    found.train_from_iterator([SAID, HEDGE], trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet))
    file = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    found.save(str(file))
    return found, file


@pytest.fixture
def made(tokenizer):
    """A function that makes the controls' answers to some prompts, by control and dose; base answers all alike."""

    def make(prompts, doses=(1.0,), seeds=(0, 1), said=SAID, right=lambda answer: False):
        encode, file = tokenizer

        def answered(to, condition, seed, text):
            ids = tuple(encode.encode(text).ids)
            return response(to, text, condition, seed, token_ids=ids, n_tokens=len(ids) + 1)

        answers = [answered(p, BASE, seed, said) for seed in seeds for p in prompts]
        other = [answered(p, OTHER_SEEDS, seed + SEED_SHIFT, f"{seed}: {said}") for seed in seeds for p in prompts]
        again = [answered(p, OTHER_ORDER, seed, said) for seed in seeds for p in prompts]
        known = {answer.id: right(answer) for answer in answers}
        by_id, reader = {p.id: p for p in prompts}, TokenReader(file, MARKS)
        of = material([*answers, *other, *again], by_id, known, HEDGE, reader, MARKS)
        found = {}
        for answer in answer_controls(of, doses, seed=0):
            arm = answer.setup.condition
            found.setdefault((arm.variant, arm.dose), []).append(answer)
        return answers, found

    return make


def asked(count=10):
    return [prompt(text=f"Question {i}?", entry=f"e{i}", claims=CLAIMS) for i in range(count)]


def test_every_control_answers_every_prompt_under_every_seed(made):
    answers, found = made(asked(), doses=(0.3, 1.0))
    assert set(found) == {(control.name, dose) for control in CONTROLS for dose in (0.3, 1.0)}
    for rows in found.values():
        assert [(r.prompt_id, r.decode_seed) for r in rows] == [(a.prompt_id, a.decode_seed) for a in answers]
        assert len({r.condition_id for r in rows}) == 1
        assert all(r.setup.condition.role == "calibration" and r.derived_from is not None for r in rows)


def test_a_control_acts_on_its_share_of_every_splits_entries_and_leaves_the_others(made):
    prompts = [
        *asked(10),
        *(prompt(text=f"Asked anew {i}?", entry=f"f{i}", claims=CLAIMS, split="fresh") for i in range(20)),
    ]
    small, large = (drawn_entries(prompts, share, seed=3) for share in (0.2, 0.5))
    assert small < large and [sum(e.startswith(s) for e in large) for s in "ef"] == [5, 10]
    assert drawn_entries(prompts, 0.5, seed=4) != large == drawn_entries(prompts[::-1], 0.5, seed=3)
    by_id = {p.id: p for p in prompts}
    answers, found = made(prompts, doses=(0.2,))
    acted_on = drawn_entries(prompts, 0.2, seed=0)
    for (name, _), rows in found.items():
        for row, base in zip(rows, answers, strict=True):
            if by_id[row.prompt_id].entry not in acted_on:
                assert all(getattr(row, key) == getattr(base, key) for key in ("text", "n_tokens", "finish_reason"))
        assert any(row.text != base.text for row, base in zip(rows, answers, strict=True)), name


def test_the_oracle_hedges_where_the_answer_is_wrong_and_keeps_it(made):
    prompts = asked(4)
    _, found = made(prompts, right=lambda answer: answer.prompt_id == prompts[0].id)
    texts = {row.text for row in found["oracle", 1.0] if row.prompt_id == prompts[0].id}
    others = {row.text for row in found["oracle", 1.0] if row.prompt_id != prompts[0].id}
    assert texts == {SAID} and others == {f"{HEDGE}\n\n{SAID}"}


def test_luck_is_of_the_first_seed_and_needs_another(made):
    _, found = made(asked(3), seeds=(5, 6, 7))
    kept = {(row.decode_seed, row.text == SAID) for row in found["lucky draw", 1.0]}
    assert kept == {(5, False), (6, True), (7, True)}
    assert "lucky draw" not in {name for name, _ in made(asked(3), seeds=(5,))[1]}


def test_a_mimic_sounds_otherwise_and_is_judged_the_same(made):
    answers, found = made(asked(2), said=f"It might have been the heat. {SAID}")
    with opened_judge(JUDGING) as judge:
        for row, base in zip(found["mimic", 1.0], answers, strict=True):
            of = asked(2)[0]
            before, after = (judge.style(of, r.text).features for r in (base, row))
            assert (before["reflection"], after["reflection"]) == (0, 1) and before["doubts"] == after["doubts"]
            assert {name for name in before if before[name] != after[name]} == {"reflection", "words"}
            for question in (judge.delivery, judge.correctness):
                assert question(of, row.text) == question(of, base.text)
            assert judge.scores(of, row.text, "certain") == judge.scores(of, base.text, "certain")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_mimics_program_still_runs_and_an_erased_one_does_not(made, name):
    task = prompt(text="Add.", claims=(), oracle=ADD)
    _, found = made([task], said=PROGRAMS[name])
    with opened_judge(JUDGING | {"oracle_seconds": 5.0, "oracle_megabytes": 256}) as judge:
        assert judge.correctness(task, PROGRAMS[name]) == OracleVerdict(outcome="passed")
        (mimic, *_), (erased, *_) = found["mimic", 1.0], found["eraser", 1.0]
        assert judge.correctness(task, mimic.text) == OracleVerdict(outcome="passed")
        assert judge.style(task, mimic.text).features["reflection"] == 1
        assert judge.correctness(task, erased.text).outcome in ("failed", "no code")
    if name == "fenced":
        assert "I return the sum." in erased.text


def test_an_eraser_drops_the_sentences_that_make_claims(made):
    _, found = made(asked(1))
    assert {row.text for row in found["eraser", 1.0]} == {"Here is what happened."}
    _, found = made(asked(1), said=" ".join(CLAIMS))
    assert {row.text for row in found["eraser", 1.0]} == {NOTHING}
    with opened_judge(JUDGING) as judge:
        assert judge.delivery(asked(1)[0], NOTHING) == DeliveryVerdict(delivery="assert")


def test_a_clipped_answer_is_what_a_cut_engine_writes(made, tokenizer):
    _, file = tokenizer
    answers, found = made(asked(2))
    for row, base in zip(found["clipper", 1.0], answers, strict=True):
        assert row.finish_reason == "length" and row.n_tokens == len(row.token_ids) == base.n_tokens // 2
        assert row.token_ids == base.token_ids[: row.n_tokens]
        assert row.text == TokenReader(file, MARKS).text(row.token_ids).strip() and SAID.startswith(row.text)
    _, found = made(asked(2), said="<think>\nThe butter was poured in faster than it bound.\n</think>\n\nHi.")
    assert all(row.text == "" and CLAIMS[0].startswith(row.thinking) for row in found["clipper", 1.0])
    assert all(row.thinking for row in found["clipper", 1.0])


def test_null_is_what_base_says_under_another_seed(made):
    answers, found = made(asked(2), seeds=(3, 4))
    for row, base in zip(found["null", 1.0], answers, strict=True):
        assert row.text == f"{row.decode_seed}: {SAID}" and row.derived_from != base.id
        assert len(row.token_ids) + 1 == row.n_tokens != base.n_tokens
