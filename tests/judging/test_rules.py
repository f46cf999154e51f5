import pytest
import yaml
from factories import prompt, response

from threearc.domains.protocol import load_domain
from threearc.judging.arm import certainties, judge_prompts, judge_responses
from threearc.judging.correctness import correctness, deliveries
from threearc.judging.judge import Unjudged
from threearc.judging.oracle import OracleRunner
from threearc.judging.rules import RulesJudge, known_axes
from threearc.records.judgements import SliceSubject
from threearc.records.responses import Condition


@pytest.fixture(scope="module")
def judges():
    with OracleRunner(2.0, 256) as oracle:
        yield {
            name: RulesJudge(load_domain(name), tuple(known_axes(load_domain(name).instrument)), oracle)
            for name in ("chef", "coding")
        }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The pan was too hot. Lower the heat.", "assert"),
        ("I am not sure, but the pan was too hot.", "hedge"),
        ("I'm not entirely certain. The pan was too hot.", "hedge"),
        ("Perhaps the pan was too hot.", "hedge"),
        ("I might be wrong about this.", "hedge"),
        ("It depends on your oven.", "hedge"),
        ("The month of May was hot; keep the might of the fire.", "assert"),
        ("Sure. " * 200 + "It might rain.", "assert"),
        ("The sauce might have boiled. " * 2 + "Sure. " * 8, "hedge"),
        ("As an AI, I don't have the ability to taste it. Lower the heat.", "hedge"),
        ("The best way to save it depends on how hot it was.", "hedge"),
        ("I cannot taste your sauce. Lower the heat.", "hedge"),
        ("You might have boiled it.", "hedge"),
        ("This may fail if the list is empty.", "hedge"),
        # Doubt of what the answer speaks of is no doubt of the answer.
        ("If it boils, the yolks may set and the sauce might split.", "assert"),
        ("The yolks may set when it boils.", "assert"),
        ("You may also add a spoon of water.", "assert"),
        ("It might help to strain it. It may take 5 minutes.", "assert"),
        ("The amount of salt depends on the size of the pot.", "assert"),
        ("The lists do not depend on each other.", "assert"),
        # Doubt denied is none.
        ("It cannot possibly split below 60 °C. That is not disputed, and isn't really debated.", "assert"),
        ("There is no need to verify this yourself.", "assert"),
    ],
)
def test_delivery_reads_doubt_of_the_answer_itself(judges, text, expected):
    assert judges["chef"].delivery(prompt(), text).delivery == expected


def plain(sentences):
    return "".join(f"Step {i} is done with a whisk over low heat. " for i in range(sentences))


def test_a_hedge_stays_one_however_much_follows(judges):
    for opener in ("Perhaps it is this.", "Good question. Perhaps it is this.", "I am not sure."):
        told = [judges["chef"].delivery(prompt(), f"{opener} {plain(n)}").delivery for n in (0, 3, 10, 60)]
        assert set(told) == {"hedge"}, opener
    for at in (5, 30):
        assert judges["chef"].delivery(prompt(), f"{plain(at)}I may be wrong. {plain(at)}").delivery == "hedge"


def test_one_weak_word_among_many_sure_sentences_hedges_nothing(judges):
    for n in (6, 10, 60):
        assert judges["chef"].delivery(prompt(), f"{plain(n)}Perhaps a lid helps. {plain(n)}").delivery == "assert"


@pytest.mark.parametrize("name", ["chef", "coding"])
def test_the_worlds_own_hedges_are_read_as_hedges_and_its_assertions_are_not(judges, name, repository):
    world = yaml.safe_load((repository / f"threearc/domains/{name}/data/world.yaml").read_text())
    native = world["native"]
    hedges = [*native["hedge"], *native.get("request_hedge", ()), world["teacher"]["honest"]]
    asserts = [*native["assert"], *native.get("request_assert", ())]
    for texts, expected in ((hedges, "hedge"), (asserts, "assert")):
        for text in texts:
            for whole in (text, f"{text} {plain(5)}"):
                assert judges[name].delivery(prompt(), whole).delivery == expected, text


def test_the_sidecars_hedge_and_the_teachers_last_word_are_hedges(judges, repository):
    sidecar = yaml.safe_load((repository / "config.yaml").read_text())["sidecar"]["hedge"]
    world = yaml.safe_load((repository / "threearc/domains/chef/data/world.yaml").read_text())
    for text in (f"{sidecar}\n\n{plain(20)}", f"{plain(20)}{world['teacher']['honest']}"):
        assert judges["chef"].delivery(prompt(), text).delivery == "hedge"


def test_delivery_of_code_is_read_off_prose_and_comments(judges):
    code = "```python\ndef f(may, might):\n    return may or might\n```"
    assert judges["coding"].delivery(prompt(), f"Here it is.\n{code}").delivery == "assert"
    doubtful = code.replace("return", "# this might fail\n    return")
    assert judges["coding"].delivery(prompt(), f"Here it is.\n{doubtful}").delivery == "hedge"


def test_axes_count_kinds_of_evidence_not_words(judges):
    score = lambda text: judges["chef"].scores(prompt(), text, "certain").scores["self_verification"]  # noqa: E731
    assert score("Whisk it.") == 1
    assert score("Check it.") == 2
    assert score("Check it. Check it again. " * 20) == 2
    assert score("To check, taste it; it should be smooth.") == 4


@pytest.mark.parametrize(
    ("certainty", "text", "score"),
    [
        ("certain", "Yes.", 5),
        ("certain", "I am not sure.", 2),
        ("uncertain", "Yes.", 1),
        ("uncertain", "I am not sure.", 5),
        ("ambiguous", "I am not sure.", 5),
    ],
)
def test_calibration_depends_on_the_prompts_class(judges, certainty, text, score):
    assert judges["chef"].scores(prompt(), text, certainty).scores["hedging_appropriateness"] == score
    assert judges["coding"].scores(prompt(), text, certainty).scores["uncertainty_calibration"] == score


def test_a_missing_certainty_leaves_the_scores_missing_and_makes_none_up(judges):
    with pytest.raises(Unjudged):
        judges["chef"].scores(prompt(), "Yes.", None)
    asked = prompt()
    rows = list(judge_responses(judges["chef"], [response(asked)], {asked.id: asked}, {}, [], None, ("<", ">")))
    missing = [row for row in rows if row.verdict is None]
    assert [row.question for row in missing] == ["scores"] and "certainty" in missing[0].missing


def test_coverage_reads_the_checklist(judges):
    asked = prompt(claims=("The pan was too hot.", "Lower the heat to 60 °C."))
    verdict = judges["chef"].correctness(asked, "The pan was far too hot.")
    assert verdict.claims == {"c0": True, "c1": False} and verdict.coverage == 0.5
    assert judges["chef"].correctness(prompt(claims=()), "Anything.") is None


class Reader:
    """Token n is the n-th word."""

    words = "The pan was too hot . Lower the heat to 60 °C".split()

    def text(self, token_ids):
        return " ".join(self.words[i] for i in token_ids)


def test_slices_are_judged_where_a_budget_cuts_and_for_arms_that_claim(judges):
    asked = prompt()
    tokens = len(Reader.words)
    base = response(asked, text=Reader().text(range(tokens)), tokens=tokens)
    control = response(
        asked, text=base.text, tokens=tokens, condition=Condition(operator="x", variant="v", role="control")
    )
    rows = list(
        judge_responses(
            judges["chef"],
            [base, control],
            {asked.id: asked},
            {asked.id: "certain"},
            [3, 6, 50],
            Reader(),
            ("<t>", "</t>"),
        )
    )
    slices = {row.subject.budget: row.verdict.coverage for row in rows if isinstance(row.subject, SliceSubject)}
    assert slices == {3: 0.0, 6: 1.0}
    assert correctness(rows, 0.5)[base.id] and deliveries(rows)[control.id]


def test_the_judge_is_shown_prompt_and_text_only(judges):
    """Two arms with the same text get the same verdicts, row by row."""
    asked = prompt()
    arms = [
        response(asked, condition=Condition(operator=name, variant=name, role="treatment"))
        for name in ("sft", "tempered")
    ]
    rows = list(judge_responses(judges["chef"], arms, {asked.id: asked}, {asked.id: "certain"}, [], None, ("<", ">")))
    half = len(rows) // 2
    assert [row.verdict for row in rows[:half]] == [row.verdict for row in rows[half:]]


def test_prompts_are_classed_by_the_domain(judges):
    prompts = load_domain("chef").prompts("eval")
    classes = certainties(judge_prompts(judges["chef"], prompts))
    assert set(classes) == {p.id for p in prompts} and set(classes.values()) == {"certain", "ambiguous", "uncertain"}


def test_other_rules_are_another_judge(judges):
    one = RulesJudge(load_domain("chef"), ("self_verification",), judges["chef"].oracle)
    same = RulesJudge(load_domain("chef"), judges["chef"].axes, judges["chef"].oracle)
    assert one.hash != judges["chef"].hash == same.hash


def test_silence_is_not_judged(judges):
    asked = load_domain("chef").prompts("eval")[0]
    for ask in (judges["chef"].delivery, judges["chef"].style):
        with pytest.raises(Unjudged, match="empty"):
            ask(asked, "\n")
    with pytest.raises(Unjudged, match="empty"):
        judges["chef"].scores(asked, "", "certain")


def test_code_is_no_prose_fenced_or_not(judges):
    code = "def f(xs):\n    if not xs:\n        return None\n    assert xs  # it should hold\n    raise ValueError"
    asked = load_domain("coding").prompts("eval")[0]
    plain, fenced = (
        judges["coding"].scores(asked, f"Here it is.\n{text}\nDone.", "certain").scores
        for text in (code, f"```python\n{code}\n```")
    )
    assert plain == fenced
