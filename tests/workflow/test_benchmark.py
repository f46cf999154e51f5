"""HumanEval from prompts to the sweep of budgets: written whole, answered by real students, extracted, run, counted."""

import html
import re
from collections import Counter

import pytest
from factories import BASE, response
from studies import prepare, snakemake

from threearc.domains.protocol import Turn, load_domain
from threearc.effects.arms import arms
from threearc.effects.contrasts import Plan
from threearc.effects.outcomes import join
from threearc.effects.tables import budget_sweep
from threearc.judging.arm import certainties, judge_prompts, judge_responses
from threearc.judging.correctness import correctness, failures
from threearc.judging.rules import opened_judge
from threearc.models.interventions import UNTOUCHED
from threearc.models.miniature.architectures import SPEECH, Shape
from threearc.models.miniature.pretraining import Recipe, train_student
from threearc.models.tokens import TokenReader
from threearc.operators.answering import open_interview
from threearc.operators.recovery import ask_failures_again
from threearc.records.findings import CellEffects
from threearc.records.jsonl import by_id, read_document, read_records
from threearc.records.judgements import OracleVerdict, ResponseSubject
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

CODING = load_domain("coding")
MARKS = SPEECH["qwen3"].marks
#: A student learns the problems with the shortest solutions by heart: some answers pass, most do not.
LEARNED, TIMES = 20, 40
BUDGETS = [8, 24, 96]
JUDGING = {
    "domain": "coding",
    "axes": ["self_verification"],
    "judge": "rules",
    "oracle_seconds": 5.0,
    "oracle_megabytes": 512,
}
ASKING = {
    "model": "tiny",
    "revision": "miniature",
    "dtype": "float32",
    "reasoning": None,
    "thinking": list(MARKS),
    "decoding": {"temperature": 0.4, "top_p": 1.0, "top_k": 0, "max_tokens": BUDGETS[-1]},
    "batch_size": 32,
    "length_step": 64,
}
OVERLAY = "study: {domains: [chef, coding], models: [qwen3-0.6b]}\ndomains: {coding: {benchmark: humaneval}}\n"


@pytest.fixture(scope="module")
def problems():
    return CODING.benchmarks["humaneval"]()


@pytest.fixture(scope="module")
def student(problems, tmp_path_factory):
    """A folder of a tiny student that has seen some of the problems and their solutions, many times."""
    path = tmp_path_factory.mktemp("student") / "qwen3"
    short = sorted(problems, key=lambda p: len(p.oracle.canonical_solution))[:LEARNED]
    dialogues = [(Turn("user", p.text), Turn("assistant", solution(p))) for _ in range(TIMES) for p in short]
    train_student(path, dialogues, Shape("qwen3", 96, 96, 2, 3, 1, 32, 1024), Recipe(len(dialogues), 8, 0.02, 0.02), 0)
    return path


def solution(problem):
    return f"```python\n{problem.oracle.canonical_solution.rstrip()}\n```"


def judged(answers, problems, reader, budgets=BUDGETS):
    """Their judgements, and what is left of the answers in outcomes."""
    with opened_judge(JUDGING) as judge:
        sure = certainties(judge_prompts(judge, problems))
        found = list(judge_responses(judge, answers, by_id(problems), sure, budgets, reader, MARKS))
    return found, join(answers, found, by_id(problems), sure, 0.5)


def swept(outcomes, budgets=BUDGETS):
    (arm,) = arms(outcomes).values()
    return budget_sweep(arm, "benchmark", budgets, Plan(draws=200, permutations=0, level=0.95, seed=0))


def test_a_students_answers_to_all_problems_go_through_extraction_oracle_and_sweep(problems, student):
    interview, engine = open_interview(student, ASKING)
    answers = interview.ask(problems, interview.setup(BASE), [0])
    assert [a.prompt_id for a in answers] == [p.id for p in problems]
    judgements, outcomes = judged(answers, problems, engine.reader)
    told = Counter(
        j.verdict.outcome
        for j in judgements
        if isinstance(j.verdict, OracleVerdict) and isinstance(j.subject, ResponseSubject)
    )
    points = swept(outcomes)
    passes = {p["budget"]: round(p["accuracy"]["estimate"] * 164) for p in points}
    print(f"\n{dict(told)}; passed by budget: {passes}", end="")
    assert sum(told.values()) == 164 and told["no code"] and told["error"] + told["failed"] > 10
    passing = [o.prompt for o in outcomes if o.right]
    assert 3 <= told["passed"] == len(passing) < 60
    assert [(p["budget"], p["n"]) for p in points] == [(budget, 164) for budget in BUDGETS]
    rates = [p["accuracy"]["estimate"] for p in points]
    assert rates == sorted(rates) and rates[0] < rates[-1] == pytest.approx(len(passing) / 164, abs=1e-6)
    assert [p["cut"] for p in points] == sorted((p["cut"] for p in points), reverse=True)

    again = failures(answers, judgements, 0.5)
    assert len(again) == 164 - len(passing)
    second = ask_failures_again(interview, again[:40], by_id(problems), CODING.told_wrong, lambda arm: UNTOUCHED)
    assert [s.parent_id for s in second] == [a.id for a in again[:40]]
    found, _ = judged(second, problems, engine.reader)
    assert len(correctness(found, 0.5)) == 40


def test_right_answers_pass_at_every_budget_that_holds_them_whole(problems, student):
    """The sweep on answers whose fate is known: HumanEval's own solutions, in tokens."""
    reader = TokenReader(student / "tokenizer.json", MARKS)
    answers = []
    for problem in problems:
        ids = tuple(encoded(student, solution(problem)))
        answers.append(response(problem, solution(problem), token_ids=ids, n_tokens=len(ids) + 1))
    lengths = sorted(a.n_tokens for a in answers)
    budgets = [lengths[40], lengths[110], lengths[-1]]
    _, outcomes = judged(answers, problems, reader, budgets)
    points = swept(outcomes, budgets)
    assert [p["n"] for p in points] == [164] * 3 and points[-1]["accuracy"]["estimate"] == 1
    for point in points:
        whole = sum(length <= point["budget"] for length in lengths)
        # What is cut at the closing fence, or after a first return, may be right already.
        assert whole / 164 <= point["accuracy"]["estimate"] and point["cut"] == pytest.approx(1 - whole / 164, abs=1e-5)
    assert points[0]["accuracy"]["estimate"] < 0.6 and points[1]["accuracy"]["estimate"] < 1


def encoded(student, text):
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(student / "tokenizer.json")).encode(text, add_special_tokens=False).ids


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    path = tmp_path_factory.mktemp("benchmark") / "study"
    options = prepare(path)
    (path / "config/benchmark.yaml").write_text(OVERLAY)
    return path, [*options, "config/benchmark.yaml"]


def test_a_benchmark_is_written_whole_where_the_study_asks_for_it(workdir):
    path, options = workdir
    snakemake(path, "results/coding/prompts/benchmark.jsonl", "results/coding/prompts/eval.jsonl", *options)
    assert len(read_records(path / "results/coding/prompts/benchmark.jsonl", Prompt)) == 164, "whole, not 12 entries"
    assert len(read_records(path / "results/coding/prompts/eval.jsonl", Prompt)) < 40
    refused = snakemake(path, "results/chef/prompts/benchmark.jsonl", *options, check=False)
    assert refused.returncode and "domains.chef.benchmark" in refused.stderr


def test_every_job_that_reads_fresh_prompts_reads_the_benchmark(tmp_path):
    """But for the controls: what a student can do with a benchmark is no truth that somebody planted."""
    folder = tmp_path / "study"
    options = prepare(folder)
    (folder / "config/benchmark.yaml").write_text(OVERLAY)
    done = snakemake(folder, "--dry-run", "--verbose", *options, "config/benchmark.yaml")
    jobs = re.findall(r"^Job \d+: (.*)\nReason: (.*)$", done.stdout + done.stderr, re.MULTILINE)
    fresh, benchmark = (
        {job for job, why in jobs if f"results/coding/prompts/{split}.jsonl" in why.partition("Input files")[2]}
        for split in ("fresh", "benchmark")
    )
    own = {job.replace(" benchmark ", " fresh ") for job in benchmark}
    (controls,) = fresh - own
    assert "known truth" in controls and own < fresh and len(own) > 8


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_every_arm_of_a_study_answers_the_benchmark(workdir):
    path, options = workdir
    (path / "config/benchmark.yaml").write_text(OVERLAY.replace("chef, ", ""))
    snakemake(path, *options)
    cell = path / "results/coding/qwen3-0.6b"
    problems = by_id(read_records(path / "results/coding/prompts/benchmark.jsonl", Prompt))
    for name in ("base", "adapters", "tempered", "sidecar", "recovery"):
        conditions = {}
        for answer in read_records(cell / f"responses/{name}.jsonl", Response):
            arm = answer.setup.condition
            found = conditions.setdefault((arm.operator, arm.variant, answer.turn), Counter())
            found[answer.prompt_id in problems] += 1
        assert conditions
        for (operator, variant, turn), found in conditions.items():
            expected = {"other batch order": 0}.get(variant, 164)
            assert found[True] == expected if turn == 1 else 0 < found[True] <= 164, (name, operator, variant, turn)
    effects = read_document(cell / "effects.json", CellEffects)
    measured = {e.contrast.arm_condition for e in effects.effects if e.contrast.split == "benchmark"}
    treated = {arm.condition_id for arm in effects.arms if arm.role == "treatment"}
    # Two adapters, the top heads at one factor, and the gate.
    assert len(treated) == 4 and treated <= measured
    assert all(point["n"] == 164 for arm in effects.arms if arm.operator == "sft" for point in arm.sweep["benchmark"])
    assert "The same on the benchmark's problems." in html.unescape((path / "results/report.html").read_text())
