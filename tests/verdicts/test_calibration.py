"""Controls through the engine as the workflow sends them: judged, compared, guarded, and given verdicts."""

import random

import pytest
from factories import BASE, response
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from threearc.domains.protocol import load_domain
from threearc.effects.assess import assess_cell
from threearc.effects.contrasts import Plan
from threearc.effects.measures import measures
from threearc.effects.outcomes import join
from threearc.guards.protocol import Evidence
from threearc.guards.run import run_guards
from threearc.judging.arm import certainties, judge_prompts, judge_responses
from threearc.judging.correctness import correctness
from threearc.judging.rules import opened_judge
from threearc.models.tokens import TokenReader
from threearc.operators.controls import answer_controls, material
from threearc.records.untouched import OTHER_SEEDS, SEED_SHIFT
from threearc.verdicts.calibration import calibration, control_verdicts, without_controls
from threearc.verdicts.synthesis import Cell, verdicts

AXES = ["factual_accuracy", "hedging_appropriateness", "pedagogical_framing", "self_verification", "completeness"]
MARKS = ("<think>", "</think>")
ENTRIES, SEEDS, DOSES = 48, (0, 1, 2), (0.2, 0.4, 0.8)
MARGINS = {"asymmetry": 0.075, "axis": 0.25, "content": 0.05, "recovery": 0.05, "style": 0.25}
ANALYSIS = {"level": 0.95, "margins": MARGINS}


@pytest.fixture(scope="module")
def bars(repository):
    from threearc.config.load import load_config
    from threearc.config.overlays import merged

    return load_config(merged([repository / "config.yaml"])).analysis.guards.model_dump()


@pytest.fixture(scope="module")
def cell(tmp_path_factory, bars):
    """A cell of a made-up student, right or wrong by entry and now and then by seed, with its controls."""
    chef = load_domain("chef")
    prompts = [p for split in ("eval", "fresh") for p in chosen(chef.prompts(split))]
    texts = {(p.id, seed): said(chef, p, seed) for p in prompts for seed in (*SEEDS, *(s + SEED_SHIFT for s in SEEDS))}
    encode = Tokenizer(models.BPE())
    encode.pre_tokenizer, encode.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    encode.train_from_iterator(texts.values(), trainers.BpeTrainer(initial_alphabet=alphabet))
    file = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    encode.save(str(file))

    def answered(to, condition, seed):
        ids = tuple(encode.encode(texts[to.id, seed]).ids)
        return response(to, texts[to.id, seed], condition, seed, token_ids=ids, n_tokens=len(ids) + 1)

    base = [answered(p, BASE, seed) for seed in SEEDS for p in prompts]
    base += [answered(p, OTHER_SEEDS, seed + SEED_SHIFT) for seed in SEEDS for p in prompts]
    by_id, reader = {p.id: p for p in prompts}, TokenReader(file, MARKS)
    outcomes = []
    with opened_judge({"domain": "chef", "axes": AXES, "judge": "rules"}) as judge:
        sure = certainties(judge_prompts(judge, prompts))
        found = list(judge_responses(judge, base, by_id, sure, [], reader, MARKS))
        hedge = "I am not certain of this answer."
        of = material(base, by_id, correctness(found, 0.5), hedge, reader, MARKS)
        controls = answer_controls(of, DOSES, seed=0)
        outcomes += join(base, found, by_id, sure, 0.5)
        outcomes += join(controls, judge_responses(judge, controls, by_id, sure, [], reader, MARKS), by_id, sure, 0.5)
    plan = Plan(draws=400, permutations=2000, level=0.95, seed=0)
    effects, own, others = assess_cell("chef", "tiny", "rubric", AXES, outcomes, [], (), {}, plan)
    evidence = Evidence(
        domain="chef", model="tiny", prompts=prompts, base=own, arms=others, effects=effects.effects, examples=[],
        probe=None, heads=None, bars=bars, measures=measures("rubric", AXES, own.split("eval")), plan=plan,
        margins=MARGINS, judges=frozenset({"rules"}), budgets=[], correct_coverage=0.5,
    )  # fmt: skip
    return Cell(effects, run_guards(evidence, effects.measures))


def chosen(prompts):
    entries = list(dict.fromkeys(p.entry for p in prompts))[:ENTRIES]
    return [p for p in prompts if p.entry in entries]


def said(chef, prompt, seed):
    fact, draw = chef.facts[prompt.entry], random.Random(f"{prompt.entry}/{seed}")
    wrong = random.Random(prompt.entry).random() < 0.5
    if draw.random() < 0.1:
        wrong = not wrong
    opened = "It might be this." if draw.random() < 0.1 else "The reason is simple."
    return " ".join([opened, *fact.claims(wrong=fact.kinds() if wrong else ())])


def test_controls_get_the_words_that_they_deserve(cell):
    found = calibration([cell], control_verdicts([cell], ANALYSIS))
    words = {(row["control"], row["dose"]): row["word"] for row in found["rows"]}
    for control in found["controls"]:
        told = ", ".join(f"{dose:g}: {words[control['control'], dose]}" for dose in DOSES)
        print(f"\n{control['control']} ({' or '.join(control['truth'])}) {told}", end="")
        assert control["doses"][-1]["agree"] == control["doses"][-1]["cells"] == 1, control["control"]
    clean = {name for name, word in words.items() if word == "moves cleanly"}
    assert {name for name, _ in clean} == {"oracle"}


def test_the_same_controls_elsewhere_count_for_nothing(cell):
    """A control is one treatment more for its own verdict, and none for anybody else's."""
    alone = control_verdicts([cell], ANALYSIS)
    plain = without_controls(cell)
    assert not verdicts([plain], ANALYSIS) and len(plain.effects) < len(cell.effects) / 5
    assert not {guard.condition for guard in plain.guards} & {v.condition for v in alone}
    assert len({v.condition for v in alone}) == 18
    ids = {e.id for e in (*cell.effects, *getattr(cell.found, "parts", ()))}
    assert all({*v.effects} <= ids for v in alone)
    words = [v.word for v in alone]
    assert [v.word for v in control_verdicts([cell, plain], ANALYSIS)] == words


def test_a_benchmark_that_controls_do_not_answer_holds_none_of_them_back(cell):
    solved = next(e for e in cell.effects if e.measure == "accuracy" and e.contrast.split == "eval")
    names = solved.contrast.model_copy(update={"split": "benchmark", "role": "treatment", "arm_condition": "sft"})
    more = solved.model_copy(update={"contrast": names, "id": "benchmark"})
    found = cell.found.model_copy(update={"effects": (*cell.found.effects, more)})
    plain, beside = (control_verdicts([Cell(own, cell.guards)], ANALYSIS) for own in (cell.found, found))
    assert [v.word for v in plain] == [v.word for v in beside]
