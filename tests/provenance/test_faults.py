"""What the operating system refuses is told once, in one line, with a command: tried where it truly refuses."""

import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from crashing import commands_in
from spoiling import refused

from threearc.provenance.errors import StudyError
from threearc.provenance.faults import FAULTS, Terse, check_writable, fault_of, told
from threearc.provenance.files import read_json, replacing, write_json

NOBODY = 65534


def in_another(source, **options):
    """Run a piece of Python in a process of its own; the message it ends with."""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_a_full_disk_is_told_with_the_file_that_was_to_be_written():
    def write():
        with told("results/effects.json"), open("/dev/full", "w") as file:
            file.write("x")

    error = refused(write, "results/effects.json", "The disk is full")
    assert commands_in(error.remedy) == ["df -h ."]


def test_a_disk_that_fails_is_told_with_the_file_that_cannot_be_read():
    error = refused(lambda: read_json("/proc/self/mem"), "/proc/self/mem", "input/output error")
    assert "rm -f /proc/self/mem" in commands_in(error.remedy)


def test_a_read_only_file_system_is_told_with_its_mount_point():
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    sealed = [row[1] for row in mounts if "ro" in row[3].split(",") and os.path.isdir(row[1])]
    if not sealed:
        pytest.skip("no file system here is read-only")
    error = refused(lambda: check_writable(f"{sealed[0]}/results"), f"{sealed[0]}/results")
    assert "only be read" not in error.what or commands_in(error.remedy) == [f"mount -o remount,rw {sealed[0]}"]


def test_a_lack_of_permission_is_told_with_the_folder_that_bars_the_way(tmp_path):
    if os.getuid() != 0:
        pytest.skip("only an administrator can become somebody else")
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o755)
    (tmp_path / "results").mkdir(mode=0o755)
    source = f"""
import os
from threearc.provenance.files import write_json
os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})
try:
    write_json({str(tmp_path / "results/effects.json")!r}, 1)
except Exception as error:
    print(type(error).__name__, error)
"""
    message = in_another(source)
    assert message.startswith(f"StudyError {tmp_path}/results/effects.json: Permission is denied.")
    assert commands_in(message) == [f"chmod u+rwX {tmp_path}/results"]


def test_too_many_open_files_are_told_with_the_command_that_allows_more(tmp_path):
    source = f"""
import resource
from threearc.provenance.files import write_json
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
held = []
try:
    while True:
        held.append(open("/dev/null"))
except OSError:
    pass
try:
    write_json({str(tmp_path / "effects.json")!r}, 1)
except Exception as error:
    held.clear()
    print(type(error).__name__, error)
"""
    message = in_another(source)
    assert message.startswith(f"StudyError {tmp_path}/effects.json: Too many files are open.")
    assert commands_in(message) == ["ulimit -n 65536"]


@pytest.mark.parametrize("number", FAULTS)
def test_every_fault_names_the_file_and_a_command(tmp_path, number):
    fault = fault_of(OSError(number, "no", str(tmp_path / ".new.my heads.json")), "elsewhere")
    assert fault.where == str(tmp_path / "my heads.json"), "the file itself, not its temporary name"
    assert commands_in(fault.remedy) and fault.remedy.endswith("run the same command again.")
    assert "{" not in fault.remedy


def test_a_fault_is_found_behind_the_errors_of_libraries():
    class SafetensorError(Exception):
        pass

    rust = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert fault_of(rust, "model.safetensors").what == "The disk is full."
    try:
        try:
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        except OSError as error:
            raise RuntimeError("the archive cannot be written") from error
    except RuntimeError as error:
        assert "quota" in fault_of(error, "base.npz").what


@pytest.mark.parametrize(
    "error",
    [ValueError("28"), FileNotFoundError(errno.ENOENT, "No such file"), StudyError("The disk", where="a", remedy="b")],
)
def test_what_is_no_fault_of_the_system_stays_what_it_is(error):
    assert fault_of(error, "effects.json") is None
    with pytest.raises(type(error)), told("effects.json"):
        raise error


def test_a_folder_is_tried_without_leaving_anything(tmp_path):
    check_writable(tmp_path / "not/yet/there")
    assert not [*tmp_path.iterdir()]


def test_a_failed_write_leaves_the_old_file_and_no_scraps(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, 1)
    with pytest.raises(StudyError, match="The disk is full"), replacing(file) as temporary:
        temporary.symlink_to("/dev/full")
        temporary.write_text("half")
    assert file.read_text() == "1\n" and [*tmp_path.iterdir()] == [file]


def test_another_programs_traceback_becomes_one_line(caplog):
    logger = logging.getLogger("engine")
    logger.addFilter(Terse(".engine"))
    text = "Traceback (most recent call last):\n  File x\nOSError: [Errno 28] No space left on device"
    for message in (text, f"{text}: '.engine/notes'", "No rule to make this.", "[Errno 2] No such file"):
        logger.error(message)
    first, second, *others = (record.getMessage() for record in caplog.records)
    assert first.startswith("Error: .engine: The disk is full.") and "\n" not in first
    assert second.startswith("Error: .engine/notes: The disk is full.")
    assert others == ["No rule to make this.", "[Errno 2] No such file"]
