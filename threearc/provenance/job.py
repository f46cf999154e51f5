"""What every script of the workflow does around its work: log, report errors once and clearly, stamp the results."""

import io
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NoReturn

from threearc.provenance.errors import StudyError
from threearc.provenance.failures import forget_failure, write_failure
from threearc.provenance.faults import fault_of, told
from threearc.provenance.intact import intact
from threearc.provenance.keys import parse_key
from threearc.provenance.reads import only
from threearc.provenance.stamps import stamp_of, write_stamp


@contextmanager
def job(key: str, log: str, outputs: Mapping[str, str], *, online: bool = False) -> Iterator[Mapping[str, Any]]:
    """Run a script's work: give it its settings, keep what it prints in ``log``, and stamp its outputs at the end.

    Args:
        key: the rule's key as text.
        log: file for all output.
        outputs: the rule's output files by name.
        online: the job may reach for the Hub, unless the user has set HF_HUB_OFFLINE; no other job ever does.

    An expected error, and what the operating system refuses, ends the process with its one message, any other with a
    traceback in the log. An interrupt ends it quietly: who pressed the keys knows.
    """
    if not online:
        # Before any library that reads them is imported: they read them once.
        for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
            os.environ.setdefault(name, "1")
    parsed = parse_key(key)
    start = time.perf_counter()
    try:
        file = _Log(log)
    except StudyError as error:
        _fail(parsed.rule, str(error), log)
    with file, redirect_stdout(file), redirect_stderr(file):
        logging.basicConfig(stream=file, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", force=True)
        forget_failure(log)
        try:
            # Held back until now, as all before would answer it with a traceback.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            # Before the work, so that a file that changes meanwhile does not pass for what was read.
            inputs = intact(parsed.upstream, log)
            with only(parsed.data):
                yield parsed.settings
            write_stamp(stamp_of(log), parsed, inputs, outputs.values())
        except StudyError as error:
            print(f"Error: {error}", file=file)
            _fail(parsed.rule, str(error), log)
        except KeyboardInterrupt:
            traceback.print_exc(file=file)
            raise SystemExit(128 + signal.SIGINT) from None
        except Exception as error:
            traceback.print_exc(file=file)
            fault = fault_of(error, next(iter(outputs.values()), log))
            _fail(parsed.rule, str(fault or f"{type(error).__name__}: {error} (traceback in {log})"), log)
        print(f"done in {time.perf_counter() - start:.1f} s, {time.process_time():.1f} CPU-s of the process", file=file)


class _Log(io.TextIOBase):
    """The log of a job: where the disk is full it loses lines, and the job tells what it could not write itself."""

    def __init__(self, path: str) -> None:
        with told(path):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a buffer that cannot be written would raise its error at every later line.
            self._file = open(path, "wb", buffering=0)  # noqa: SIM115

    encoding = "utf-8"

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._file.write(text.encode(self.encoding, errors="replace"))
        return len(text)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()
        super().close()


def _fail(rule: str, message: str, log: str) -> NoReturn:
    write_failure(rule, message, log)
    # Past the redirection: the user sees the one line on the terminal, not only in the log.
    print(f"Error in {rule}: {message}", file=sys.__stderr__, flush=True)
    raise SystemExit(1)
