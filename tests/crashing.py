"""Ways to cut runs short, as crashes, schedulers and users do, and what must be true of what they leave."""

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studies import SMALL, command, results_of, snakemake


@dataclass
class Run:
    """A run of the small study in a session of its own.

    Attributes:
        workdir: the study's folder.
        process: of snakemake itself; its jobs are in the same process group.
        told: file of all that a terminal would have shown.
    """

    workdir: Path
    process: subprocess.Popen[bytes]
    told: Path

    def ended(self, seconds: float) -> bool:
        """Wait for the end, no longer than ``seconds``."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is not None

    def until(self, text: str, seconds: float = 120) -> None:
        """Wait until the terminal shows a text."""
        end = time.monotonic() + seconds
        while text not in self.shown() and not self.ended(0.05):
            assert time.monotonic() < end, f"{text!r} was not shown within {seconds} s"

    def kill(self) -> None:
        """Kill snakemake and all of its jobs at once, as a power cut or the kernel would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        # Jobs are nobody's children now: wait until the last of them is gone.
        with suppress(ProcessLookupError):
            while True:
                os.killpg(self.process.pid, 0)
                time.sleep(0.01)

    def shown(self) -> str:
        """What a terminal would show by now."""
        return self.told.read_text()


def start(workdir: Path, told: Path, *arguments: Any) -> Run:
    """Start the small study, or go on with it."""
    with open(told, "w") as shown:
        process = subprocess.Popen(
            command(workdir, *SMALL, *arguments), cwd=workdir, stdout=shown, stderr=shown, start_new_session=True
        )
    return Run(workdir, process, told)


def unlocked(workdir: Path) -> bool:
    """Whether the study can go on as it is; if not, take away the lock of a dead run."""
    if not [*workdir.glob(".snakemake/locks/*")]:
        return True
    snakemake(workdir, "--unlock", *SMALL)
    return False


def jobs_done(workdir: Path) -> int:
    """How far a study is: jobs that have finished."""
    return sum(1 for _ in workdir.glob("results/stamps/**/*.json"))


def same_as(undisturbed: Path, workdir: Path) -> int:
    """Check that a study that was disturbed has the results of one that was not; how many files were compared."""
    expected, found = results_of(undisturbed), results_of(workdir)
    differ = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    assert not differ, f"{len(differ)} of {len(expected)} files are missing, other or left over: {differ[:9]}"
    return len(expected)


def one_message(shown: str, *named: str) -> str:
    """Check that the terminal shows no traceback, and that every message that names all of ``named`` is one line."""
    assert "Traceback" not in shown, shown[-6000:]
    told = [line for line in shown.splitlines() if all(name in line for name in named)]
    assert told, shown[-6000:]
    return told[0]


def commands_in(message: str) -> list[str]:
    """The commands that a message tells the user to run."""
    return re.findall(r"`([^`]+)`", message)


@contextmanager
def disk(folder: Path, megabytes: float):
    """A disk of its own for a folder, as small as wanted; only an administrator may have one."""
    folder.mkdir()
    size = f"size={int(megabytes * 1024)}k"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def used(folder: Path) -> int:
    """Bytes in use on the disk that a folder lies on."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def free(folder: Path) -> int:
    """Bytes free on the disk that a folder lies on."""
    found = os.statvfs(folder)
    return found.f_bfree * found.f_frsize
