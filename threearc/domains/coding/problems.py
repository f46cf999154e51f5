"""The domain's own problems: functions made of a filter, a map and a fold, in HumanEval's record shape."""

import ast
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, NotRequired

from annotated_types import Len
from pydantic import AfterValidator, with_config
from typing_extensions import TypedDict

from threearc.records.prompts import Oracle

# What each piece means, written apart from its text in functions.yaml: the tests are made from these, so that a slip
# in the text shows as a canonical solution that fails.
KEEP: dict[str, Callable[[int], bool]] = {
    "even": lambda n: not n & 1,
    "odd": lambda n: bool(n & 1),
    "positive": lambda n: n >= 1,
    "negative": lambda n: n <= -1,
    "large": lambda n: n >= 11,
    "small": lambda n: n <= 9,
}
TURN: dict[str, Callable[[int], int]] = {
    "squared": lambda n: n**2,
    "doubled": lambda n: n + n,
    "negated": lambda n: 0 - n,
    "raised": lambda n: 1 + n,
    "halved": lambda n: n >> 1,
    "absolute": lambda n: max(n, -n),
}
FOLD: dict[str, Callable[[list[int]], int]] = {
    "sum": lambda kept: sum(kept),
    "count": lambda kept: len(kept),
    "largest": lambda kept: sorted(kept)[-1] if kept else 0,
    "smallest": lambda kept: sorted(kept)[0] if kept else 0,
    "first": lambda kept: next(iter(kept), 0),
    "last": lambda kept: next(reversed(kept), 0),
    "spread": lambda kept: sorted(kept)[-1] - sorted(kept)[0] if kept else 0,
    "mean": lambda kept: sum(kept) // max(len(kept), 1),
}
CASES: tuple[list[int], ...] = ([4, 7, -3, 12, 0, 25], [15, -8, 6, 6, -1], [9], [-20, 14, 31, -7, 2, 3], [])


def _expression(code: str) -> str:
    try:
        ast.parse(code, mode="eval")
    except SyntaxError:
        raise ValueError(f"{code!r} is not a Python expression") from None
    return code


Code = Annotated[str, AfterValidator(_expression)]


class Piece(TypedDict):
    """A filter, a map or a fold: its word in function names, its phrase in docstrings, its code."""

    name: str
    phrase: str
    code: Code
    forgets: NotRequired[Code]


def _known(names: Collection[str]) -> AfterValidator:
    """A check of pieces: each has a meaning here, and stands there once."""

    def check(pieces: list[Piece]) -> list[Piece]:
        given = [piece["name"] for piece in pieces]
        for i, name in enumerate(given):
            if name not in names or name in given[:i]:
                what = "stands there twice" if name in names else f"is not one of {', '.join(names)}"
                raise ValueError(f"the piece {name!r} {what}")
        return pieces

    return AfterValidator(check)


def _some_forget(pieces: list[Piece]) -> list[Piece]:
    if sum("forgets" in piece for piece in pieces) < 2:
        raise ValueError("fewer than two pieces have what a programmer forgets: a world has two unlucky ones")
    return pieces


@with_config(extra="forbid")
class Pieces(TypedDict):
    """functions.yaml: every filter, map and fold; problems are all their combinations."""

    keep: Annotated[list[Piece], Len(1), _known(KEEP)]
    turn: Annotated[list[Piece], Len(1), _known(TURN)]
    fold: Annotated[list[Piece], _known(FOLD), AfterValidator(_some_forget)]


@dataclass(frozen=True)
class Function:
    """One problem: three pieces."""

    keep: Piece
    turn: Piece
    fold: Piece

    @property
    def name(self) -> str:
        """The function's name, and the problem's: "even_squared_sum"."""
        return f"{self.keep['name']}_{self.turn['name']}_{self.fold['name']}"

    def docstring(self, template: str) -> str:
        """The task in words."""
        return template.format(keep=self.keep["phrase"], turn=self.turn["phrase"], fold=self.fold["phrase"])

    def body(self, *, forgetful: bool = False, unfiltered: bool = False) -> str:
        """The function's body; forgetful of the empty list, or of the filter, where asked."""
        fold = self.fold.get("forgets", self.fold["code"]) if forgetful else self.fold["code"]
        condition = "" if unfiltered else f" if {self.keep['code']}"
        return (
            f"    kept = [n for n in numbers{condition}]\n"
            f"    turned = [{self.turn['code']} for n in kept]\n"
            f"    return {fold}\n"
        )

    def fenced(self, body: str) -> str:
        """The whole function as an answer shows it."""
        return f"```python\ndef {self.name}(numbers):\n{body}```"

    def test(self) -> str:
        """``check(candidate)`` over fixed lists, the empty one among them."""
        lines = ["def check(candidate):"]
        for case in CASES:
            kept = [TURN[self.turn["name"]](n) for n in case if KEEP[self.keep["name"]](n)]
            lines.append(f"    assert candidate({case}) == {FOLD[self.fold['name']](kept)}")
        return "\n".join(lines) + "\n"

    def starter(self, template: str) -> str:
        """Signature and docstring: what a student is given to complete."""
        return f'def {self.name}(numbers):\n    """{self.docstring(template)} Return 0 for none."""\n'

    def oracle(self, starter: str) -> Oracle:
        """The problem's tests and its right answer."""
        return Oracle(
            task_id=f"threearc/{self.name}",
            starter=starter,
            entry_point=self.name,
            test=self.test(),
            canonical_solution=self.body(),
        )


def question(ask: str, starter: str) -> str:
    """What a student is asked: a sentence, and the code to complete."""
    return f"{ask}\n\n{starter}"
