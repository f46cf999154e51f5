"""Claims: a run says, in its results folder, that it works there; a second run is refused while the first lives.

A run that ends by itself takes its claim back. One that was killed leaves it, and the next run on the same host sees
that its process is dead and takes over. What happens on another host cannot be seen from here, so a claim from there
always stands.
"""

import fcntl
import json
import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from threearc.front.processes import RUN, lives, members, snakemakes, started
from threearc.provenance.errors import StudyError
from threearc.provenance.hashing import text_hash

#: The claim's file in the results folder.
RUNNING = "running.json"


@dataclass(frozen=True)
class Claim:
    """Who works on a results folder.

    Attributes:
        id: the run's id, also the mark of all its processes.
        host: where it runs.
        pid: its process.
        start: when that process started, seconds since 1970.
        workdir: its working directory.
        command: its arguments.
        since: when it laid the claim, UTC, ISO 8601.
    """

    id: str
    host: str
    pid: int
    start: float
    workdir: str
    command: list[str]
    since: str

    def here(self) -> bool:
        """Whether the run is, or was, on this host."""
        return self.host == socket.gethostname()

    def dead(self) -> bool:
        """Whether the run is known to be over."""
        return self.here() and not lives(self.pid, self.start, self.id)


def new_claim(workdir: Path, command: Sequence[str]) -> Claim:
    """A claim of this very process."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    pid = os.getpid()
    return Claim(uuid.uuid4().hex, socket.gethostname(), pid, started(pid), str(workdir.resolve()), list(command), now)


def read_claim(path: Path) -> Claim | None:
    """The claim in a file; None if there is no such file.

    Raises:
        StudyError: if it is no claim.
    """
    try:
        return _parsed(path.read_bytes(), path)
    except FileNotFoundError:
        return None


def lay_claim(results: Path, claim: Claim) -> None:
    """Claim a results folder; of any number of runs that try at once, one succeeds.

    Raises:
        StudyError: if another run works there, or might, or has left jobs behind that still do; if the folder cannot
            be written.
    """
    path = results / RUNNING
    try:
        results.mkdir(parents=True, exist_ok=True)
        with _written(claim, path) as own:
            while not (_created(own, path) or _taken_over(own, path)):
                pass
        _flush_folder(results)
    except OSError as error:
        raise StudyError(
            f"The results folder cannot be written ({error.strerror}).",
            where=str(results),
            remedy="Make it writable, or choose another as study.results.",
        ) from None


def at_work(results: Path, workdir: Path) -> str | None:
    """Who works on a results folder, or may, in words; plain Snakemake is seen in this host's ``workdir`` only.

    Raises:
        StudyError: if the folder's claim cannot be read.
    """
    claim = read_claim(results / RUNNING)
    if claim is not None and not claim.dead():
        return f"pid {claim.pid} on host {claim.host}, since {claim.since}"
    pids = members(claim.id) if claim is not None else []
    pids += snakemakes(workdir)
    return f"pid {' '.join(map(str, pids))} on this host" if pids else None


def copy_of(claim: Claim, results: Path) -> Path:
    """Where the working directory keeps its copy of the latest claim that it has laid on a results folder."""
    return Path(claim.workdir, ".snakemake", "runs", f"{text_hash(str(results.resolve()))}.json")


def keep_copy(claim: Claim, results: Path) -> None:
    """Keep a copy of a claim in the working directory."""
    path = copy_of(claim, results)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _written(claim, path) as own:
        os.replace(own, path)


def withdraw(results: Path) -> None:
    """Take back the claim of this process, if it has one: its run ends by itself, and has unlocked."""
    run = os.environ.get(RUN)
    with suppress(StudyError, OSError):
        claim = read_claim(results / RUNNING)
        # Jobs have their run's mark too, and are not the run.
        if claim is not None and claim.id == run and claim.pid == os.getpid():
            copy_of(claim, results).unlink(missing_ok=True)
            (results / RUNNING).unlink()


def _parsed(data: bytes, path: Path) -> Claim:
    try:
        return Claim(**json.loads(data))
    except (ValueError, TypeError):
        raise StudyError(
            "This does not say which run works on the folder.",
            where=str(path),
            remedy=f"If you are sure that no run does, remove it: `rm {path}`.",
        ) from None


@contextmanager
def _written(claim: Claim, path: Path) -> Iterator[Path]:
    """The claim on disk under a name of its own, so that under ``path`` it is whole from its first moment."""
    # Of all hosts: two may have processes of one number.
    own = path.with_name(f".{claim.pid}.{claim.id}.{path.name}")
    try:
        with open(own, "w", encoding="utf-8") as handle:
            handle.write(json.dumps(asdict(claim), indent=1, sort_keys=True) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        yield own
    finally:
        own.unlink(missing_ok=True)


def _created(own: Path, path: Path) -> bool:
    """Whether the claim could be laid where there was none."""
    try:
        os.link(own, path)
    except FileExistsError:
        return False
    return True


def _taken_over(own: Path, path: Path) -> bool:
    """Whether the claim could be laid in the place of a dead one; False if that was gone already."""
    try:
        old = open(path, "rb+")  # noqa: SIM115
    except FileNotFoundError:
        return False
    with old:
        # All who would take over this very claim wait here; a file system without locks leaves them to their luck.
        with suppress(OSError):
            fcntl.flock(old, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(old.fileno()), os.stat(path)):
                _refuse_unless_dead(_parsed(old.read(), path), path)
                os.replace(own, path)
                return True
    return False


def _refuse_unless_dead(claim: Claim, path: Path) -> None:
    who = f"pid {claim.pid} on host {claim.host}"
    if not claim.here():
        raise StudyError(
            f"A run has been working on this folder since {claim.since}: {who}.",
            where=str(path.parent),
            remedy=f"Whether it still does cannot be seen from this host: if it does not, remove it: `rm {path}`.",
        )
    if not claim.dead():
        raise StudyError(
            f"A run has been working on this folder since {claim.since}: {who}.",
            where=str(path.parent),
            remedy=f"Wait until it ends, or stop it: `kill {claim.pid}`.",
        )
    left = " ".join(map(str, members(claim.id)))
    if left:
        raise StudyError(
            f"The run of {who} was killed, but jobs of it still work on this folder: pid {left}.",
            where=str(path.parent),
            remedy=f"Wait until they end, or stop them: `kill {left}`.",
        )


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
