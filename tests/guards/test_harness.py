"""The oracle's self-test: known solutions in every format pass, an oracle that reads one format is found out."""

import re

import pytest
from factories import prompt
from planted import cell

from threearc.domains.protocol import load_domain
from threearc.guards import harness
from threearc.judging.harness import FORMATS, PROBLEMS, self_test
from threearc.judging.oracle import OracleRunner


class FirstBlockOnly(OracleRunner):
    """An oracle that runs the first fenced block, or the whole answer, as it stands."""

    def judge(self, answer, oracle):
        fenced = re.search(r"```python\n(.*?)```", answer, re.DOTALL)
        return self.run(fenced[1] if fenced else answer, oracle.entry_point, oracle.test)


class Lenient(OracleRunner):
    """An oracle that nothing fails."""

    def judge(self, answer, oracle):
        return "passed"


@pytest.fixture(scope="module")
def problems():
    domain = load_domain("coding")
    return [*domain.prompts("eval")[:40], *domain.benchmarks["humaneval"]()[:20]]


@pytest.mark.parametrize(
    ("kind", "outcome", "says"),
    [
        (OracleRunner, "pass", "misjudged 0 of 60"),
        (FirstBlockOnly, "fail", "body only"),
        (Lenient, "fail", "empty function"),
    ],
)
def test_harness(problems, kind, outcome, says):
    with kind(5.0, 512) as runner:
        found = self_test(runner, problems)
    assert found.answers == 2 * PROBLEMS * (len(FORMATS) + 1)
    (result,) = harness.check(cell(prompts=problems, harness=found))
    assert result.outcome == outcome and says in result.sentence and result.binds == "every verdict"


def test_a_harness_that_was_not_tested_does_not_read_as_passed(problems):
    (result,) = harness.check(cell(prompts=problems))
    assert result.outcome == "cannot run"


def test_there_is_nothing_to_test_where_no_prompt_has_an_oracle():
    with OracleRunner(1.0, 64) as runner:
        assert self_test(runner, [prompt()]) is None
    (result,) = harness.check(cell(prompts=[prompt()]))
    assert result.outcome == "not applicable"
