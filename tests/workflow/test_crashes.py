"""Runs that are cut short: whatever was left, the same command goes on from it and ends at the same results."""

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress

import pytest
from crashing import commands_in, disk, free, jobs_done, one_message, same_as, start, unlocked, used
from studies import SMALL, prepare, snakemake

CELL = "results/chef/qwen3-0.6b"


def left_of(study, folder):
    """A copy of the finished study without the end of one cell: what a short test can make again."""
    shutil.copytree(study, folder)
    for file in ("heads.json", "probe.json", "responses/tempered.jsonl", "responses/sidecar.jsonl", "effects.json"):
        (folder / CELL / file).unlink()
    (folder / "results/report.html").unlink()
    return folder


def reach(folder):
    """Seconds within which runs are cut short: from Snakemake's own start to a few jobs later, on this machine."""
    begin = time.monotonic()
    snakemake(folder, "--dry-run", *SMALL)
    return 8 * (time.monotonic() - begin)


def cut_short(folder, told, seconds, how, after="", jobs=0):
    """Start, cut short some seconds after a text was shown and jobs were done; whether there was something to cut."""
    run = start(folder, told)
    run.until(after)
    while jobs_done(folder) < jobs and not run.ended(0.05):
        pass
    if run.ended(seconds):
        assert run.process.returncode == 0, run.shown()[-5000:]
        return False
    if how == "kill":
        run.kill()
        return True
    if how == "terminate":
        run.process.send_signal(signal.SIGTERM)
    else:
        os.killpg(run.process.pid, signal.SIGINT)
    assert run.ended(300), "still running five minutes after it was asked to end"
    if run.process.returncode == 0:
        return False
    assert "KeyboardInterrupt" not in run.shown() and "Traceback" not in run.shown(), run.shown()[-5000:]
    assert unlocked(folder), f"a lock was left after {seconds:.1f} s"
    return True


def finished(study, folder):
    """Go on undisturbed to the end, and compare; how many files are the same."""
    unlocked(folder)
    snakemake(folder, *SMALL)
    assert not [*folder.rglob(".new.*")]
    return same_as(study, folder)


def test_a_study_cut_short_in_every_way_comes_to_the_same_end(study, tmp_path):
    folder = left_of(study, tmp_path / "study")
    rng = random.Random(0)
    for how in ("kill", "terminate", "kill", "interrupt", "kill"):
        assert cut_short(folder, tmp_path / "told", rng.uniform(0, 2), how, after="steps (")
        unlocked(folder)
    finished(study, folder)


@pytest.mark.soak
@pytest.mark.timeout(14400)
@pytest.mark.parametrize(("how", "times"), [("kill", 40), ("terminate", 10), ("interrupt", 3)])
def test_studies_cut_short_at_random_times_come_to_the_same_end(study, tmp_path, how, times):
    rng = random.Random(times)
    cuts, studies, runs, files, begin = [], 0, 0, 0, time.monotonic()
    while len(cuts) < times:
        folder = tmp_path / f"study-{studies}"
        prepare(folder)
        within, studies = reach(folder) / 4, studies + 1
        while len(cuts) < times:
            # All over the study: some time after none, one or two more jobs have ended.
            seconds, runs = rng.uniform(0, within), runs + 1
            # Before this, the interpreter and Snakemake answer Ctrl-C for themselves.
            after = "Building DAG" if how == "interrupt" else ""
            more = jobs_done(folder) + rng.choice((0, 1, 1, 2))
            if not cut_short(folder, tmp_path / "told", seconds, how, after, more):
                break
            cuts.append((jobs_done(folder), round(seconds, 1)))
            unlocked(folder)
        runs += 1
        files += finished(study, folder)
    minutes = (time.monotonic() - begin) / 60
    print(f"{how}: {len(cuts)} times in {studies} studies, {runs} runs, {files} files identical, {minutes:.1f} min")
    print(f"jobs done, seconds since the start: {cuts}")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 40 MB of its own."""
    with disk(tmp_path / "disk", 40) as mounted:
        if not mounted:
            pytest.skip("only an administrator may mount a disk to fill")
        yield tmp_path / "disk"


def filled(place, room):
    """Leave ``room`` bytes of a disk free, whoever else writes to it meanwhile."""
    ballast = place / "ballast"
    ballast.unlink(missing_ok=True)
    with open(ballast, "wb", buffering=0) as file, suppress(OSError):
        while (more := free(place) - int(room)) > 0:
            file.write(bytes(min(more, 1 << 20)))


def run_into(folder, told, room=None):
    """Run until nothing more can be done on the full disk: messages, no traceback, a state to go on from.

    Args:
        room: bytes that are left free once the run has begun.
    """
    run = start(folder, told)
    if room is not None:
        run.until("Select jobs")
        filled(folder.parent, room)
    assert run.ended(1200) and run.process.returncode, run.shown()[-3000:]
    message = one_message(run.shown(), "The disk is full.", "same command again")
    assert commands_in(message)[0].startswith("df -h ")
    assert unlocked(folder)
    return message


def test_a_full_disk_is_told_and_the_study_goes_on_when_there_is_room(study, small_disk, tmp_path):
    folder = left_of(study, small_disk / "study")
    for room in (60_000, 0):
        run_into(folder, tmp_path / "told", room)
        # Not even enough to begin with.
        run_into(folder, tmp_path / "told")
        (small_disk / "ballast").unlink()
    finished(study, folder)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_disk_that_is_full_at_five_points_of_a_study_costs_nothing_but_time(study, small_disk, tmp_path):
    folder, rng = small_disk / "study", random.Random(5)
    prepare(folder)
    whole = sum(file.stat().st_blocks * 512 for file in (study / "results").rglob("*") if file.is_file())
    for share in [(point + rng.uniform(0, 0.9)) / 5 for point in range(5)]:
        (small_disk / "ballast").unlink(missing_ok=True)
        filled(small_disk, max(1.1e6, share * whole - used(small_disk)))
        message = run_into(folder, tmp_path / "told")
        print(f"room for {share:.0%} of the results: {jobs_done(folder)} jobs done; {message}")
    (small_disk / "ballast").unlink()
    print(f"{finished(study, folder)} files identical")


def test_a_folder_that_can_only_be_read_is_told_with_the_command_that_mends_it(small_disk):
    folder = small_disk / "study"
    prepare(folder)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = snakemake(folder, *SMALL, check=False)
    message = one_message(done.stdout + done.stderr, "The file system can only be read.")
    assert done.returncode
    subprocess.run(commands_in(message)[0], shell=True, check=True)
    snakemake(folder, "--dry-run", *SMALL)
