"""Stated checks: where an answer says that its function can be checked, and which of these checks are real.

A check is real if it names a call of the function and a result, and the task's own canonical solution gives that
result: it would tell a right program from a wrong one. "I have checked this" is a check that was stated and is not
real, and so is a call with a wrong result.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from threearc.domains.data_files import Pattern, Shape, read_data

DATA = Path(__file__).parent / "data"


class CheckRules(Shape):
    """checks.yaml: words that announce a check, and what stands between a call and its result."""

    announced: Pattern
    between: Pattern


@dataclass(frozen=True)
class Check:
    """A call of the function with the result that the answer promises, as source text."""

    arguments: str
    result: str

    def test(self) -> str:
        """The check as a test of a candidate."""
        return f"def check(candidate):\n    assert candidate({self.arguments}) == {self.result}\n"


@dataclass(frozen=True)
class Stated:
    """What an answer says about checking itself.

    Attributes:
        lines: lines that announce a check or hold one.
        checks: the checks that can be run.
    """

    lines: int
    checks: tuple[Check, ...]


def stated_checks(answer: str, entry_point: str, starter: str) -> Stated:
    """The checks that an answer states, those left out that the task itself gave.

    Args:
        answer: the visible text, code included: a test below a function is a check too.
        starter: the code that the student was given; examples in its docstring are not the student's.
    """
    rules = read_data(DATA / "checks.yaml", CheckRules)
    announced, between = re.compile(rules.announced, re.IGNORECASE), re.compile(rules.between, re.IGNORECASE)
    given = {line.strip() for line in starter.splitlines()}
    lines = [line.strip() for line in answer.splitlines() if line.strip() and line.strip() not in given]
    held: list[Check] = []
    count = 0
    for i, line in enumerate(lines):
        # A doctest's result stands on the line after its call.
        whole = f"{line} == {lines[i + 1]}" if line.startswith(">>>") and i + 1 < len(lines) else line
        own = list(_checks(whole, entry_point, between))
        held += own
        count += bool(own) or announced.search(line) is not None
    return Stated(count, tuple(dict.fromkeys(held)))


def _checks(line: str, entry_point: str, between: re.Pattern[str]) -> Iterator[Check]:
    for call in re.finditer(rf"\b{re.escape(entry_point)}\(", line):
        arguments = _arguments(line[call.end() - 1 :])
        if arguments is None:
            continue
        after = line[call.end() + len(arguments) + 1 :]
        words = between.match(after)
        result = None if words is None else _literal(after[words.end() :])
        if result is not None:
            yield Check(arguments, result)


def _arguments(text: str) -> str | None:
    """The arguments between the bracket that ``text`` begins with and its fellow; None if they are not literals."""
    for end in (i for i, character in enumerate(text) if character == ")"):
        try:
            call = ast.parse(f"f{text[: end + 1]}", mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        if not isinstance(call, ast.Call) or call.keywords:
            return None
        return text[1:end] if all(_is_literal(argument) for argument in call.args) else None
    return None


def _literal(text: str) -> str | None:
    """The longest literal that ``text`` begins with; a full stop after it is the sentence's."""
    for end in range(len(text), 0, -1):
        part = text[:end].strip()
        if part.endswith("."):
            continue
        try:
            tree = ast.parse(part, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        # "== 4, 'message'" is no pair: a comma belongs to the sentence, or to the assertion.
        if _is_literal(tree) and (part.startswith("(") or not isinstance(tree, ast.Tuple)):
            return part
    return None


def _is_literal(tree: ast.expr) -> bool:
    try:
        ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
