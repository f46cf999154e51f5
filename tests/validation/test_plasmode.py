"""Real answers drawn again: a results folder's own, and those that the paper published."""

import numpy as np
import pytest
from factories import BASE, delivery, prompt, response
from published_answers import published
from studies import REPOSITORY

from threearc.config.load import load_config
from threearc.config.overlays import merged
from threearc.provenance.errors import StudyError
from threearc.records.jsonl import write_records
from threearc.records.judgements import (
    CertaintyVerdict,
    CoverageVerdict,
    Judgement,
    PromptSubject,
    ResponseSubject,
    ScoresVerdict,
    StyleVerdict,
)
from threearc.validation.answers import Form
from threearc.validation.detectable import detectable, differences
from threearc.validation.plasmode import Plasmode, read_pools
from threearc.validation.study import Design, Planted, run_study
from threearc.validation.truths import TRUTHS
from threearc.validation.worlds import Size

ANALYSIS = load_config(merged([REPOSITORY / "config.yaml"])).analysis.model_dump(mode="json")
QUICK = ANALYSIS | {"draws": 400, "permutations": 1000}
FORM = Form("chef", "rubric", ("hedging_appropriateness", "self_verification"))
SEEDS = 3


def judged(of, right, asserts, score):
    """What a judge says of one response."""
    subject = ResponseSubject(response_id=of.id)
    verdicts = (
        CoverageVerdict(claims={"c0": right}),
        ScoresVerdict(instrument="rubric", scores={"hedging_appropriateness": 5, "self_verification": score}),
        StyleVerdict(features={"words": 12.0, "doubts": 0.0, "svr": float(score > 2)}),
    )
    yield delivery(of, "assert" if asserts else "hedge")
    for verdict in verdicts:
        yield Judgement(subject=subject, question=verdict.question, judge="rules", judge_hash="j", verdict=verdict)


@pytest.fixture
def results(tmp_path):
    """Results of one cell: twelve entries a split, of which every third is right, answered by three decode seeds."""
    domain, responses, judgements = tmp_path / "chef", [], []
    for split in ("eval", "fresh"):
        prompts = [prompt(f"Question {i} of {split}?", f"{split}/{i}", split) for i in range(12)]
        write_records(domain / f"prompts/{split}.jsonl", prompts)
        write_records(
            domain / f"certainty/{split}.jsonl",
            [
                Judgement(subject=PromptSubject(prompt_id=p.id), question="certainty", judge="rules", judge_hash="j",
                          verdict=CertaintyVerdict(certainty="certain"))
                for p in prompts
            ],
        )  # fmt: skip
        for i, asked in enumerate(prompts):
            for seed in range(SEEDS):
                given = response(asked, condition=BASE, seed=seed)
                responses.append(given)
                judgements += judged(given, i % 3 == 0, i % 4 != 0, 1 + (i + seed) % 5)
    write_records(domain / "tiny/responses/base.jsonl", responses)
    write_records(domain / "tiny/judgements/base.jsonl", judgements)
    return tmp_path


def test_real_answers_are_drawn_again_entry_by_entry(results):
    pools = read_pools(results, [FORM], 0.5)
    assert {len(pool.prompts) for pool in pools.values()} == {12} and len(pools["chef", "eval"].rows) == 12 * SEEDS
    size = Size(entries=600, seeds=2)
    arm = Plasmode(pools).draw(FORM, "eval", size, np.random.default_rng(0))
    base, treated = arm(), arm()
    # Correctness is the entry's, so every arm has the same; scores differ from answer to answer.
    assert (base.right == treated.right).all() and base.right.mean() == pytest.approx(1 / 3, abs=0.06)
    assert (base.scores["self_verification"] != treated.scores["self_verification"]).any()
    assert abs(differences(treated, base, FORM)["adversarial_self"]) < 0.25
    assert (base.recovered == -1).all()


def test_results_without_answers_are_told(tmp_path, results):
    with pytest.raises(StudyError, match="no answers of base in coding"):
        read_pools(results, [Form("coding", "mcas", ())], 0.5)
    with pytest.raises(StudyError, match="judged in everything"):
        read_pools(results, [Form("chef", "rubric", ("completeness",))], 0.5)


@pytest.fixture(scope="module")
def paper():
    pool, form = published()
    source = Plasmode({("chef", "eval"): pool, ("chef", "fresh"): pool})
    # Published base asserts nearly always: fifty answers hold too few hedges for fewer entries than these.
    return Design(source, (form,), Size(models=1, treatments=1, entries=200, seeds=1), QUICK)


def test_published_answers_drawn_twice_differ_in_nothing(paper):
    arm = paper.source.draw(paper.forms[0], "eval", Size(entries=3000, seeds=1), np.random.default_rng(1))
    found = differences(arm(), arm(), paper.forms[0])
    assert max(abs(value) for value in found.values()) < 0.15 and "self_improving" not in found


@pytest.mark.parametrize("truth", ["null", "mimicry", "damage", "wrong way", "truncated arm", "contaminated"])
def test_truths_planted_into_published_answers_are_never_clean(paper, truth):
    wanted = detectable(paper, 0)
    tallies = [run_study(paper, Planted(TRUTHS[truth], 2.0, wanted), seed) for seed in range(3)]
    assert not any(tally.false_clean for tally in tallies)
    if truth in ("damage", "truncated arm", "contaminated"):
        assert sum(tally.right for tally in tallies) >= 0.8 * sum(tally.verdicts for tally in tallies)
