"""Every guard has a planted violation that it must catch and a clean case that it must pass."""

import planted
import pytest
from factories import BASE, outcome

from threearc.effects.arms import Arm
from threearc.effects.assess import assess_cell
from threearc.effects.contrasts import Plan
from threearc.effects.measures import measures
from threearc.guards import class_balance, fresh_transfer, judge_missing, truncation
from threearc.guards.protocol import Evidence
from threearc.guards.run import run_guards
from threearc.records.reports import HeadsReport
from threearc.records.responses import Condition

ARM = Condition(operator="sft", variant="sft", role="treatment")
BARS = {
    "truncated": 0.1,
    "missing": 0.02,
    "least_class": 10,
    "probe_auc": 0.63,
    "ranking_p": 0.05,
    "alarm_p": 0.001,
    "judge_p": 0.01,
    "kappa": 0.4,
    "arithmetic": 0.1,
} | planted.BARS
PLAN = Plan(400, 1000, 0.95, 0)


def outcomes(condition, split, n=40, cut=0, hedged_wrong=0):
    """n entries, every other one right; the first ``cut`` are cut off, the first wrong ones hedge."""
    made = []
    for i in range(n):
        asserts = i % 2 == 0 or i // 2 >= hedged_wrong
        finish = "length" if i < cut else "stop"
        made.append(outcome(f"{split}{i}", i % 2 == 0, asserts, condition, split=split, finish=finish))
    return made


def evidence(arm, base=None, examples=(), probe=None, prompts=(), heads=None):
    base = base or [*outcomes(BASE, "eval"), *outcomes(BASE, "fresh")]
    cell, base_arm, others = assess_cell("chef", "tiny", "rubric", [], [*base, *arm], [64], [], {}, PLAN)
    given = [list(prompts), base_arm, others, cell.effects, list(examples), probe, heads, BARS]
    known = measures("rubric", [], base_arm.split("eval"), [64])
    made = Evidence(
        "chef",
        "tiny",
        *given,
        margins=planted.MARGINS,
        measures=known,
        plan=PLAN,
        judges=frozenset({"rules"}),
        budgets=[64],
        correct_coverage=0.5,
    )
    return made, cell.measures


def clean(**fields):
    return [*outcomes(ARM, "eval", **fields), *outcomes(ARM, "fresh", **fields)]


def verdict(results):
    (only,) = results
    return only.outcome, only.figure


def test_truncation():
    made, _ = evidence(clean())
    assert verdict(truncation.check(made)) == ("pass", 0)
    made, _ = evidence(clean(cut=8))
    assert verdict(truncation.check(made)) == ("fail", 0.2)
    made, _ = evidence([*outcomes(ARM, "eval", cut=8), *outcomes(ARM, "fresh")])
    assert verdict(truncation.check(made)) == ("fail", 0.2), "a clean split does not hide a cut one"
    in_base = [*outcomes(BASE, "eval", cut=8), *outcomes(BASE, "fresh", cut=8)]
    made, _ = evidence(clean(), in_base)
    assert verdict(truncation.check(made)) == ("fail", 0.2), "a cut base is as bad as a cut arm"


def test_judge_missing():
    made, _ = evidence(clean())
    assert verdict(judge_missing.check(made)) == ("pass", 0)
    arm = clean()
    for silent in arm[:4]:
        silent.missing = {"delivery"}
    made, _ = evidence(arm)
    (result,) = judge_missing.check(made)
    assert result.outcome == "fail" and result.figure == 0.1 and "arm: delivery, eval" in result.sentence


def test_judgements_that_were_never_asked_for_do_not_dilute_those_that_are_missing():
    arm = clean()
    for i, o in enumerate(arm):
        o.asked = {"coverage"} if i < 10 else {"delivery"}
        o.missing = {"coverage"} if i < 1 else set()
    (result,) = judge_missing.check(evidence(arm)[0])
    assert result.outcome == "fail" and result.figure == 0.1


def test_no_judge_at_all_does_not_read_as_passed():
    base, arm = [*outcomes(BASE, "eval"), *outcomes(BASE, "fresh")], clean()
    for o in [*base, *arm]:
        o.asked = set()
    assert verdict(judge_missing.check(evidence(arm, base)[0])) == ("cannot run", None)


def test_class_balance():
    made, _ = evidence(clean())
    assert verdict(class_balance.check(made)) == ("pass", 20)
    arm = clean()
    for o in arm:
        o.right = o.right or int(o.prompt.entry.removeprefix(o.prompt.split)) > 7
    made, _ = evidence(arm)
    assert verdict(class_balance.check(made)) == ("fail", 4)


def test_class_balance_is_no_affair_of_a_benchmark():
    """A student may fail all of it; no asymmetry is read off it."""
    failed = [outcome(f"b{i}", False, condition=c, split="benchmark") for c in (ARM, BASE) for i in range(40)]
    base = [*outcomes(BASE, "eval"), *outcomes(BASE, "fresh"), *failed[40:]]
    assert verdict(class_balance.check(evidence([*clean(), *failed[:40]], base)[0])) == ("pass", 20)


def test_a_benchmark_that_is_cut_or_not_judged_is_found():
    base = [*outcomes(BASE, "eval"), *outcomes(BASE, "fresh"), *outcomes(BASE, "benchmark")]
    arm = [*clean(), *outcomes(ARM, "benchmark", cut=8)]
    for silent in arm[-4:]:
        silent.missing = {"delivery"}
    made, _ = evidence(arm, base)
    (cut,), (missing,) = truncation.check(made), judge_missing.check(made)
    assert (cut.outcome, cut.figure) == ("fail", 0.2) and "(benchmark)" in cut.sentence
    assert (missing.outcome, missing.figure) == ("fail", 0.1) and "arm: delivery, benchmark" in missing.sentence


def test_fresh_transfer():
    holds = [*outcomes(ARM, "eval", hedged_wrong=15), *outcomes(ARM, "fresh", hedged_wrong=15)]
    gone = [*outcomes(ARM, "eval", hedged_wrong=15), *outcomes(ARM, "fresh")]
    humble = lambda arm: [r for r in fresh_transfer.check(evidence(arm)[0]) if r.disposition == "humble"]  # noqa: E731
    assert [r.outcome for r in humble(holds)] == ["pass"]
    assert [r.outcome for r in humble(gone)] == ["fail"]
    assert "it may be shift" in humble(gone)[0].sentence, "nobody can tell from so few prompts"
    assert humble(clean()) == [], "what did not move has nothing to transfer"


def test_fresh_transfer_that_cannot_be_computed_does_not_read_as_passed():
    arm = [*outcomes(ARM, "eval", hedged_wrong=15), *outcomes(ARM, "fresh")]
    for o in arm:
        if o.prompt.split == "fresh":
            o.right = True
    (result,) = [r for r in fresh_transfer.check(evidence(arm)[0]) if r.disposition == "humble"]
    assert result.outcome == "cannot run"


GATED = Condition(operator="sidecar", variant="gate", role="treatment", settings={"probe": "p"})


def gated(auc, *differences):
    step = {"reader": "h_last", "step": "fresh", "auc": dict(zip(("estimate", "low", "high"), auc, strict=True))}
    against = [
        {"reader": f"r{i}", "difference": {"estimate": 0.1, "low": low, "high": 0.2}}
        for i, low in enumerate(differences)
    ]
    probe = {"steps": [step], "against": against, "not_attributable": None}
    arm = [*outcomes(GATED, "eval"), *outcomes(GATED, "fresh"), *clean()]
    made, measures = evidence(arm, probe=probe)
    return {r.guard: r for r in run_guards(made, measures) if r.guard.startswith("probe") and r.operator == "sidecar"}


@pytest.mark.parametrize(
    ("low", "high", "outcome"), [(0.7, 0.9, "pass"), (0.5, 0.9, "fail"), (0.4, 0.6, "fail"), (None, None, "cannot run")]
)
def test_probe_transfer(low, high, outcome):
    assert gated((0.8, low, high), 0.1)["probe_transfer"].outcome == outcome


@pytest.mark.parametrize(
    ("differences", "outcome"),
    [((0.1, 0.02), "pass"), ((0.1, -0.02), "fail"), ((), "cannot run"), ((None,), "cannot run")],
)
def test_probe_baselines(differences, outcome):
    assert gated((0.8, 0.7, 0.9), *differences)["probe_baselines"].outcome == outcome


def test_probes_are_no_affair_of_arms_that_have_none():
    made, measures = evidence(clean(), probe={"steps": [], "against": [], "not_attributable": "x"})
    assert not [r for r in run_guards(made, measures) if r.guard.startswith("probe")]


def damped(selection="top", disposition="humble", way="magnitude", **fields):
    """The guard's results for one tempered arm, beside an arm of another operator."""
    settings = {"selection": selection, "disposition": disposition, "attribution": way}
    arm = Condition(operator="tempered", variant="heads", role="treatment", settings=settings)
    ranking = {
        "disposition": "humble", "way": "magnitude", "asked": True, "cohort_sizes": [20, 20], "ranking": [],
        "not_attributable": None, "collinear": None, "selected": {},
        "maximum": {"observed": 0.6, "mean": 0.5, "high": 0.7, "p": 0.3, "free": 1.0},
    }  # fmt: skip
    heads = HeadsReport.of({"rankings": [ranking | fields]})
    made, measures = evidence([*outcomes(arm, "eval"), *outcomes(arm, "fresh"), *clean()], heads=heads)
    return [r for r in run_guards(made, measures) if r.guard == "head_ranking"]


@pytest.mark.parametrize(("p", "outcome"), [(0.3, "fail"), (0.051, "fail"), (0.05, "pass"), (0.001, "pass")])
def test_head_ranking(p, outcome):
    (found,) = damped(maximum={"observed": 0.6, "mean": 0.5, "high": 0.7, "p": p, "free": 1.0})
    assert (found.outcome, found.figure, found.operator, found.bar) == (outcome, p, "tempered", 0.05)


def test_a_ranking_without_a_null_does_not_read_as_passed():
    stuck = damped(maximum={"observed": 0.6, "mean": 0.5, "high": 0.7, "p": 0.001, "free": 0.7})
    for found in (stuck, damped(maximum=None), damped(disposition="persistent"), damped(way="directional")):
        assert [row.outcome for row in found] == ["cannot run"]


def test_collinear_means_are_told_and_control_heads_need_no_ranking():
    (found,) = damped(collinear="The means are nearly parallel.")
    assert found.sentence.endswith("The means are nearly parallel.")
    assert damped(selection="random") == []


def test_results_name_their_arm():
    made, measures = evidence(clean())
    arms = {r.condition for r in run_guards(made, measures)} - {None}
    assert arms == {arm.condition_id for arm in made.arms.values()} and isinstance(made.base, Arm)
