"""Mutants of right programs: one small change each, kept only if it shows in a result.

What a mutant returns is compared with what the right program returns, on the inputs that the problem's tests call it
with. The tests' own assertions have no say in it, so that a mutant which passes them is a finding.
"""

import ast
import contextlib
import copy
import functools
import io
import random
import signal
from dataclasses import dataclass

SWAPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Mod: ast.FloorDiv, ast.FloorDiv: ast.Mod,
    ast.Div: ast.Mult,
}  # fmt: skip
#: Functions and methods that are easily taken for one another.
CONFUSED = {
    "min": "max", "max": "min", "any": "all", "all": "any", "sum": "len", "ceil": "floor", "floor": "ceil",
    "upper": "lower", "lower": "upper", "isupper": "islower", "islower": "isupper", "startswith": "endswith",
    "endswith": "startswith", "sorted": "list",
}  # fmt: skip
#: A result of each type made into another one, in two ways.
PERTURBED = {
    bool: ("not r", "True"),
    int: ("r + 1", "-r"),
    float: ("r + 1.0", "2 * r"),
    str: ("r + 'x'", "r[1:]"),
    list: ("[*r, 0]", "r[1:]"),
    tuple: ("(*r, 0)", "r[1:]"),
    dict: ("{**r, 'x': 0}", "{}"),
}
#: CPU time for one call, in seconds: a mutant that runs longer returns nothing that could be compared.
PATIENCE = 0.1


class TooLong(BaseException):
    """A call took more than its time."""


@dataclass(frozen=True)
class Mutant:
    """A changed program: what was done to it, and its code."""

    change: str
    code: str


@dataclass(frozen=True)
class Call:
    """What the tests asked of a function, and what the right one returned."""

    given: tuple
    named: dict
    returned: object


def calls(problem):
    """Every call that the problem's tests make of the right function, in their order."""
    right, made = _function(problem["prompt"] + problem["canonical_solution"], problem["entry_point"]), []

    def spy(*given, **named):
        before = copy.deepcopy((given, named))
        returned = right(*given, **named)
        made.append(Call(*before, copy.deepcopy(returned)))
        return returned

    scope = {}
    random.seed(0)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(problem["prompt"] + problem["canonical_solution"] + "\n" + problem["test"], scope)
        scope["check"](spy)
    return made


def differs(mutant, entry_point, made):
    """True if the mutant returns something else on an input; None if it first fails to return at all."""
    try:
        return any(run(mutant.code, entry_point, call) != call.returned for call in made)
    except (Exception, TooLong):
        return None


def run(code, entry_point, call):
    """What a program returns to a call."""
    given, named = copy.deepcopy((call.given, call.named))
    function = _function(code, entry_point)
    with _patience():
        return function(*given, **named)


def mutants(problem, made):
    """Every mutant of the right function, each place changed in each way that applies, all of them different."""
    whole = ast.parse(problem["prompt"] + problem["canonical_solution"])
    types = {type(call.returned) for call in made}
    seen, found = {ast.unparse(whole)}, []
    for place, original in enumerate(ast.walk(_of(whole, problem["entry_point"]))):
        for way in range(2):
            # On a copy of the place alone first: most places cannot be changed, and trees are slow to copy.
            if _changed(copy.deepcopy(original), way, types):
                tree = copy.deepcopy(whole)
                node = list(ast.walk(_of(tree, problem["entry_point"])))[place]
                change = _changed(node, way, types)
                code = ast.unparse(ast.fix_missing_locations(tree))
                if code not in seen:
                    seen.add(code)
                    found.append(Mutant(change, code))
    return found


def _of(tree, name):
    return next(n for n in reversed(tree.body) if isinstance(n, ast.FunctionDef) and n.name == name)


def _changed(node, way, types):
    """Change ``node`` in place in one of its two ways; says how, or None where there is no such way."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        node.value += (1, -1)[way]
        return f"constant {node.value}"
    if isinstance(node, ast.Return) and node.value is not None:
        kind = next((kind for kind in PERTURBED if kind in types), None)
        if kind is None:
            return None
        changed = f"(lambda r: {PERTURBED[kind][way]} if isinstance(r, {kind.__name__}) else r)"
        node.value = ast.parse(f"{changed}({ast.unparse(node.value)})", mode="eval").body
        return f"another {kind.__name__} returned ({PERTURBED[kind][way]})"
    return None if way else _swapped(node)


def _swapped(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
        return f"constant {node.value}"
    if isinstance(node, ast.Name) and node.id in CONFUSED:
        node.id = CONFUSED[node.id]
        return f"function {node.id}"
    if isinstance(node, ast.Attribute) and node.attr in CONFUSED:
        node.attr = CONFUSED[node.attr]
        return f"method {node.attr}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
        return "sign dropped"
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        node.ops[0] = SWAPPED[type(node.ops[0])]()
        return f"comparison {type(node.ops[0]).__name__}"
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in SWAPPED:
        node.op = SWAPPED[type(node.op)]()
        return f"operator {type(node.op).__name__}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        end = min(len(node.args) - 1, 1)
        node.args[end] = ast.BinOp(node.args[end], ast.Sub(), ast.Constant(1))
        return "range ends one earlier"
    return None


@functools.lru_cache(maxsize=4)
def _function(code, name):
    scope = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, scope)
    return scope[name]


@contextlib.contextmanager
def _patience():
    # CPU time, not wall time: pytest's own timeout has the other timer.
    def stop(*_):
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
