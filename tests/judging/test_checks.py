import time

import pytest

from threearc.domains.protocol import load_domain
from threearc.judging.checks import MOST_CHECKS, Check, stated_checks
from threearc.judging.oracle import OracleRunner
from threearc.judging.rules import RulesJudge

STARTER = 'def total(numbers):\n    """Add up.\n    >>> total([1, 2])\n    3\n    """\n'


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("To check, call total([]) and expect 0.", ("[]", "0")),
        ("total([1, 2, 3]) == 6", ("[1, 2, 3]", "6")),
        ("assert total([4]) == 4, 'one number'", ("[4]", "4")),
        ("For example, `total([2, -2])` returns `0`.", ("[2, -2]", "0")),
        (">>> total([5])\n5", ("[5]", "5")),
        ("total(['a']) == 'a' and more", ("['a']", "'a'")),
        ("total([1]) -> 1", ("[1]", "1")),
        ("total([(1), 2]) should be 3", ("[(1), 2]", "3")),
        ("print(total([7]))  # 7", ("[7]", "7")),
        ("total([7]) 7 times", None),
        ("total(numbers) returns the sum", None),
        ("total([1]) is wrong", None),
    ],
)
def test_a_check_is_a_call_with_its_result(line, found):
    checks = stated_checks(line, "total", STARTER).checks
    assert checks == (() if found is None else (Check("assert candidate({}) == {}".format(*found)),))


@pytest.mark.parametrize(
    ("line", "assertion"),
    [
        ("assert sorted(total([3, 1])) == [1, 3], 'sorted'", "assert sorted(candidate([3, 1])) == [1, 3]"),
        ("assert abs(total([2.0]) - 2.0) < 1e-6", "assert abs(candidate([2.0]) - 2.0) < 1e-06"),
        ("assert len(numbers) == 3", None),
        ("sorted(total([3, 1])) == [1, 3]", None),
        ("len(total([1])) is 1", None),
    ],
)
def test_what_encloses_a_call_is_part_of_its_check_or_makes_it_none(line, assertion):
    checks = stated_checks(line, "total", STARTER).checks
    assert checks == (() if assertion is None else (Check(assertion),))


def test_a_looping_answer_is_read_in_no_time():
    line = "total([1]) == " * 2000
    start = time.process_time()
    assert stated_checks(line, "total", STARTER).checks == ()
    many = stated_checks("\n".join(f"total([{i}]) == {i}" for i in range(500)), "total", STARTER)
    assert (many.lines, len(many.checks)) == (500, MOST_CHECKS)
    # Not a matter of speed: parsing every prefix of the looping line would take minutes.
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        ("To check, compare it with a loop.", 1),
        ("I have tested this.", 1),
        ("Here is the function.", 0),
        ("    >>> total([1, 2])\n    3\n", 0),
        ("To check, call total([]) and expect 0.\nYou can test it with total([1]) == 1.", 2),
    ],
)
def test_stated_checks_are_counted_by_line_and_the_tasks_own_left_out(answer, lines):
    assert stated_checks(answer, "total", STARTER).lines == lines


@pytest.fixture(scope="module")
def judge():
    with OracleRunner(seconds=2.0, megabytes=256) as oracle:
        yield RulesJudge(load_domain("coding"), ("self_verification",), oracle)


@pytest.fixture(scope="module")
def problem():
    return next(p for p in load_domain("coding").prompts("eval") if p.oracle is not None)


def test_a_check_is_real_if_the_canonical_solution_bears_it_out(judge, problem):
    name = problem.oracle.entry_point
    verdict = judge.checks(problem, f"To check, call {name}([]) and expect 0. And {name}([]) == 12345.")
    assert (verdict.stated, verdict.runnable, verdict.real) == (1, 2, 1)
    empty = judge.checks(problem, "I have checked this with great care.")
    assert (empty.stated, empty.runnable, empty.real) == (1, 0, 0)
    other = judge.checks(problem, "To check, call some_other_function([]) and expect 0.")
    assert (other.stated, other.real) == (1, 0)


def test_the_teachers_check_is_real_for_every_function(judge):
    domain = load_domain("coding")
    for prompt in domain.prompts("train"):
        if prompt.oracle is not None:
            verdict = judge.checks(prompt, domain.teach("gold", prompt, {}, None))
            assert verdict.stated >= 1 and verdict.real >= 1, prompt.entry
