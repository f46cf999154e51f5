"""Failures: what went wrong the last time that a job was tried. A job that was killed leaves none."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from threearc.provenance.errors import StudyError
from threearc.provenance.files import read_json, write_json
from threearc.provenance.stamps import beside


@dataclass(frozen=True)
class Failure:
    """How a job failed.

    Attributes:
        rule: the job's rule.
        message: the one line that the user was told.
        log: the job's log.
        time: when, UTC, ISO 8601.
    """

    rule: str
    message: str
    log: str
    time: str


def failure_of(log: str) -> Path:
    """Where the failure of the job with this log stands: results/logs/x/y.log -> results/failures/x/y.json."""
    return beside(log, "failures")


def write_failure(rule: str, message: str, log: str) -> None:
    """Write down that a job has failed, if that can be written at all: the disk may be what failed."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with suppress(OSError, StudyError):
        write_json(failure_of(log), asdict(Failure(rule, message, log, now)))


def forget_failure(log: str) -> None:
    """The job is tried again."""
    with suppress(OSError):
        failure_of(log).unlink()


def read_failure(log: str, root: Path = Path()) -> Failure | None:
    """The failure of the job with this log, a path below ``root``; None if there is none that can be read."""
    path = root / failure_of(log)
    try:
        return Failure(**read_json(path)) if path.exists() else None
    except (StudyError, TypeError):
        # It only tells of a job that is left to do anyway.
        return None
