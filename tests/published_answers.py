"""The answers that the paper released, as a pool that plasmode studies draw from."""

from functools import cache

import pytest
from factories import response
from studies import REPOSITORY

from threearc.domains.protocol import load_domain
from threearc.effects.outcomes import Outcome
from threearc.judging.oracle import OracleRunner
from threearc.judging.published import read_published
from threearc.judging.rules import RulesJudge, known_axes
from threearc.validation.answers import Form
from threearc.validation.plasmode import pool_of

PUBLISHED = REPOSITORY.parent / "shared/published"


@cache
def published():
    """The pool of Gemma's judged answers, and the form that they have; skips where the release is not there."""
    if not PUBLISHED.is_dir():
        pytest.skip(f"the paper's published data are not there ({PUBLISHED}): nothing real is planted into")
    form = Form("chef", "rubric", tuple(known_axes("rubric")))
    with OracleRunner(1.0, 64) as oracle:
        judge = RulesJudge(load_domain("chef"), form.axes, oracle)
        outcomes = [
            Outcome(
                response=response(answer.prompt, text=answer.text),
                prompt=answer.prompt,
                certainty="certain",
                right=answer.correct,
                coverage=answer.coverage,
                asserts=answer.delivery == "assert",
                scores=dict(answer.scores),
                style=dict(judge.style(answer.prompt, answer.text).features),
            )
            for answer in read_published(PUBLISHED, "development")["Gemma 4 E2B"]
            if answer.scores
        ]
    return pool_of(outcomes, form), form
