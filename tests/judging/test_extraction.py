import pytest

from threearc.judging.extraction import extract_program, prose

STARTER = (
    "from typing import List\nimport math\n\n\ndef helper(x):\n    return x + 1\n\n\n"
    'def total(numbers: List[int]) -> int:\n    """Add them up."""\n'
)
BODY = "    out = 0\n    for n in numbers:\n        out += helper(n) - 1\n    return out\n"
WHOLE = f"def total(numbers: List[int]) -> int:\n{BODY}"
FORMATS = {
    "fenced, with a tag": f"Here it is.\n```python\n{WHOLE}```\nDone.",
    "fenced, without a tag": f"```\n{WHOLE}```",
    "fenced, with the whole starter": f"```python\n{STARTER}{BODY}```",
    "fenced, body only": f"```python\n{BODY}```",
    "fenced, body without indentation": "```python\nreturn sum(numbers)\n```",
    "unfenced": WHOLE,
    "unfenced, between prose": f"Here is the function.\n\n{WHOLE}\nI hope this helps.",
    "unfenced, body only": BODY,
    "several blocks, helper first": f"```python\ndef add(a, b):\n    return a + b\n```\nand\n```python\n{WHOLE}```",
    "several blocks, example last": f"```python\n{WHOLE}```\nUse it:\n```python\nprint(total([1, 2]))\n```",
    "several blocks, the last counts": f"```\ndef total(numbers):\n    return -1\n```\nBetter:\n```\n{WHOLE}```",
    "a fence that never closes": f"```python\n{WHOLE}",
    "an indented fence": f"1. So:\n   ```python\n{''.join('   ' + line for line in WHOLE.splitlines(True))}   ```",
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_function_comes_out_of_every_format(name):
    program = extract_program(FORMATS[name], STARTER, "total")
    names = {}
    exec(program, names)
    assert names["total"]([1, 2, 3]) == 6


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I cannot write this.",
        "```python\ndef other(x):\n    return x\n```",
        "```python\ndef total(numbers):\n    return (1 +\n```",
        "Call sum on the list and return it.",
    ],
)
def test_no_function_is_made_up(answer):
    assert extract_program(answer, STARTER, "total") is None


def test_a_cut_answer_keeps_whole_statements_only():
    cut = f"```python\n{WHOLE}\ndef another(x):\n    y = (x"
    assert "another" not in extract_program(cut, STARTER, "total")


def test_prose_is_the_text_outside_code_and_the_comments_inside():
    answer = "I think so.\n```python\nx = 1  # may fail\n```\nDone."
    assert prose(answer).split("\n") == ["I think so.", "", "", "Done.", "may fail"]
    assert prose("No code.") == "No code."
