"""The table of verdicts: every word is reached by the case that deserves it, and by what a fact cannot tell by none."""

import itertools

import pytest

from threearc.records.findings import CellEffects, Contrast, Effect, GuardResult, MeasureInfo, Unattributable
from threearc.verdicts.rules import FACTS, TABLE, decide
from threearc.verdicts.synthesis import Cell, adjusted, confirmatory, safety, summarise, verdicts

MARGINS = {"asymmetry": 0.075, "axis": 0.25, "content": 0.05, "recovery": 0.05, "style": 0.25}
ANALYSIS = {"level": 0.95, "margins": MARGINS}
MEASURES = (
    MeasureInfo(name="accuracy", disposition=None, margin="content", good=0, keep=True),
    MeasureInfo(name="assertion_asymmetry", disposition="humble", margin="asymmetry", good=-1, primary=True),
    MeasureInfo(name="regrouped", disposition="humble", margin="asymmetry", good=-1, regroups="assertion_asymmetry"),
    MeasureInfo(name="style_doubts", disposition="humble", margin="style", good=0),
    MeasureInfo(name="calibration_settled", disposition="humble", margin="axis", good=0, keep=True),
)


def row(of, estimate, half, split="eval", p=0.0001, condition="arm", moved=20, unseen=0.01, **fields):
    low, high = (None, None) if estimate is None else (estimate - half, estimate + half)
    info, named = next(m for m in MEASURES if m.name == of), fields.pop("measure", of)
    return Effect(
        contrast=Contrast(
            domain="chef", model="tiny", operator="sft", variant="sft", role="treatment", dose=None, split=split,
            arm_condition=condition, base_condition="base",
        ),
        target="checkpoint", measure=named, disposition=info.disposition, arm_value=0.0, base_value=0.0,
        estimate=estimate, low=low, high=high, level=0.95, n=100, clusters=50, moved=moved, unseen=unseen, test="t",
        p=p, undefined=None if estimate is not None else "a group is empty", **fields,
    )  # fmt: skip


#: Guards that hold back claims only; the others hold back every verdict.
ON_CLAIMS = ("fresh_transfer", "probe_baselines", "probe_transfer", "head_ranking")


def guard(name, outcome, condition="arm", disposition=None):
    return GuardResult(
        guard=name, domain="chef", model="tiny", condition=condition, operator="sft", disposition=disposition,
        binds="claims" if name in ON_CLAIMS else "every verdict", outcome=outcome,
        figure=None, bar=None, sentence=f"{name} says {outcome}.",
    )  # fmt: skip


def with_benchmark(made, *effects):
    """The cell, its arm having answered a benchmark too."""
    return Cell(made.found.model_copy(update={"effects": (*made.effects, *effects)}), made.guards)


def cell(asymmetry=(0.0, 0.02), fresh=(0.0, 0.02), accuracy=(0.0, 0.02), accuracy_fresh=(0.0, 0.02), style=(0.0, 0.1),
         settled=(0.0, 0.1), p=0.0001, p_content=0.0001, unseen=0.01, guards=(), unattributable=(), p_fresh=0.0001,
         without=(), regrouped=None, p_regrouped=0.0001):  # fmt: skip
    effects = (
        row("assertion_asymmetry", *asymmetry, p=p, unseen=unseen),
        row("assertion_asymmetry", *fresh, split="fresh", p=p_fresh),
        row("accuracy", *accuracy, p=p_content, unseen=unseen),
        row("accuracy", *accuracy_fresh, split="fresh", p=p_content),
        row("calibration_settled", *settled),
        row("calibration_settled", *settled, split="fresh"),
        row("regrouped", *(asymmetry if regrouped is None else regrouped), p=p_regrouped),
        row("style_doubts", *style),
        row("style_doubts", abs(style[0]), style[1], measure="excess_style_doubts"),
    )
    parts = [
        row("assertion_asymmetry", *asymmetry, p=own, seeds="others", left_out=seed) for seed, own in enumerate(without)
    ]
    made = CellEffects(
        domain="chef", model="tiny", measures=MEASURES, arms=(), effects=effects, parts=tuple(parts),
        unattributable=tuple(unattributable),
    )  # fmt: skip
    return Cell(made, tuple(guards))


UNATTRIBUTABLE = Unattributable(operator="sft", disposition="humble", why="The cohorts are too small.")
CASES = {
    "moves cleanly": cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1)),
    "moves the wrong way": cell(asymmetry=(0.3, 0.1), fresh=(0.3, 0.1)),
    "content damage": cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), accuracy=(-0.15, 0.05)),
    "stylistic mimicry": cell(style=(0.8, 0.2)),
    "no effect": cell(),
    "artifact": cell(asymmetry=(-0.3, 0.1), fresh=(0.0, 0.05)),
    "not attributable": cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), unattributable=[UNATTRIBUTABLE]),
    "not assessable": cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), guards=[guard("truncation", "fail")]),
    "inconclusive": cell(asymmetry=(-0.1, 0.2), fresh=(-0.1, 0.2), p=0.4),
}


@pytest.mark.parametrize("word", CASES)
def test_every_word_is_reached_by_the_case_that_deserves_it(word):
    (verdict,) = verdicts([CASES[word]], ANALYSIS)
    assert verdict.word == word, verdict.sentence
    assert verdict.rule.startswith("row ") and verdict.target_in_words.startswith("this checkpoint")
    assert set(verdict.effects) <= {e.id for e in CASES[word].effects}


@pytest.mark.parametrize(
    ("regrouped", "word"),
    [
        ((-0.25, 0.1), "moves cleanly"),
        # Of a true movement such groups show less.
        ((-0.05, 0.02), "moves cleanly"),
        ((0.0, 0.05), "artifact"),
        ((-0.05, 0.06), "artifact"),
        ((0.2, 0.1), "artifact"),
        ((-0.05, 0.3), "inconclusive"),
        ((None, 0), "inconclusive"),
    ],
)
def test_a_change_of_who_is_wrong_is_no_clean_movement(regrouped, word):
    (verdict,) = verdicts([cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), regrouped=regrouped)], ANALYSIS)
    assert verdict.word == word
    if word == "inconclusive":
        assert "questions that base, asked once more, gets wrong" in verdict.sentence


@pytest.mark.parametrize(
    "made",
    [
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), guards=[guard("judge_missing", "cannot run")]),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), guards=[guard("class_balance", "fail")]),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), guards=[guard("contamination", "fail", condition=None)]),
        cell(asymmetry=(None, 0), p=None),
    ],
)
def test_a_broken_premise_is_never_clean(made):
    assert [v.word for v in verdicts([made], ANALYSIS)] == ["not assessable"]


@pytest.mark.parametrize(
    "made",
    [
        cell(asymmetry=(-0.3, 0.1), fresh=(None, 0)),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.4)),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), accuracy=(None, 0)),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), accuracy=(-0.02, 0.06)),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), p=0.2),
        cell(asymmetry=(-0.06, 0.04), fresh=(-0.06, 0.04)),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), settled=(-0.6, 0.2)),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), accuracy=(-0.15, 0.05), p_content=0.2),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), accuracy=(0.0, 0.0), unseen=0.06),
        cell(asymmetry=(0.0, 0.0), unseen=0.2),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), guards=[guard("probe_baselines", "fail")]),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), guards=[guard("probe_transfer", "cannot run")]),
        cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), guards=[guard("head_ranking", "fail")]),
    ],
    ids=[
        "fresh undefined",
        "fresh open",
        "content undefined",
        "content open",
        "not significant",
        "too small",
        "clear questions hedged",
        "damage not significant",
        "damage need not show",
        "a shift need not show",
        "a baseline does as well",
        "transfer unknown",
        "heads like noise",
    ],
)
def test_what_is_not_shown_is_not_claimed(made):
    assert [v.word for v in verdicts([made], ANALYSIS)] == ["inconclusive"]


def test_next_to_nothing_on_fresh_prompts_is_nothing():
    """The fresh interval leaves out zero, but on eval it would be called no effect."""
    (verdict,) = verdicts([cell(asymmetry=(-0.3, 0.1), fresh=(-0.04, 0.03))], ANALYSIS)
    assert verdict.word == "artifact"


@pytest.mark.parametrize(
    ("accuracy", "p", "word", "says"),
    [
        ((0.0, 0.02), 1.0, "moves cleanly", ""),
        ((-0.15, 0.05), 0.0001, "content damage", "accuracy moved by -0.150 (-0.200 to -0.100) on benchmark prompts"),
        ((-0.15, 0.05), 0.2, "inconclusive", "on benchmark prompts: a loss of more than 0.05 is not ruled out"),
        ((-0.02, 0.06), 0.5, "inconclusive", "on benchmark prompts: a loss of more than 0.05 is not ruled out"),
        ((None, 0), None, "inconclusive", "a loss of more than 0.05 is not ruled out"),
    ],
    ids=["kept", "lost", "loss not significant", "open", "undefined"],
)
def test_a_claim_must_leave_a_benchmarks_accuracy_alone(accuracy, p, word, says):
    clean = cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1))
    answered = with_benchmark(clean, row("accuracy", *accuracy, split="benchmark", p=p))
    (verdict,) = verdicts([answered], ANALYSIS)
    assert verdict.word == word and says in verdict.sentence
    assert answered.effects[-1].id in verdict.effects and verdict.settled_by is None


def test_a_benchmark_says_nothing_of_dispositions_and_belongs_to_the_family_of_damage():
    clean = cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1))
    others = [row("assertion_asymmetry", 0.3, 0.1), row("calibration_settled", -2.0, 0.1)]
    others = [e.model_copy(update={"contrast": e.contrast.model_copy(update={"split": "benchmark"})}) for e in others]
    answered = with_benchmark(clean, row("accuracy", 0.0, 0.02, split="benchmark"), *others)
    (verdict,) = verdicts([answered], ANALYSIS)
    assert verdict.word == "moves cleanly"
    assert len(confirmatory([answered])) == len(confirmatory([clean]))
    assert len(safety([answered])) == len(safety([clean])) + 1


def test_guards_of_other_arms_and_dispositions_do_not_count():
    guards = [guard("truncation", "fail", condition="another"), guard("truncation", "fail", disposition="deliberate")]
    (verdict,) = verdicts([cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), guards=guards)], ANALYSIS)
    assert verdict.word == "moves cleanly" and verdict.guards == ()


def test_an_unknown_fact_never_makes_a_claim():
    needs = ("gain", "holds_regrouped", "holds_fresh", "holds_without", "kept", "guards_allow")
    for values in itertools.product((True, None), repeat=len(needs)):
        facts = dict.fromkeys(FACTS, False) | dict(zip(needs, values, strict=True))
        assert (decide(facts)[1].word == "moves cleanly") == all(values)
    assert decide(dict.fromkeys(FACTS))[1].word == "inconclusive"


def test_the_table_is_complete():
    assert {r.word for r in TABLE} == set(CASES)
    assert {name for r in TABLE for name in r.needs} == set(FACTS)
    assert TABLE[-1].needs == ()
    with pytest.raises(KeyError):
        decide({})


MOVED = {"asymmetry": (-0.3, 0.1), "fresh": (-0.3, 0.1)}


@pytest.mark.parametrize(("name", "weak"), [("p_fresh", 0.02), ("p_regrouped", 0.02), ("without", (0.0001, 0.02))])
def test_what_looks_at_claims_again_is_corrected_over_all_of_them(name, weak):
    """A p of .02 is enough for one claim. Of three, it is the weakest of three; of three such none is enough."""
    strong = (0.0001, 0.0001) if name == "without" else 0.0001
    no_claim = cell(asymmetry=(-0.3, 0.4), p=0.9, **{name: weak})

    def words(*given):
        return [v.word for v in verdicts([cell(**MOVED, **{name: p}) for p in given] + [no_claim], ANALYSIS)][:-1]

    assert words(weak) == ["moves cleanly"]
    assert words(weak, strong, strong) == ["moves cleanly"] * 3
    assert words(weak, weak, weak) == ["inconclusive"] * 3


def test_a_claim_that_one_decode_seed_carries_says_without_which():
    (verdict,) = verdicts([cell(**MOVED, without=(0.0001, 0.3))], ANALYSIS)
    assert verdict.word == "inconclusive" and "without decode seed 1 it moved by" in verdict.sentence
    assert "holds_without" in {other.fact for other in verdict.alternatives}


def test_holm_counts_the_whole_family():
    cells = [cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), p=0.01 * (i + 1)) for i in range(4)]
    family = confirmatory(cells)
    assert len(family) == 4
    values = sorted(adjusted(family).values())
    assert values == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert adjusted([]) == {}


@pytest.mark.parametrize(
    ("made", "why", "entries"),
    [
        (cell(asymmetry=(-0.1, 0.2), fresh=(-0.1, 0.2), p=0.4), "the interval takes in zero", 50 * (0.2 / 0.1) ** 2),
        (cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), p=0.2), "p is 0.2 after correction over 1 tests", None),
        (cell(asymmetry=(-0.025, 0.1)), "the interval reaches beyond ±0.075", 50 * (0.1 / 0.05) ** 2),
        (cell(asymmetry=(-0.3, 0.1), fresh=(-0.2, 0.4)), "on fresh prompts it moved by -0.200", 50 * (0.4 / 0.2) ** 2),
        (cell(asymmetry=(-0.3, 0.1), fresh=(0.1, 0.4)), "on fresh prompts it moved by +0.100", None),
        (
            cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), accuracy=(-0.02, 0.06)),
            "accuracy moved by -0.020 (-0.080 to +0.040) on eval prompts: a loss of more than 0.05 is not ruled out",
            50 * (0.06 / 0.03) ** 2,
        ),
        (cell(asymmetry=(0.0, 0.0), unseen=0.15), "a shift of up to 0.15 need not show in so few entries", 50 * 2),
        (cell(asymmetry=(-0.0749, 0.02)), "the interval reaches beyond ±0.075", None),
    ],
)  # fmt: skip
def test_an_open_verdict_says_what_it_lacks_and_what_would_settle_it(made, why, entries):
    (verdict,) = verdicts([made], ANALYSIS)
    assert verdict.word == "inconclusive" and why in verdict.sentence
    assert verdict.settled_by == (entries and f"about {round(entries)} entries (here 50)")


def test_damage_names_the_prompts_that_show_it():
    made = cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), accuracy=(-0.06, 0.1), accuracy_fresh=(-0.2, 0.05))
    (verdict,) = verdicts([made], ANALYSIS)
    assert verdict.sentence.startswith("accuracy moved by -0.200 (-0.250 to -0.150) on fresh prompts;")


def test_what_cannot_move_is_in_no_family():
    made = cell(asymmetry=(-0.3, 0.1), fresh=(-0.3, 0.1), p=0.04)
    still = cell()
    still = Cell(
        still.found.model_copy(update={"effects": tuple(e.model_copy(update={"moved": 0}) for e in still.effects)}), ()
    )
    assert [len(confirmatory([made, still])), len(safety([made, still]))] == [1, 2]


def test_the_summary_shows_the_failing_result_first():
    guards = [guard("truncation", "pass"), guard("truncation", "fail", condition="b")]
    made = cell(guards=guards)
    summary = summarise([made], verdicts([made], ANALYSIS))
    (line,) = summary["guards"]
    assert line["counts"] == {"pass": 1, "fail": 1, "cannot run": 0, "not applicable": 0}
    assert line["sentence"] == "truncation says fail." and summary["family"] == 1


def test_what_an_arm_had_nothing_to_act_on_is_no_affair_of_other_arms():
    other = UNATTRIBUTABLE.model_copy(update={"variant": "another arm"})
    moves = {"asymmetry": (-0.3, 0.1), "fresh": (-0.3, 0.1)}
    arm, never_run = verdicts([cell(**moves, unattributable=[other])], ANALYSIS)
    assert arm.word == "moves cleanly"
    assert (never_run.word, never_run.variant, never_run.effects) == ("not attributable", "another arm", ())
    assert never_run.sentence == UNATTRIBUTABLE.why and never_run.rule == "row 6: not_attributable"
    own = UNATTRIBUTABLE.model_copy(update={"variant": "sft"})
    assert [v.word for v in verdicts([cell(**moves, unattributable=[own])], ANALYSIS)] == ["not attributable"]


def test_arms_that_were_never_run_have_a_verdict_each():
    rows = [UNATTRIBUTABLE.model_copy(update={"variant": f"arm {i}", "disposition": f"d{i}"}) for i in range(2)]
    drawn = verdicts([cell(unattributable=rows)], ANALYSIS)[1:]
    assert [(v.variant, v.disposition) for v in drawn] == [("arm 0", "d0"), ("arm 1", "d1")]
    assert len({v.condition for v in drawn}) == 2


def of_seeds(made, first, others):
    """The cell, with what its first decode seed and its others show of the asymmetry."""
    parts = (row("assertion_asymmetry", *first, seeds="first"), row("assertion_asymmetry", *others, seeds="others"))
    return Cell(made.found.model_copy(update={"parts": parts}), made.guards)


@pytest.mark.parametrize(
    ("first", "others", "word"),
    [
        ((-0.3, 0.1), (0.0, 0.02), "artifact"),
        # Not shown to be nothing, but not there, and clearly less than the claim.
        ((-0.3, 0.1), (0.0, 0.12), "artifact"),
        # As much may well be left: nothing is removed.
        ((-0.3, 0.1), (-0.12, 0.15), "no effect"),
        ((-0.3, 0.1), (-0.2, 0.1), "no effect"),
        # Nobody would have claimed this.
        ((-0.05, 0.1), (0.05, 0.02), "no effect"),
    ],
)
def test_what_one_seed_claims_and_the_others_do_not_is_an_artifact(first, others, word):
    (verdict,) = verdicts([of_seeds(cell(), first, others)], ANALYSIS)
    assert verdict.word == word, verdict.sentence
    assert ("under the first decode seed" in verdict.sentence) == (word == "artifact")


def test_style_must_move_further_than_the_measure_to_be_called_mimicry():
    made = cell(style=(0.5, 0.1))
    excess = [e for e in made.effects if e.measure.startswith("excess_")]
    without = [e for e in made.effects if e not in excess]
    (narrow,) = verdicts([made], ANALYSIS)
    vague = row("style_doubts", 0.5, 0.6, measure="excess_style_doubts")
    (wide,) = verdicts([with_effects(made, [*without, vague])], ANALYSIS)
    (unknown,) = verdicts([with_effects(made, without)], ANALYSIS)
    assert [v.word for v in (narrow, wide, unknown)] == ["stylistic mimicry", "no effect", "no effect"]


def with_effects(made, effects):
    return Cell(made.found.model_copy(update={"effects": tuple(effects)}), made.guards)


@pytest.mark.parametrize(("disposition", "word"), [("humble", "inconclusive"), (None, "moves cleanly")])
def test_what_must_stay_and_is_not_defined_keeps_a_claim_from_being_made(disposition, word):
    """With no settled question hedging everywhere cannot be told from humility; a domain may lack checklists."""
    made = CASES["moves cleanly"]
    extra = MeasureInfo(name="undefined", disposition=disposition, margin="axis", good=0, primary=False, keep=True)
    found = made.found.model_copy(update={"measures": (*made.found.measures, extra)})
    (verdict,) = verdicts([Cell(found, made.guards)], ANALYSIS)
    assert verdict.word == word, verdict.sentence


def test_a_verdict_says_which_fact_would_change_it():
    (clean,) = verdicts([CASES["moves cleanly"]], ANALYSIS)
    would = {a.fact: (a.holds, a.word) for a in clean.alternatives}
    assert would["premise_fails"] == (True, "not assessable") and would["holds_fresh"] == (False, "inconclusive")
    assert all(a.word != clean.word for a in clean.alternatives) and "style_moved" not in would
    for name, (holds, word) in would.items():
        _, found = decide({**clean.numbers["facts"], name: holds})
        assert found.word == word


def test_damage_is_told_where_there_was_nothing_to_act_on():
    """A saturated axis has no room upwards and all room downwards."""
    facts = dict.fromkeys(FACTS, False)
    for fact, word in (("content_lost", "content damage"), ("wrong_way", "moves the wrong way")):
        assert decide(facts | {"not_attributable": True, fact: True})[1].word == word
    assert decide(facts | {"not_attributable": True, "gain": True, "equivalent": True})[1].word == "not attributable"


def test_an_interval_that_reaches_out_on_one_side_says_so():
    """Its half width is less than the room: the estimate is not in its middle."""
    made = cell()
    lopsided = made.found.effects[0].model_copy(update={"estimate": 0.0, "low": -0.1, "high": 0.04})
    (verdict,) = verdicts([with_effects(made, [lopsided, *made.found.effects[1:]])], ANALYSIS)
    assert verdict.word == "inconclusive" and "the interval reaches beyond" in verdict.sentence
    assert verdict.settled_by == f"about {round(50 * (0.1 / 0.075) ** 2 + 0.5)} entries (here 50)"
