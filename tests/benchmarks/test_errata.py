"""How the paper fooled itself: every figure computed again from the release, where there is one."""

import math
import subprocess
import sys

import numpy as np
import pytest
from studies import REPOSITORY

from benchmarks.errata.found import FIGURES, Found, apart, drawn, paired, share
from benchmarks.errata.probes import published_auc
from benchmarks.errata.released import RESULTS, Released
from benchmarks.errata.table import Compared, Reported, left_out, read_reported, written
from threearc.provenance.errors import StudyError
from threearc.statistics.clusters import Interval

PUBLISHED = REPOSITORY.parent / "shared/published"
ERRATA = read_reported()
there = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason=f"the paper's published data are not there ({PUBLISHED}): nothing is compared"
)


@pytest.fixture(scope="module")
def released():
    return Released(PUBLISHED)


def test_every_row_has_figures_or_a_reason_and_every_figure_its_row():
    computed = {figure.row for figure in ERRATA.figures}
    assert sorted([*computed, *ERRATA.left_out]) == list(range(1, 29))
    names = [figure.name for figure in ERRATA.figures]
    assert sorted(names) == sorted(FIGURES)


@there
@pytest.mark.parametrize("reported", ERRATA.figures, ids=lambda figure: f"{figure.row} {figure.name}")
def test_a_figure_agrees_with_the_reported_one_or_is_said_not_to(released, reported):
    found = FIGURES[reported.name](released, ERRATA.counts)
    value = found.value
    if found.method != "binomial, exact":
        assert value.low <= value.estimate + 1e-9 and value.estimate <= value.high + 1e-9
        assert value.high - value.low > 0 or value.estimate in (0.0, 1.0)
    assert Compared(reported, found).agrees is (None if reported.reported is None else reported.agrees), value
    assert reported.agrees or reported.note, "a figure that does not agree needs a word on why"


@there
def test_states_carry_noise_where_the_paper_saw_heads(released):
    """The two conclusions that rest on a null: the largest d is what noise gives, and a held-out direction gives 0."""
    p = FIGURES["gemma_heads_p"](released, ERRATA.counts).value
    assert p.low > 0.05
    held_out = FIGURES["crossfitted_direction"](released, ERRATA.counts).value
    in_sample = FIGURES["one_head_direction"](released, ERRATA.counts).value
    assert held_out.low < 0 < held_out.high < in_sample.estimate


def test_shares_and_differences_are_the_published_examples():
    """Newcombe, Statistics in Medicine 17 (1998), page 857 and, for Miettinen and Nurminen's interval, 873."""
    one = share(81, 263).value
    assert (one.low, one.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    two = apart(56, 70, 48, 80).value
    assert (two.low, two.high) == (pytest.approx(0.0528, abs=5e-5), pytest.approx(0.3382, abs=5e-5))
    assert two.estimate == pytest.approx(0.2)


def test_pairs_are_kept_together():
    base = [0.0] * 40 + [1.0] * 40
    moved = [min(1.0, value + 0.25) for value in base]
    value = paired(moved, base).value
    assert value.estimate == pytest.approx(0.125) and value.high - value.low < 0.1


@pytest.mark.parametrize(("estimate", "right", "wrong"), [(0.516, 55, 138), (0.683, 58, 42), (0.9, 30, 30)])
def test_an_auc_known_by_counts_only_has_hanley_and_mcneils_width(estimate, right, wrong):
    """Radiology 143 (1982): the standard error of an AUC under exponential scores, which normal ones come near."""
    found = published_auc(estimate, right, wrong)
    q1, q2 = estimate / (2 - estimate), 2 * estimate**2 / (1 + estimate)
    error = estimate * (1 - estimate) + (right - 1) * (q1 - estimate**2) + (wrong - 1) * (q2 - estimate**2)
    width = 2 * 1.96 * math.sqrt(error / (right * wrong))
    assert found.value.high - found.value.low == pytest.approx(width, rel=0.12)
    assert found.basis == "from counts" and found.value.estimate == estimate


def test_what_is_drawn_is_shown_with_its_middle():
    value = drawn(np.arange(1001.0), "").value
    assert (value.estimate, value.low, value.high) == pytest.approx((500.0, 25.0, 975.0))


@pytest.mark.parametrize(
    ("reported", "agrees"),
    [
        (None, None),
        ([0.5], True),
        ([0.52], True),
        ([0.53], False),
        ([0.4, 0.6], True),
        ([0.5, 0.4, 0.6], True),
        ([0.5, 0.3, 0.6], False),
        ([0.4, 0.7], False),
    ],
)
def test_a_figure_agrees_only_if_all_its_numbers_do(reported, agrees):
    figure = Reported(row=1, name="x", what="it", reported=reported, within=0.02, note="why")
    found = Compared(figure, Found(Interval(0.5, 0.4, 0.6, 0.95), "per item", "how"))
    assert found.agrees is agrees
    line = list(written([found]))[-1]
    assert "0.500 (0.400 to 0.600)" in line and f"| {({None: '–', True: 'yes', False: 'no'})[agrees]} |" in line
    assert line.endswith("| how; why |")


def command(*arguments):
    given = [sys.executable, "-m", "benchmarks.errata", *map(str, arguments)]
    return subprocess.run(given, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_a_folder_without_the_release_is_told(tmp_path):
    done = command(tmp_path)
    assert done.returncode == 1 and "judge_v4_step16.json" in done.stderr and "Traceback" not in done.stderr


def test_a_file_of_another_shape_is_told(tmp_path):
    file = tmp_path / RESULTS / "judge_v4_step16.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"items": [{"prompt": 7}]}')
    with pytest.raises(StudyError, match="not as in the release") as caught:
        Released(tmp_path).gemma  # noqa: B018
    assert caught.value.where == str(file)


@there
def test_the_table_is_printed_row_by_row():
    done = command(PUBLISHED, "--row", 2, "--row", 5)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in lines] == ["| row", "| 2", "| 5"]
    assert all(line.count(" | ") == lines[0].count(" | ") for line in lines)
    assert len(list(left_out(ERRATA))) == 1 + len(ERRATA.left_out)
