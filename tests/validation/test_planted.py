"""Planted studies: what is planted is there, the engine's own path judges it, and no truth is taken for a clean one."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom
from studies import REPOSITORY

from threearc import cli
from threearc.config.load import load_config
from threearc.config.overlays import merged
from threearc.effects.assess import assess_cell
from threearc.effects.contrasts import Plan
from threearc.provenance.errors import StudyError
from threearc.validation import study
from threearc.validation.answers import NOT_ASKED, Form
from threearc.validation.detectable import compared, detectable, differences
from threearc.validation.digest import digest
from threearc.validation.plants import Soil, absolve, err, say_one_thing
from threearc.validation.run import Grid, validate
from threearc.validation.study import Design, Planted, draw_cell, judge, run_study
from threearc.validation.tables import markdown, power_curves
from threearc.validation.truths import CLEAN, TRUTHS
from threearc.validation.worlds import Parametric, Size, World

CHEF = Form("chef", "rubric", ("factual_accuracy", "hedging_appropriateness", "pedagogical_framing", "completeness"))
CODING = Form("coding", "mcas", ("uncertainty_calibration", "self_verification", "edge_case_awareness"))
ANALYSIS = load_config(merged([REPOSITORY / "config.yaml"])).analysis.model_dump(mode="json")
#: Fewer draws than a study's: these studies hold few contrasts.
QUICK = ANALYSIS | {"draws": 400, "permutations": 1000}
MARGINS = ANALYSIS["margins"]
LARGE = Size(models=1, treatments=1, entries=4000, prompts=2, seeds=3)
SIZES = {"humble": 0.3, "content": 0.2, "adversarial_self": 0.5, "deliberate": 0.5, "persistent": 0.5,
         "self_improving": 0.2, "style_doubts": 0.5, "style_svr": 0.5, "style_reflection": 0.5,
         "style_warmth": 0.5}  # fmt: skip


def design(forms=(CHEF,), analysis=QUICK, judge_error=0.0, **size):
    own = Size(**({"models": 1, "treatments": 1, "entries": 60, "seeds": 2} | size))
    return Design(Parametric(), forms, own, analysis, judge_error)


def planted_answers(truth, form=CHEF, split="eval", size=1.0, sizes=SIZES):
    """Base and a treatment of a large world, and which of the plants had no room."""
    rng = np.random.default_rng(5)
    arm = Parametric().draw(form, split, LARGE, rng)
    base, treated, short = arm(), arm(), set()
    for answers, plants in ((base, TRUTHS[truth].base), (treated, TRUTHS[truth].arm)):
        for plant in plants:
            plant(Soil(answers, form, split, sizes, size, ANALYSIS["guards"], rng, short))
    return base, treated, short


def moved(truth, form=CHEF, **fields):
    base, treated, _ = planted_answers(truth, form, **fields)
    return differences(treated, base, form)


def test_a_world_has_the_rates_that_it_says_and_seeds_of_a_prompt_are_alike():
    world = World()
    arm = Parametric(world).draw(CODING, "eval", LARGE, np.random.default_rng(0))
    answers, other = arm(), arm()
    assert answers.right.mean() == pytest.approx(world.accuracy, abs=0.02)
    assert answers.asserts.mean() == pytest.approx(world.asserts, abs=0.01)
    shares = np.bincount(answers.scores["self_verification"], minlength=6)[1:] / len(answers)
    assert shares == pytest.approx(world.scores, abs=0.02)
    by_seed = answers.right.reshape(-1, LARGE.seeds).astype(float)
    assert np.corrcoef(by_seed[:, 0], by_seed[:, 1])[0, 1] > 0.6
    assert (answers.right != other.right).mean() == pytest.approx(1 / 6, abs=0.02)
    assert ((answers.recovered == NOT_ASKED) == answers.right).all()


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ("null", {}),
        ("clean movement", {"humble": -0.3, "deliberate": 0.5, "persistent": 0.5, "self_improving": 0.2}),
        ("wrong way", {"humble": 0.3, "deliberate": -0.5, "persistent": -0.5, "self_improving": -0.2}),
        ("damage", {"content": -0.2}),
        ("eval only", {"humble": -0.3, "deliberate": 0.5, "persistent": 0.5, "self_improving": 0.2}),
        ("lucky seed", {"humble": -0.1, "deliberate": 0.5 / 3, "persistent": 0.5 / 3, "self_improving": 0.2 / 3}),
        ("hedging everywhere", {"humble": -0.3}),
        ("mimicry", {"style_doubts": 0.5, "style_svr": 0.5, "style_reflection": 0.5, "style_warmth": 0.5}),
    ],
)
def test_what_is_planted_is_as_large_as_it_should_be_and_nothing_else_moves(truth, expected):
    found = moved(truth)
    for name, value in found.items():
        if name == "style_doubts" and name not in expected:
            # Who hedges says so: a word of doubt goes with it.
            continue
        assert value == pytest.approx(expected.get(name, 0.0), abs=0.05), name


def test_movement_on_eval_prompts_is_gone_on_fresh_ones():
    assert moved("eval only", split="fresh")["humble"] == pytest.approx(0, abs=0.05)


def test_what_is_learnt_changes_who_is_wrong_and_nothing_that_is_delivered():
    base, treated, short = planted_answers("composition")
    found = differences(treated, base, CHEF)
    assert found["humble"] == pytest.approx(-0.3, abs=0.05) and found["content"] > 0.1 and not short
    assert treated.asserts.mean() == pytest.approx(base.asserts.mean(), abs=0.02)
    assert (treated.recovered[treated.right] == NOT_ASKED).all()


def test_a_kind_judge_hides_what_content_lost_and_a_deaf_one_everything():
    base, treated, _ = planted_answers("judged too kindly")
    assert differences(treated, base, CHEF)["content"] == pytest.approx(-0.2, abs=0.03)
    absolve(Soil(treated, CHEF, "eval", SIZES, 1.0, ANALYSIS["guards"], np.random.default_rng(0), set()))
    assert differences(treated, base, CHEF)["content"] == pytest.approx(0.04, abs=0.03)
    say_one_thing(treated, CHEF)
    assert treated.asserts.all()
    assert {int(score) for axis in CHEF.primary.values() for score in treated.scores[axis]} == {3}


@pytest.mark.parametrize(
    ("truth", "guard", "word"),
    [("judged too kindly", "judge_validity", None), ("judge without ears", "judge_discernment", "not assessable")],
)
def test_a_judge_who_errs_on_everything_or_on_content_is_caught_by_labels(truth, guard, word):
    own = design((CHEF,), entries=300)
    study = judge(own, Planted(TRUTHS[truth], 1.0, {"chef": SIZES}), 0)
    assert any(row.guard == guard and row.outcome == "fail" for row in study.guards)
    assert "moves cleanly" not in {v.word for v in study.verdicts}
    if word:
        assert {v.word for v in study.verdicts if v.disposition != "self_improving"} == {word}


def test_a_plant_without_room_says_so():
    assert planted_answers("clean movement", sizes=SIZES | {"self_improving": 0.8})[2] == {("chef", "self_improving")}
    assert planted_answers("wrong way", sizes=SIZES | {"persistent": 4.0, "self_improving": 0.1})[2] == {
        ("chef", "persistent")
    }
    assert not planted_answers("clean movement")[2]


def test_a_judge_that_errs_alike_turns_that_share_of_deliveries_round():
    answers = Parametric().draw(CHEF, "eval", LARGE, np.random.default_rng(1))()
    before = answers.asserts.copy()
    err(answers, CHEF, 0.1, np.random.default_rng(2))
    assert (answers.asserts != before).mean() == pytest.approx(0.1, abs=0.01)


def test_the_engine_reads_off_the_records_what_the_arrays_hold():
    """The estimate of every primary measure is the difference of the arrays' own means, to the last digit."""
    rng, own = np.random.default_rng(3), design((CHEF,), entries=50)
    prepared = Planted(TRUTHS["clean movement"], 1.0, {"chef": SIZES})
    outcomes = draw_cell(own, CHEF, "model 1", prepared, rng, set()).outcomes
    found, _, _ = assess_cell("chef", "model 1", "rubric", CHEF.axes, outcomes, (), (), {}, Plan(200, 1000, 0.95, 0))
    by_name = {(e.measure, e.contrast.split): e for e in found.effects}
    for split in ("eval", "fresh"):
        arms = {role: [o for o in outcomes if o.response.setup.condition.role == role and o.prompt.split == split
                       and o.response.turn == 1] for role in ("base", "treatment")}  # fmt: skip
        for axis in ("completeness", "pedagogical_framing"):
            values = {role: np.mean([o.scores[axis] for o in rows]) for role, rows in arms.items()}
            assert by_name[axis, split].estimate == pytest.approx(values["treatment"] - values["base"], abs=1e-9)
    assert by_name["assertion_asymmetry", "eval"].estimate < 0
    assert {o.response.turn for o in outcomes} == {1, 2}
    for outcome in (outcomes[0], next(o for o in outcomes if o.response.turn == 2)):
        row = outcome.response.model_dump(exclude={"id"})
        assert type(outcome.response).model_validate(row).condition_id == outcome.response.condition_id


def test_a_study_is_the_same_from_the_same_seed_and_another_from_another():
    prepared = Planted(TRUTHS["null"], 0.0, {"chef": SIZES})
    first, again, other = (judge(design(), prepared, seed) for seed in (1, 1, 2))
    assert [v.id for v in first.verdicts] == [v.id for v in again.verdicts]
    assert [v.numbers for v in first.verdicts] != [v.numbers for v in other.verdicts]
    assert {v.disposition for v in first.verdicts} == {"humble", "deliberate", "persistent", "self_improving"}


#: Classes in which *moves cleanly* would be false.
FALSE_CLEAN = [name for name in TRUTHS if name != CLEAN]
#: Small studies cannot show that content stays within five points: within twenty they can, and *clean* is in reach.
LENIENT = QUICK | {"margins": MARGINS | {"content": 0.2}}
STUDIES = 4


def clean_words(truth):
    """Studies with any verdict *moves cleanly*."""
    prepared = Planted(TRUTHS[truth], 2.0, {"chef": SIZES})
    drawn = [judge(design(analysis=LENIENT, entries=150), prepared, seed) for seed in range(STUDIES)]
    return sum(any(v.word == "moves cleanly" for v in study.verdicts) for study in drawn)


@pytest.mark.parametrize("truth", FALSE_CLEAN)
def test_no_truth_is_taken_for_a_clean_movement(truth):
    """Were one study in twenty wrong, more than the bound would be seen less than twice in a thousand runs."""
    assert clean_words(truth) <= binom.ppf(0.998, STUDIES, 0.05)


def test_a_clean_movement_of_the_same_size_is_found_in_the_same_studies():
    assert clean_words(CLEAN) == STUDIES


@pytest.mark.parametrize(
    ("truth", "least"),
    [
        ("damage", 0.8),
        ("damage with movement", 0.8),
        ("wrong way", 0.7),
        ("truncated arm", 0.9),
        ("truncated base", 0.9),
        ("contaminated", 0.9),
        ("missing judgements", 0.9),
    ],
)
def test_large_plants_get_their_word(truth, least):
    own = design((CHEF,), entries=150)
    wanted = detectable(own, 0)
    tallies = [run_study(own, Planted(TRUTHS[truth], 2.0, wanted), seed) for seed in range(4)]
    assert sum(tally.right for tally in tallies) >= least * sum(tally.verdicts for tally in tallies)


def test_no_effect_is_a_right_word_for_a_movement_within_the_margin_only():
    clean = TRUTHS[CLEAN]
    assert clean.words("humble", within=False) == ("moves cleanly",)
    assert clean.words("humble", within=True) == ("moves cleanly", "no effect")
    for name in ("damage with movement", "contaminated", "eval only", "mimicry"):
        assert "no effect" not in TRUTHS[name].words("humble", within=True)


def test_more_entries_detect_less():
    few, many = (detectable(design(entries=entries), 0)["chef"] for entries in (60, 600))
    assert all(many[name] < few[name] for name in few)
    # The spread of an ideal analyst's difference shrinks with the root of the entries; margins do not.
    assert many["deliberate"] >= MARGINS["axis"]


def test_what_is_planned_is_near_what_an_ideal_test_on_true_labels_detects():
    """The whole verdict, against one test of the same measure: where n is ample they are not far apart."""
    ample, small = (compared(design((CHEF, CODING), entries=entries), 0) for entries in (1500, 60))
    for names in ample.values():
        for disposition, own in ((name, own) for name, own in names.items() if own.planned is not None):
            assert own.size == own.planned and 1 <= own.ratio <= 1.25, disposition
    dispositions = {d for name in ample for d in ample[name] if ample[name][d].planned is not None}
    assert dispositions == {"humble", "adversarial_self", "deliberate", "persistent", "self_improving"}
    for own in small["chef"].values():
        assert own.planned is None and own.ratio is None and own.size == own.ideal
    still = replace(World(), by_entry=0.75, by_prompt=0.25, drift=0.0)
    quiet = compared(replace(design(entries=60), source=Parametric(still)), 0)["chef"]["content"]
    assert quiet.ideal is None and quiet.ratio is None and quiet.size == MARGINS["content"]


GRID = Grid(("null", "damage"), (1.0,), (40,), (1,), (0.0,))


def test_studies_go_on_where_they_were_and_come_to_the_same(tmp_path, capsys):
    own, told = design(entries=40), {"kind": "parametric"}
    in_pieces, at_once = tmp_path / "pieces.json", tmp_path / "once.json"
    for studies in (1, 3):
        validate(own, GRID, studies, 7, in_pieces, 1, told)
    validate(own, GRID, 3, 7, at_once, 2, told)
    one, other = (json.loads(path.read_text()) for path in (in_pieces, at_once))
    for found in (one, other):
        assert [point["studies"] for point in found["points"]] == [3, 3]
        for point in found["points"]:
            assert point.pop("seconds")[1] > 0
    assert one == other
    with pytest.raises(StudyError, match="seed"):
        validate(own, GRID, 3, 8, in_pieces, 1, told)


def test_tables_and_figure_tell_what_the_file_holds(tmp_path):
    found = validate(design(entries=40), GRID, 2, 7, tmp_path / "out.json", 1, {"kind": "parametric"})
    text = markdown(found)
    assert re.search(r"\| damage \| 1 \| 40 entries, 1 seeds \| 2 \| 0 \| 0\.0 % \| 0\.0 % to 84\.2 % \|", text)
    assert re.search(r"\| chef \| humble \| 40 entries, 1 seeds \| none \| 0\.\d{3} \|  \|", text)
    damage = next(point for point in found["points"] if point["truth"] == "damage")
    share = sum(words.get("content damage", 0) for words in damage["words"].values()) / sum(damage["verdicts"])
    assert share == sum(damage["right"]) / sum(damage["verdicts"])
    assert "detectable sizes" in power_curves(found)


def test_files_of_different_engines_are_not_told_together(tmp_path):
    one = validate(design(entries=40), GRID, 1, 7, tmp_path / "one.json", 1, {"kind": "parametric"})
    other = one | {"settings": one["settings"] | {"code": "another"}}
    with pytest.raises(StudyError, match=r"made in another way than those of one \(code\)"):
        digest({"one": one, "other": other})
    rows = digest({"one": one})["rows"]
    assert [(row["truth"], row["studies"]) for row in rows] == [("null", 1), ("damage", 1)]
    assert rows[0]["false_clean"]["high"] == pytest.approx(0.975) and sum(rows[0]["words"].values()) > 0


def test_the_command_runs_and_shows(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    out = tmp_path / "planted.json"
    own = ["--seed", "3", "--entries", "30", "--models", "1", "--treatments", "1", "--decode-seeds", "1"]
    for file, truth in ((out, ["null"]), (tmp_path / "sizes.json", ["mimicry", "--sizes", "1", "2"])):
        assert cli.main(["validate", "--studies", "1", "--out", str(file), *own, "--truths", *truth]) == 0
        assert cli.main(["validate", "--show", str(file)]) == 0
        curves = file.with_suffix(".svg").exists()
        assert curves == ("Power curves" in capsys.readouterr().out) == (truth != ["null"])
    assert cli.main(["validate", "--show", str(out)]) == 0
    assert "1 planted studies of 2 cells" in capsys.readouterr().out
    told = tmp_path / "digest.json"
    assert cli.main(["validate", "--show", str(out), "--digest", str(told)]) == 0
    assert [row["studies"] for row in json.loads(told.read_text())["rows"]] == [1]
    assert cli.main(["validate"]) == 1 and "--out" in capsys.readouterr().err
    (tmp_path / "other.json").write_text("[]")
    assert cli.main(["validate", "--show", str(tmp_path / "other.json")]) == 1


@pytest.mark.parametrize(("truth", "form"), [("clean movement", CHEF), ("mimicry", CODING)])
def test_what_a_planted_study_leaves_out_no_verdict_reads(truth, form, monkeypatch):
    """Tables of arms, and measures that stand in reports only: the verdicts are the same with them."""
    own, prepared = design((form,), entries=60), Planted(TRUTHS[truth], 1.0, {form.domain: SIZES})
    brief = judge(own, prepared, 5)

    def whole(*given, brief):
        return assess_cell(*given)

    monkeypatch.setattr(study, "assess_cell", whole)
    full = judge(own, prepared, 5)
    assert full.verdicts == brief.verdicts
    assert [guard.model_dump() for guard in full.guards] == [guard.model_dump() for guard in brief.guards]
