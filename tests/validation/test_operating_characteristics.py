"""The long proof: at least 1,200 planted studies of every class, each a whole grid, judged as config.yaml has it.

It takes hours, and may be run in pieces. With the environment variable PLANTED naming a folder, each class keeps what
it has in a file there and goes on from it; PLANTED_STUDIES asks for fewer at a time. `threearc validate --show` prints
a file. A sixth as many are planted into real answers: those that the paper published, and those of the study in
results/.
"""

import os
from pathlib import Path

import pytest
from published_answers import published
from studies import REPOSITORY

from threearc.config.load import load_config
from threearc.config.overlays import merged
from threearc.domains.protocol import load_domain
from threearc.statistics.rates import clopper_pearson
from threearc.validation.answers import Form
from threearc.validation.plasmode import Plasmode, read_pools
from threearc.validation.run import Grid, validate
from threearc.validation.study import Design
from threearc.validation.tables import LEVEL, guilty, markdown
from threearc.validation.truths import CLEAN, TRUTHS
from threearc.validation.worlds import Parametric, Size

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]
STUDIES = int(os.environ.get("PLANTED_STUDIES", "1200"))
CONFIG = load_config(merged([REPOSITORY / "config.yaml"]))
ANALYSIS = CONFIG.analysis.model_dump(mode="json")
FORMS = tuple(
    Form(name, load_domain(name).instrument, tuple(CONFIG.domains[name].axes)) for name in CONFIG.study.domains
)
#: Every domain, one model, one treatment, and enough entries for content to be seen to stay: with fewer hardly a word
#: but *inconclusive* is in reach. Half as many do where a guard or the direction decides. Where something must be seen
#: to stay, there are the decode seeds of a full study; where it moves, so many entries that what must stay costs no
#: disposition more than a quarter of what an ideal test detects.
SIZE = Size(models=1, treatments=1)
SCALES = {
    **dict.fromkeys(TRUTHS, (600, 2)),
    **dict.fromkeys(("wrong way", "truncated arm", "truncated base", "contaminated", "missing judgements"), (300, 2)),
    **dict.fromkeys(("null", "mimicry"), (600, 3)),
    CLEAN: (1000, 3),
}


@pytest.fixture
def kept(tmp_path):
    return Path(os.environ.get("PLANTED", tmp_path))


def studies(truth, size, kept, source=None, forms=FORMS, kind="parametric"):
    design = Design(source or Parametric(), forms, SIZE, ANALYSIS)
    entries, seeds = SCALES[truth]
    grid = Grid((truth,), (size,), (entries,), (seeds,), (0.0,))
    out = kept / f"{kind}_{truth.replace(' ', '_')}_{size:g}.json"
    # Movement comes in two sizes, which are one class.
    count = -(-STUDIES // 6) if source else STUDIES // 2 if truth == CLEAN else STUDIES
    found = validate(design, grid, count, 0, out, 1, {"kind": kind})
    print(markdown(found))
    (point,) = found["points"]
    return point


#: Share of the verdicts that must have a right word at twice the detectable size; of nulls, at any.
LEAST = {CLEAN: 0.97, "null": 0.8} | dict.fromkeys(
    ("mimicry", "damage", "damage with movement", "wrong way", "truncated arm", "truncated base", "lucky seed",
     "eval only", "contaminated", "missing judgements", "judged too kindly"),
    0.9,
)  # fmt: skip


def assert_rare(point, truth):
    """At most one study in twenty has a false word; few studies may have more by chance."""
    assert guilty(point) <= 0.05 * point["studies"], f"{guilty(point)} of {point['studies']} studies of {truth}"


@pytest.mark.parametrize("truth", TRUTHS)
def test_a_false_clean_movement_is_rare_and_a_large_truth_gets_its_word(truth, kept):
    point = studies(truth, 2.0, kept)
    if truth != CLEAN:
        assert_rare(point, truth)
        assert STUDIES < 1200 or clopper_pearson(guilty(point), point["studies"], LEVEL)[1] <= 0.065, truth
    right = sum(point["right"]) / sum(point["verdicts"])
    assert right >= LEAST.get(truth, 0.0), f"{right:.3f} of the verdicts of {truth} are right"
    wrong = 1 - right - sum(point["open"]) / sum(point["verdicts"])
    assert truth != "null" or wrong <= 0.05, f"{wrong:.3f} of the verdicts on nothing are wrong"


def test_the_detectable_effect_is_found_about_four_times_in_five_and_guards_hold_back_hardly_any(kept):
    point = studies(CLEAN, 1.0, kept)
    for names in point["detectable"].values():
        ratios = [own["planned"] / own["ideal"] for own in names.values() if own["planned"] is not None]
        assert ratios and max(ratios) <= 1.25
    right = sum(point["right"]) / sum(point["verdicts"])
    assert 0.75 <= right <= 0.9, f"{right:.3f} of the movements of the stated size are found"
    assert point["alarmed"] <= 0.02 * point["studies"] or STUDIES < 1200, point["alarms"]


@pytest.mark.parametrize("truth", [truth for truth in TRUTHS if truth != CLEAN])
def test_truths_planted_into_the_papers_answers_are_hardly_ever_clean(truth, kept):
    pool, form = published()
    source = Plasmode({("chef", "eval"): pool, ("chef", "fresh"): pool})
    point = studies(truth, 2.0, kept, source, (form,), "published")
    assert_rare(point, truth)


@pytest.mark.parametrize("truth", [truth for truth in TRUTHS if truth != CLEAN])
def test_truths_planted_into_a_studys_answers_are_hardly_ever_clean(truth, kept):
    results = REPOSITORY / "results"
    if not all((results / form.domain).is_dir() for form in FORMS):
        pytest.skip(f"no finished study is in {results}: nothing of a miniature is planted into; `make demo` makes one")
    source = Plasmode(read_pools(results, FORMS, ANALYSIS["correct_coverage"]))
    point = studies(truth, 2.0, kept, source, FORMS, "study")
    assert_rare(point, truth)
