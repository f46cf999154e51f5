"""Finding the program in an answer, by parsing: fenced or not, whole function or body only, in one block or several.

A harness that reads one format only rewards the arm that was taught it (ERRATA row 18). The canonical solution must
come out whole in every format that a model may use; tests hold it to that.
"""

import ast
import re
import textwrap
from collections.abc import Iterator

_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)


def extract_program(answer: str, starter: str, entry_point: str) -> str | None:
    """A program that defines ``entry_point``, or None if the answer holds none.

    Args:
        answer: the visible text.
        starter: the code that the model was given: imports, helpers, signature and docstring.
        entry_point: the function that the tests call.

    Returns:
        The starter's imports and helpers, then the answer's code; of several definitions the last one counts.
    """
    preamble = _preamble(starter, entry_point)
    blocks = [textwrap.dedent(block) for block in _FENCE.findall(answer)]
    whole = [code for code in (_parseable(block) for block in blocks or [answer]) if code is not None]
    if any(_defines(code, entry_point) for code in whole):
        return "\n".join([preamble, *whole])
    if not blocks:
        code = _unfenced(answer, entry_point)
        if code is not None:
            return f"{preamble}\n{code}"
    for block in reversed(_FENCE.findall(answer) or [answer]):
        program = _continued(starter, block, entry_point)
        if program is not None:
            return program
    return None


def prose(answer: str) -> str:
    """What an answer says in words: the text outside code, fenced or not, and the comments inside it."""
    blocks = _FENCE.findall(answer)
    text = _FENCE.sub("\n", answer)
    if not blocks:
        text, blocks = _without_code(answer)
    comments = [line.split("#", 1)[1].strip() for block in blocks for line in block.splitlines() if "#" in line]
    return "\n".join([text.strip(), *comments]).strip()


def _without_code(answer: str) -> tuple[str, list[str]]:
    """The answer without its unfenced definitions and imports, and these: runs of lines that parse."""
    lines, kept, blocks = answer.splitlines(), [], []
    at = 0
    while at < len(lines):
        end = at
        if re.match(r"(async def |def |class |import \w|from \S+ import |@\w)", lines[at]):
            end = at + 1
            while end < len(lines) and (not lines[end].strip() or re.match(r"(\s|def |class |@|#)", lines[end])):
                end += 1
            while end > at and _parse("\n".join(lines[at:end])) is None:
                end -= 1
        if end > at:
            blocks.append("\n".join(lines[at:end]))
            at = end
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join(kept), blocks


def _preamble(starter: str, entry_point: str) -> str:
    """The starter without the function to complete."""
    tree = _parse(starter) or _parse(starter.rstrip() + "\n    pass\n")
    if tree is None:
        return ""
    kept = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == entry_point)]
    return "\n".join(ast.unparse(node) for node in kept)


def _parse(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parseable(block: str) -> str | None:
    """The block, or as much of its beginning as parses: an answer that was cut leaves whole statements before it."""
    if _parse(block) is not None:
        return block
    lines = block.splitlines()
    for end in range(len(lines) - 1, 0, -1):
        # Only cut where a statement at the left margin begins: half a function is not the function.
        if lines[end][:1].strip() and _parse("\n".join(lines[:end])) is not None:
            return "\n".join(lines[:end])
    return None


def _defines(code: str, name: str) -> bool:
    tree = _parse(code)
    return tree is not None and any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in tree.body
    )


def _unfenced(answer: str, entry_point: str) -> str | None:
    """The longest run of lines that parses and holds the definition, imports and helpers before it included."""
    lines = answer.splitlines()
    starts = [i for i, line in enumerate(lines) if re.match(rf"\s*(async\s+)?def\s+{re.escape(entry_point)}\b", line)]
    for at in reversed(starts):
        first = at
        while first > 0 and re.match(r"(import |from |def |@|#|\s|$)", lines[first - 1]):
            first -= 1
        for start in (first, at):
            for end in range(len(lines), at, -1):
                code = textwrap.dedent("\n".join(lines[start:end]))
                if _defines(code, entry_point):
                    return code
    return None


def _continued(starter: str, text: str, entry_point: str) -> str | None:
    """The starter continued by a bare body, or by a body that repeats the starter's indentation or not."""
    body = textwrap.dedent(text.strip("\n"))
    lines = textwrap.indent(body, "    ").splitlines()
    for end in range(len(lines), 0, -1):
        program = f"{starter.rstrip()}\n" + "\n".join(lines[:end]) + "\n"
        tree = _parse(program)
        if tree is not None and _has_body(tree, entry_point):
            return program
    return None


def _has_body(tree: ast.Module, name: str) -> bool:
    """True if the function does more than carry a docstring: prose in place of code must not count as a body."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return any(isinstance(part, ast.Return | ast.Yield | ast.Raise) for part in _own(node))
    return False


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function's body, functions defined inside it left out."""
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield part
            yield from _own(part)
