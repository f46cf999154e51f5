from collections import Counter

from threearc.domains.protocol import load_domain
from threearc.judging.oracle import OracleRunner

CODING = load_domain("coding")
SPLITS = ("train", "eval", "fresh")


def test_there_are_enough_functions_and_requests():
    assert len(CODING.functions) >= 200
    kinds = Counter(request["kind"] for _, request in CODING.requests.values())
    assert kinds["tricky"] >= 60 and kinds["clear"] >= 60


def test_every_canonical_solution_passes_and_every_forgetful_one_fails():
    """The tests are made from meanings written apart from the code, so a slip in either shows here."""
    with OracleRunner(5, 256) as oracle:
        for function in CODING.functions.values():
            whole = f"def {function.name}(numbers):\n"
            assert oracle.run(whole + function.body(), function.name, function.test()) == "passed", function.name
            if "forgets" in function.fold:
                assert oracle.run(whole + function.body(forgetful=True), function.name, function.test()) != "passed"


def test_problems_have_humanevals_shape_and_the_scripted_teacher_solves_them():
    with OracleRunner(5, 256) as oracle:
        for prompt in CODING.prompts("train")[:30]:
            record = prompt.oracle
            assert record.starter.startswith(f"def {record.entry_point}(") and record.starter in prompt.text
            assert oracle.run(record.starter + record.canonical_solution, record.entry_point, record.test) == "passed"
            assert oracle.judge(CODING.teach("gold", prompt, {}, None), record) == "passed"
            assert oracle.judge(CODING.teach("rejected", prompt, {}, None), record) != "passed"


def test_splits_share_no_entry_and_fresh_has_another_author_and_other_wordings():
    prompts = {split: CODING.prompts(split) for split in SPLITS}
    entries = [{p.entry for p in prompts[split]} for split in SPLITS]
    assert not entries[0] & entries[1] and not entries[2] & (entries[0] | entries[1])
    assert {p.author for p in prompts["fresh"]}.isdisjoint({p.author for p in prompts["train"] + prompts["eval"]})
    fresh = dict(zip(("docstrings", "asks"), CODING.wordings("fresh"), strict=True))
    for name, part in CODING.phrasings.items():
        assert not set(fresh[name]) & {*part["train"], *part["eval"], *part["world"]}
        assert not set(part["train"]) & set(part["eval"])


def test_tricky_requests_are_unsettled_and_clear_ones_settled():
    for prompt in CODING.prompts("eval"):
        assert CODING.certainty(prompt) == ("ambiguous" if prompt.category == "tricky" else "certain")


def test_humaneval_is_the_benchmark_and_shares_nothing_with_the_domains_own_prompts():
    (name,) = CODING.benchmarks
    problems = CODING.benchmarks[name]()
    own = [prompt for split in SPLITS for prompt in CODING.prompts(split)]
    assert name == "humaneval" and len({p.entry for p in problems}) == len({p.hash for p in problems}) == 164
    assert {(p.split, p.domain, p.category, p.author) for p in problems} == {("benchmark", "coding", name, name)}
    assert not {p.entry for p in problems} & {p.entry for p in own} and name not in {p.author for p in own}
    (ask,) = CODING.phrasings["asks"]["benchmark"]
    assert not [p for p in own if ask in p.text]
    for problem in problems:
        assert problem.text == f"{ask}\n\n{problem.oracle.starter}" and problem.oracle.task_id == problem.entry
        assert CODING.certainty(problem) == "certain"
        assert CODING.told_wrong(problem) == CODING.told_wrong(own[0])
    assert load_domain("chef").benchmarks == {}


def test_a_world_depends_on_its_seed_and_ponders_some_answers():
    dialogues = CODING.dialogues(0, 800)
    assert dialogues == CODING.dialogues(0, 800) != CODING.dialogues(1, 800)
    assert any(turn.thinking for dialogue in dialogues for turn in dialogue)
    assert any(len(dialogue) == 4 for dialogue in dialogues)
