"""The ledger of runs in whole studies: who writes it and when, and what the report makes of it."""

import html
import json
import signal
import subprocess
import time

import pytest
from studies import SMALL, command, snakemake, without_ledger

from threearc.provenance.hashing import file_hash
from threearc.records.ledger import NAME, read_ledger

AGAIN = ["--until", "synthesise", "--forcerun", "synthesise", *SMALL]


@pytest.fixture
def ledger(study_copy):
    return study_copy / "results" / NAME


def events(ledger):
    found = read_ledger(ledger)
    assert not found.faults
    return [entry.event for entry in found.entries]


def change(study, old, new):
    file = study / "config/small.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def section(study):
    text = (study / "results/report.html").read_text()
    return html.unescape(text[text.index('<section id="ledger"') : text.index("</section>")])


def test_a_clean_study_is_written_down_before_its_first_response(study):
    ledger = study / "results" / NAME
    start, end = read_ledger(ledger).entries
    assert (start.event, end.event) == ("start", "finished") and start.responses == 0
    assert end.responses == len(list(study.glob("results/*/*/responses/*.jsonl"))) > 8
    assert start.config["analysis"]["draws"] == 200 and start.config["study"]["name"] == "small" and not start.targets
    assert {"answer_base", "assess_cell", "chef"} <= start.code.keys() and "coding" not in start.code
    told = section(study)
    assert "before the first response, and has not changed since" in told and 'class="fail"' not in told
    assert start.analysis_hash in told and "1 run: 1 finished" in told


def test_what_the_ledger_tells_is_in_no_key_and_in_no_other_result(study):
    start = read_ledger(study / "results" / NAME).starts[0]
    own = (start.run, start.time, start.analysis_hash)
    assert not any(word in without_ledger(study / "results/report.html") for word in own)
    for file in [study / "results/results.json", *(study / "results/stamps").rglob("*.json")]:
        assert not any(word in file.read_text() for word in own), file


def test_a_dry_run_and_a_run_with_nothing_to_do_write_nothing(study_copy, ledger):
    before = ledger.read_bytes()
    assert "Nothing to be done" in snakemake(study_copy, *SMALL).stderr
    snakemake(study_copy, "--dry-run", *AGAIN)
    assert ledger.read_bytes() == before


def test_a_change_that_was_looked_at_and_taken_back_is_told_though_no_report_was_due(study_copy, ledger):
    """Only the verdicts are asked for, the report's own rule never runs; the report must learn of it all the same."""
    report = study_copy / "results/report.html"
    before, results = without_ledger(report), (study_copy / "results/results.json").read_bytes()
    change(study_copy, "permutations: 1000", "permutations: 1100")
    snakemake(study_copy, "results/study/verdicts.json", *SMALL)
    assert "a later run asked for" in section(study_copy)
    change(study_copy, "permutations: 1100", "permutations: 1000")
    snakemake(study_copy, "results/study/verdicts.json", *SMALL)
    assert "Nothing to be done" in snakemake(study_copy, *SMALL).stderr
    told = section(study_copy)
    assert "The analysis was changed after responses existed: 2 changes" in told and "now what it was at first" in told
    assert "analysis.permutations" in told and "1100" in told
    assert events(ledger) == ["start", "finished"] * 3
    assert read_ledger(ledger).starts[1].targets == ("results/study/verdicts.json",)
    assert without_ledger(report) == before and (study_copy / "results/results.json").read_bytes() == results


def test_a_new_report_tells_the_change_that_it_was_made_under(study_copy):
    change(study_copy, "permutations: 1000", "permutations: 1100")
    snakemake(study_copy, *SMALL)
    told = section(study_copy)
    assert "The analysis was changed after responses existed: 1 change" in told and "later run" not in told
    stamp = json.loads((study_copy / "results/stamps/render_report/study.json").read_text())
    assert stamp["outputs"]["results/report.html"] == file_hash(study_copy / "results/report.html")


def test_a_run_that_fails_is_written_down_with_what_failed(study_copy, ledger):
    file = study_copy / "results/chef/qwen3-0.6b/effects.json"
    file.write_text("{")
    done = snakemake(study_copy, *AGAIN, check=False)
    assert done.returncode and events(ledger) == ["start", "finished", "start", "stopped"]
    assert read_ledger(ledger).entries[-1].failed == ("synthesise",)
    assert "failed: synthesise" in section(study_copy)


@pytest.mark.parametrize(
    ("sent", "event"),
    [(signal.SIGTERM, "stopped"), (signal.SIGINT, "stopped"), (signal.SIGKILL, None)],
    ids=["term", "int", "kill"],
)
def test_a_run_that_is_stopped_is_written_down_or_found_later(study_copy, ledger, sent, event):
    arguments = ["--until", "fit_probe", "--forcerun", "fit_probe", *SMALL]
    run = subprocess.Popen(
        command(study_copy, *arguments), cwd=study_copy, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while len(read_ledger(ledger).entries) < 3:
        assert run.poll() is None
        time.sleep(0.1)
    time.sleep(1)
    run.send_signal(sent)
    assert run.wait(120) != 0
    found = read_ledger(ledger)
    ended = found.ends.get(found.starts[-1].run)
    assert (ended.event if ended else None) == event
    if ended is None:
        snakemake(study_copy, "--nolock", *AGAIN)
        assert "ended without a word" in section(study_copy)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda ledger: (ledger.unlink(), ledger.mkdir()), "cannot be read"),
        (lambda ledger: ledger.write_text(ledger.read_text().replace('"draws":200', '"draws":400')), "threearc repair"),
    ],
    ids=["folder", "edited"],
)
def test_without_its_ledger_a_run_does_not_start(study_copy, ledger, spoil, told):
    spoil(ledger)
    verdicts = study_copy / "results/study/verdicts.json"
    before = verdicts.stat().st_mtime_ns
    done = snakemake(study_copy, *AGAIN, check=False)
    assert done.returncode == 1 and verdicts.stat().st_mtime_ns == before
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert f"results/{NAME}" in line and told in line and "Traceback" not in done.stderr
    assert not list((study_copy / ".snakemake").glob("locks/*")), "the lock is given back"


def test_a_forged_ledger_is_told_on_the_terminal_and_in_the_report(study_copy, ledger):
    ledger.write_text("".join(ledger.read_text().splitlines(keepends=True)[1:]))
    done = snakemake(study_copy, *AGAIN)
    assert "Warning" in done.stderr and "entry 1 is gone" in done.stderr
    told = section(study_copy)
    assert told.index("was altered: entry 1 is gone") < told.index("not fixed beforehand")


def test_a_run_without_hooks_is_not_passed_off_as_written_down(study_copy, ledger):
    before = ledger.read_bytes()
    change(study_copy, "name: small", "name: smaller")
    snakemake(study_copy, "--no-hooks", *SMALL)
    assert ledger.read_bytes() == before
    assert "The run that wrote this report is not in the ledger" in section(study_copy)
