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


#: A longer line is a looping answer, not a check; and nobody states more checks than this in one answer.
LONGEST_LINE, MOST_CHECKS = 300, 20
#: What may enclose a call without changing what it gives.
TRANSPARENT = ("print", "repr", "str")


@dataclass(frozen=True)
class Check:
    """An assertion about ``candidate``, as source text: a call with the result that the answer promises."""

    assertion: str

    def test(self) -> str:
        """The check as a test of a candidate."""
        return f"def check(candidate):\n    {self.assertion}\n"


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
    held: dict[Check, None] = {}
    count = 0
    for i, line in enumerate(lines):
        # A doctest's result stands on the line after its call.
        whole = f"{line} == {lines[i + 1]}" if line.startswith(">>>") and i + 1 < len(lines) else line
        own = list(_checks(whole, entry_point, between)) if len(whole) <= LONGEST_LINE else []
        held |= dict.fromkeys(own)
        count += bool(own) or announced.search(line) is not None
    return Stated(count, tuple(held)[:MOST_CHECKS])


def _checks(line: str, entry_point: str, between: re.Pattern[str]) -> Iterator[Check]:
    assertion = _asserted(line, entry_point)
    if assertion is not None:
        yield Check(assertion)
        return
    for call in re.finditer(rf"(?:(\w+)\()?\b{re.escape(entry_point)}\(", line):
        arguments = _arguments(line[call.end() - 1 :])
        # sorted(f(x)) gives another result than f(x).
        if arguments is None or call[1] not in (None, *TRANSPARENT):
            continue
        after = line[call.end() + len(arguments) + 1 :]
        words = between.match(after)
        result = None if words is None else _literal(after[words.end() :])
        if result is not None:
            yield Check(f"assert candidate({arguments}) == {result}")


def _asserted(line: str, entry_point: str) -> str | None:
    """An ``assert`` statement about the function, whatever it compares, with the function called ``candidate``."""
    if not line.startswith("assert "):
        return None
    try:
        statement = ast.parse(line).body[0]
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if not isinstance(statement, ast.Assert):
        return None
    named = [node for node in ast.walk(statement.test) if isinstance(node, ast.Name) and node.id == entry_point]
    for node in named:
        node.id = "candidate"
    statement.msg = None
    return ast.unparse(statement) if named else None


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
