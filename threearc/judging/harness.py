"""The oracle's self-test: a known solution must pass in whatever format a model may write it (ERRATA row 18).

An oracle that reads one format only rewards the arm that was taught it; one that passes everything rewards nobody.
"""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence

from threearc.judging.oracle import OracleRunner
from threearc.records.prompts import MEASURED, Oracle, Prompt
from threearc.records.reports import SelfTest


def _whole(oracle: Oracle) -> str:
    return oracle.starter + oracle.canonical_solution


def _function(oracle: Oracle) -> str:
    """The whole without what stands before the function."""
    start = [found.start() for found in re.finditer(rf"^def {re.escape(oracle.entry_point)}\b", _whole(oracle), re.M)]
    return _whole(oracle)[start[-1] if start else 0 :]


#: How an answer may give a program.
FORMATS: Mapping[str, Callable[[Oracle], str]] = {
    "fenced, whole": lambda o: f"Here it is.\n\n```python\n{_whole(o)}```\nDone.",
    "fenced, without imports and helpers": lambda o: f"```python\n{_function(o)}```",
    "fenced, body only": lambda o: f"```python\n{o.canonical_solution}```",
    "fenced, body without indentation": lambda o: f"```python\n{textwrap.dedent(o.canonical_solution)}```",
    "fenced, never closed": lambda o: f"```python\n{_whole(o)}",
    "unfenced, whole": _whole,
    "unfenced, between prose": lambda o: f"Sure:\n\n{_whole(o)}\nIt follows the definition.",
    "unfenced, body only": lambda o: o.canonical_solution,
    "several blocks": lambda o: (
        f"An example:\n```python\nx = 1\n```\nThe function:\n```python\n{_whole(o)}```\n"
        "Use it so:\n```python\nprint('x')\n```"
    ),
}
#: What solves no problem.
EMPTY = "```python\n{starter}    return None\n```"
#: Problems of each split that are tried.
PROBLEMS = 3


def self_test(runner: OracleRunner, prompts: Sequence[Prompt], each: int = PROBLEMS) -> SelfTest | None:
    """Known solutions in every format, and empty functions, of some problems of every measured split.

    Args:
        each: how many problems of a split; the first by id, which is as good as at random and always the same.

    Returns:
        None where no prompt has an oracle.
    """
    chosen: list[Oracle] = []
    for split in MEASURED:
        known = {p.id: p.oracle for p in prompts if p.split == split and p.oracle is not None}
        chosen += [known[name] for name in sorted(known)[:each]]
    if not chosen:
        return None
    failed = tuple(
        f"{oracle.task_id}: {name}"
        for oracle in chosen
        for name, form in FORMATS.items()
        if runner.judge(form(oracle), oracle) != "passed"
    )
    empty = [(oracle.task_id, EMPTY.format(starter=oracle.starter), oracle) for oracle in chosen]
    passed = tuple(name for name, answer, oracle in empty if runner.judge(answer, oracle) == "passed")
    return SelfTest(len(chosen) * (len(FORMATS) + 1), failed, passed)
