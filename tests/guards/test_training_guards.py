"""Guards on what operators were trained on, and on who wrote and judged: contamination, verifier, shift, authors."""

import numpy as np
import pytest
from factories import outcome, prompt
from planted import PLAN, TREATED, cell, example, shifted, trained, words

from threearc.domains.protocol import load_domain
from threearc.guards import contamination, distribution_shift, shared_author, verifier_validity
from threearc.guards.contamination import near_duplicates, shingles
from threearc.judging.correctness import is_right_answer
from threearc.judging.oracle import OracleRunner
from threearc.judging.rules import RulesJudge
from threearc.records.reports import Verification
from threearc.records.teaching import Pair, TeacherAnswer
from threearc.teachers.datasets import verify

QUESTION = "My hollandaise sauce split into grainy curds, why?"
ARM = [outcome("e0", condition=TREATED)]
TEMPERED = TREATED.model_copy(update={"operator": "tempered"})


def contaminated(rows, measured=None, arm=None):
    arm = arm or trained([outcome("e0", condition=TREATED)])
    (found,) = contamination.check(cell([arm], [outcome("e0")], [measured or prompt(text=QUESTION)], rows))
    return found


@pytest.mark.parametrize(
    ("row", "outcome", "details"),
    [
        (example("How long do I boil an egg for a salad?"), "pass", (0, 0, 0)),
        (example("How long do I boil an egg?", entry="sauce/split"), "fail", (0, 1, 0)),
        (example(QUESTION), "fail", (1, 0, 1)),
        (example("MY hollandaise sauce split into grainy curds... Why?"), "fail", (1, 0, 1)),
        (example("My hollandaise sauce split into small grainy curds, why?"), "fail", (0, 0, 1)),
        (example("How long do I boil an egg?", completion=QUESTION), "fail", (1, 0, 1)),
    ],
    ids=["clean", "same entry", "same question", "same words", "one word more", "to be learnt"],
)
@pytest.mark.parametrize("split", ["eval", "fresh", "benchmark"])
def test_contamination(row, outcome, details, split):
    found = contaminated([row], prompt(text=QUESTION, split=split))
    assert found.outcome == outcome and found.condition
    assert tuple(found.details[name] for name in ("exact", "same_entry", "near")) == details


def test_rows_of_preference_training_count_too():
    asked = example(QUESTION).messages
    pair = Pair(prompt_id="p", entry="other", messages=asked, chosen="a", rejected="b", sources=())
    assert contaminated([pair]).outcome == "fail"


def test_contamination_has_nothing_to_check_where_nothing_is_trained_and_cannot_run_without_rows():
    (found,) = contamination.check(cell([ARM], [outcome("e0")], [prompt()], [example("Why?")]))
    assert found.outcome == "not applicable" and found.condition is None
    assert contaminated([]).outcome == "cannot run"


@pytest.mark.parametrize("bar", [0.1, 0.3, 0.6, 0.8, 1.0])
def test_the_sketch_finds_just_what_comparing_all_with_all_finds(bar):
    rng = np.random.default_rng(round(10 * bar))
    known = [words(rng, 30).split() for _ in range(60)]
    asked = {}
    for i in range(60):
        text = list(known[i])
        for place in rng.choice(30, i % 25, replace=False):
            text[place] = f"x{place}"
        asked[str(i)] = shingles(tuple(text))
    sets = [shingles(tuple(text)) for text in known]
    best = {name: max(len(own & other) / len(own | other) for other in sets) for name, own in asked.items()}
    wanted = {name: overlap for name, overlap in best.items() if overlap >= bar}
    assert near_duplicates(asked, sets, bar) == wanted and wanted


def test_texts_without_words_overlap_with_nothing():
    assert contaminated([example("???", completion="!")], prompt(text="...")).outcome == "pass"


@pytest.mark.parametrize(
    ("found", "says", "figure"),
    [
        (Verification(pairs=20, preferred=20, good_rejected=0, bad_accepted=0), "pass", 1.0),
        (Verification(pairs=20, preferred=18, good_rejected=1, bad_accepted=1), "pass", 0.9),
        (Verification(pairs=20, preferred=17, good_rejected=0, bad_accepted=3), "fail", 0.85),
        (Verification(pairs=9, preferred=9, good_rejected=0, bad_accepted=0), "cannot run", None),
        (None, "cannot run", None),
    ],
)
def test_verifier_validity(found, says, figure):
    rows = [trained([outcome("e0", condition=TREATED)]), [outcome("e0", condition=TEMPERED)]]
    (result,) = verifier_validity.check(cell(rows, [outcome("e0")], verification=found))
    assert (result.outcome, result.figure, result.operator) == (says, figure, "sft")


def test_a_verifier_is_no_affair_of_arms_that_are_not_trained():
    (result,) = verifier_validity.check(cell([ARM], [outcome("e0")]))
    assert result.outcome == "not applicable"


@pytest.fixture(scope="module")
def taught():
    """Training prompts of the chef domain with the scripted teacher's gold answer and wrong answer to each."""
    domain = load_domain("chef")
    prompts = {p.id: p for p in domain.prompts("train")[:40]}
    answers = {
        stage: [
            TeacherAnswer(
                stage=stage, prompt_id=p.id, prompt_hash=p.hash, teacher="t", instruction_hash="i",
                text=domain.teach(stage, p, {}, None),
            )
            for p in prompts.values() if p.checklist is not None
        ]
        for stage in ("gold", "rejected")
    }  # fmt: skip
    return domain, prompts, answers


def test_the_rules_prefer_the_teachers_good_answers_and_a_blind_verifier_is_found_out(taught):
    domain, prompts, answers = taught
    with OracleRunner(1, 64) as oracle:
        judge = RulesJudge(domain, (), oracle)
        right = verify(answers, prompts, lambda p, text: is_right_answer(judge, p, text, 0.5))
    blind = verify(answers, prompts, lambda p, text: True)
    n = len(answers["gold"])
    assert right == Verification(pairs=n, preferred=n, good_rejected=0, bad_accepted=0) and n >= 20
    assert blind == Verification(pairs=n, preferred=0, good_rejected=0, bad_accepted=n)


def test_pairs_that_nothing_can_be_checked_by_are_no_evidence(taught):
    _, prompts, answers = taught
    bare = {name: p.model_copy(update={"checklist": None}) for name, p in prompts.items()}
    assert verify(answers, bare, lambda p, text: None).pairs == 0


def test_distribution_shift():
    (clean,), (planted,) = shifted(0, 0), shifted(1.5, 0)
    assert clean.outcome == "pass" and planted.outcome == "fail" and clean.binds == "nothing"
    assert "may be lost to this shift" in planted.sentence
    (few,) = shifted(0, 0, n=9)
    assert few.outcome == "cannot run"


def test_longer_fresh_prompts_are_told():
    prompts = [prompt(text=f"{s}{i} " * (9 if s == "fresh" else 3), entry=f"{s}{i}", split=s)
               for s in ("eval", "fresh") for i in range(20)]  # fmt: skip
    found = distribution_shift.shift(cell(prompts=prompts))
    lengths = [np.mean([len(p.text) for p in prompts if p.split == s]) for s in ("fresh", "eval")]
    assert found.longer.estimate == pytest.approx(lengths[0] - lengths[1])
    assert found.longer.low <= found.longer.estimate <= found.longer.high and found.auc.level == PLAN.level


@pytest.mark.parametrize(
    ("fresh", "checklists", "judges", "outcome", "says"),
    [
        ("b", "b", ("rules",), "pass", "judged by rules"),
        ("b", "b", ("b",), "fail", "b judged and wrote prompts of fresh; b judged and wrote checklists of fresh"),
        ("b", "c", ("c", "d"), "fail", "c judged and wrote checklists of fresh"),
        ("a", "a", ("rules",), "fail", "a wrote eval and fresh prompts"),
        ("b", "b", (), "cannot run", "not known"),
    ],
)
def test_shared_author(fresh, checklists, judges, outcome, says):
    own = prompt(author="a")
    theirs = prompt(text="And mine?", split="fresh", author=fresh)
    theirs = theirs.model_copy(update={"checklist": theirs.checklist.model_copy(update={"author": checklists})})
    (found,) = shared_author.check(cell(prompts=[own, theirs], judges=judges))
    assert found.outcome == outcome and says in found.sentence and found.binds == "nothing"
