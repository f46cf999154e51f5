"""The rules judge against released answers: on files made here, and on the release itself where there is one."""

import hashlib
import json
import re
import subprocess
import sys

import pytest

from threearc.judging.published import GEMMA, SMOLLM, half_of, read_published
from threearc.provenance.errors import StudyError

PROMPTS = [f"Why did batch {i} of my sauce split?" for i in range(24)]
SCORES = {"self_verification": 3, "completeness": 4, "pedagogical_framing": 2, "hedging_appropriateness": 5}


def gemma_row(i):
    answer = (
        {"response": f"Perhaps it was {i}.", "verbal": "hedge"} if i % 3 else {"response": "Heat.", "verbal": "assert"}
    )
    scores = {"error": "no JSON"} if i == 0 else SCORES | {"self_verification": 1 + i % 5}
    return {
        "i": i,
        "prompt": PROMPTS[i],
        "coverage": 0.5,
        "correct": True,
        "cert": "CERTAIN",
        "scores": scores,
        **answer,
    }


def smollm_row(i):
    return {"prompt_i": i, "topic": "t", "coverage": 0.0, "correct": False, "text": "Heat it.", "verbal": "assert"}


def write(folder, gemma, smollm):
    for name, key, rows in ((GEMMA, "items", gemma), (SMOLLM, "samples", smollm)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps({key: rows}))
    return folder


@pytest.fixture
def release(tmp_path):
    return write(tmp_path, *([make(i) for i in range(len(PROMPTS))] for make in (gemma_row, smollm_row)))


def benchmark(repository, folder):
    command = [sys.executable, "benchmarks/published.py", str(folder)]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


def even(text):
    return hashlib.sha256(text.encode()).hexdigest()[-1] in "02468ace"


def test_halves_are_drawn_by_the_prompts_hash():
    development = [text for text in PROMPTS if half_of(text) == "development"]
    assert development == [text for text in PROMPTS if even(text)]
    assert 0 < len(development) < len(PROMPTS)


def test_each_half_is_read_whole_and_alone(release):
    halves = [read_published(release, half) for half in ("development", "held-out")]
    for model in halves[0]:
        one, other = ({answer.prompt.text for answer in half[model]} for half in halves)
        assert one == set(filter(even, PROMPTS)) and one | other == set(PROMPTS) and not one & other


def test_an_error_in_place_of_scores_stays_missing(release):
    half = half_of(PROMPTS[0])
    found = {answer.prompt.text: answer.scores for answer in read_published(release, half)["Gemma 4 E2B"]}
    assert found[PROMPTS[0]] is None and all(scores for text, scores in found.items() if text != PROMPTS[0])


def test_of_the_other_half_nothing_but_the_prompt_is_read(tmp_path, release):
    """Rows of the held-out half are spoilt in every field: the development half reads as before."""
    before = read_published(release, "development")
    gemma = [gemma_row(i) if even(PROMPTS[i]) else {"i": i, "prompt": PROMPTS[i]} for i in range(len(PROMPTS))]
    smollm = [smollm_row(i) if even(PROMPTS[i]) else {"prompt_i": i, "text": 7} for i in range(len(PROMPTS))]
    write(tmp_path, gemma, smollm)
    assert read_published(tmp_path, "development") == before
    with pytest.raises(StudyError, match="item"):
        read_published(tmp_path, "held-out")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: [row.update(verbal="maybe") for row in rows], "verbal"),
        (lambda rows: [row.update(scores={"completeness": 9}) for row in rows], "completeness"),
        (lambda rows: rows[3].pop("prompt"), "items.3.prompt"),
        (lambda rows: rows.pop(), "does not hold: \\[23\\]"),
    ],
)
def test_a_release_of_another_shape_is_told_with_file_and_place(tmp_path, change, told):
    rows = [gemma_row(i) for i in range(len(PROMPTS))]
    change(rows)
    with pytest.raises(StudyError, match=told) as caught:
        read_published(write(tmp_path, rows, [smollm_row(i) for i in range(len(PROMPTS))]), "development")
    assert str(tmp_path) in caught.value.where


def test_a_folder_without_the_release_is_told(repository, tmp_path):
    done = benchmark(repository, tmp_path)
    assert done.returncode == 1 and GEMMA in done.stderr and "Traceback" not in done.stderr


def tables(printed):
    """By model: the number of answers that its heading gives, the counts of the table, and the line of kappa."""
    found = {}
    for section in printed.split("\n## ")[1:]:
        heading = re.match(r"(.+): (\d+) answers of the development half", section)
        counts = [
            int(n) for row in re.findall(r"^\| (?:assert|hedge) \|(.+)\|$", section, re.M) for n in row.split("|")
        ]
        found[heading[1]] = int(heading[2]), counts, re.search(r"^kappa .*$", section, re.M)[0]
    return found


def assert_sound(printed, folder):
    expected = read_published(folder, "development")
    found = tables(printed)
    assert found.keys() == expected.keys()
    for model, (n, counts, kappa) in found.items():
        assert n == len(expected[model]) == sum(counts) and len(counts) == 4
        hedges = sum(answer.delivery == "hedge" for answer in expected[model])
        assert counts[1] + counts[3] == hedges
        assert re.match(r"kappa (–|-?\d\.\d\d \((-?\d\.\d\d to -?\d\.\d\d|no interval)\)), PABAK -?\d", kappa), kappa


def test_the_benchmark_prints_counts_and_kappa_of_the_development_half(repository, release):
    done = benchmark(repository, release)
    assert done.returncode == 0, done.stderr
    assert_sound(done.stdout, release)
    n, counts, kappa = tables(done.stdout)["Gemma 4 E2B"]
    assert counts[0] + counts[3] == n and kappa.startswith("kappa 1.00"), "both judges agree on every row made here"
    assert "| self_verification |" in done.stdout


def test_the_benchmark_runs_on_the_release(repository):
    folder = repository.parent / "shared/published"
    if not folder.exists():
        pytest.skip(f"the paper's released answers are not at {folder}")
    done = benchmark(repository, folder)
    assert done.returncode == 0, done.stderr
    assert_sound(done.stdout, folder)
    for _, _, kappa in tables(done.stdout).values():
        assert re.match(r"kappa -?\d\.\d\d \(-?\d\.\d\d to -?\d\.\d\d\)", kappa), kappa
