import pytest
from factories import prompt, response

from threearc.domains.protocol import load_domain
from threearc.provenance.errors import StudyError
from threearc.records.prompts import Oracle
from threearc.records.teaching import TeacherAnswer
from threearc.teachers.datasets import Limits, Report, build_examples, build_pairs
from threearc.teachers.scripted import ScriptedTeacher, open_classroom
from threearc.teachers.stages import READS, Classroom

LIMITS = Limits(3, 40)
GOOD = "The pan was too hot, so lower the heat."


def answer(to, text=GOOD, stage="gold", about=None):
    return TeacherAnswer(
        stage=stage, prompt_id=to.id, prompt_hash=to.hash, teacher="t", instruction_hash="h", text=text, about=about
    )


def check(asked, text):
    return None if asked.checklist is None else "too hot" in text


def built(gold=(), critiques=(), boundary=(), prompts=()):
    report = Report()
    answers = {"gold": list(gold), "boundary": list(boundary)}
    rows = build_examples(answers, list(critiques), {p.id: p for p in prompts}, {}, check, LIMITS, report)
    return rows, report.as_json()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Too hot.", "too short"),
        (GOOD + " Again." * 60, "too long"),
        (GOOD + " ```python\nx = 1", "bad format: a code block is not closed"),
        ("The pan was far too cold for this sauce.", "wrong by the prompt's own check"),
    ],
)
def test_a_bad_answer_is_dropped_and_the_reason_reported(text, reason):
    asked = prompt()
    rows, report = built([answer(asked, text)], prompts=[asked])
    assert rows == [] and report["counts"]["T1"] == {"kept": 0, "dropped": 1, "reasons": {reason: 1}}
    assert report["dropped"][0]["prompt"] == asked.id


def test_code_prompts_need_a_code_block():
    oracle = Oracle(task_id="t", starter="def f():\n", entry_point="f", test="", canonical_solution="")
    asked = prompt(claims=(), oracle=oracle)
    _, report = built([answer(asked)], prompts=[asked])
    assert report["counts"]["T1"]["reasons"] == {"bad format: no code block": 1}


def test_every_set_is_built_and_repetitions_are_dropped():
    one, two = prompt(), prompt(text="Another?", entry="e2")
    edge = prompt(text="Who invented it?", entry="b", category="boundary", claims=())
    rows, report = built(
        [answer(one), answer(two)],
        [
            answer(one, stage="critique", about="r"),
            answer(one, GOOD, "correction", "r"),
            answer(one, GOOD + " Yes.", "correction", "r"),
        ],
        [answer(edge, "Nobody can be certain of that.", "boundary")],
        [one, two, edge],
    )
    assert [row.dataset for row in rows] == ["T1", "T1", "T2", "T4"]
    assert report["counts"]["T2"]["reasons"] == {"the same as an earlier row": 1}
    assert rows[0].messages[0].content == one.text and rows[0].sources[0] == answer(one).id


def test_pairs_need_a_preference_that_the_check_confirms():
    one, two, three = prompt(), prompt(text="B?", entry="b"), prompt(text="C?", entry="c", claims=())
    answers = {
        "gold": [answer(one), answer(two), answer(three)],
        "rejected": [
            answer(one, "The pan was far too cold.", "rejected"),
            answer(two, GOOD, "rejected"),
            answer(three, "No idea at all.", "rejected"),
        ],
    }
    report = Report()
    pairs = build_pairs(answers, {p.id: p for p in (one, two, three)}, check, LIMITS, report)
    assert [(pair.chosen, pair.rejected) for pair in pairs] == [(GOOD, "The pan was far too cold.")]
    assert report.as_json()["counts"]["T3"]["dropped"] == 2


@pytest.mark.parametrize("name", ["chef", "coding"])
def test_every_stage_answers_every_prompt_and_says_what_it_read(name):
    domain = load_domain(name)
    prompts = domain.prompts("train")
    answers = open_classroom(domain, "scripted").teach(prompts)
    ordinary = [p for p in prompts if p.category != "boundary"]
    for stage, reads in READS.items():
        assert [a.prompt_id for a in answers[stage]] == [p.id for p in ordinary]
        assert all(len(a.inputs) == len(reads) for a in answers[stage])
    assert len(answers["boundary"]) == len(prompts) - len(ordinary) > 0
    ids = {a.id for rows in answers.values() for a in rows}
    assert all(source in ids for rows in answers.values() for a in rows for source in a.inputs)


def test_a_stage_is_told_what_it_reads():
    domain, sent = load_domain("chef"), []

    class Spy(ScriptedTeacher):
        def complete(self, request):
            sent.append(request)
            return super().complete(request)

    classroom = Classroom(domain.instructions(), lambda stage: Spy(domain))
    asked = domain.prompts("train")[0]
    classroom.teach([asked])
    by_stage = {request.stage: request for request in sent}
    eager = by_stage["eager"]
    assert asked.text in eager.messages[0].content
    first = ScriptedTeacher(domain).complete(eager)
    assert all(first in by_stage[stage].messages[0].content for stage in ("deliberate", "adversarial", "gold"))
    attempt = response(asked, text="My wrong attempt.")
    critique, correction = classroom.criticise([(attempt, asked)])
    assert critique.about == attempt.id and critique.id in correction.inputs
    assert "My wrong attempt." in sent[-1].messages[0].content and critique.text in sent[-1].messages[0].content


def test_bad_instructions_and_an_unknown_backend_are_told():
    domain = load_domain("chef")
    with pytest.raises(StudyError, match="eager"):
        Classroom({"eager": "{{ nothing }}"}, lambda stage: ScriptedTeacher(domain)).teach(domain.prompts("train")[:1])
    with pytest.raises(StudyError, match=r"endpoint.*not part of this version"):
        open_classroom(domain, "endpoint")
