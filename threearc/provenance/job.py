"""What every script of the workflow does around its work: log, report errors once and clearly, stamp the results."""

import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NoReturn

from threearc.provenance.errors import StudyError
from threearc.provenance.failures import forget_failure, write_failure
from threearc.provenance.hashing import file_hash
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

    An expected error ends the process with its one message, any other with a traceback; both stand in the log.
    """
    if not online:
        # Before any library that reads them is imported: they read them once.
        for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
            os.environ.setdefault(name, "1")
    parsed = parse_key(key)
    start = time.perf_counter()
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        logging.basicConfig(stream=file, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", force=True)
        forget_failure(log)
        try:
            # Before the work, so that a file that changes meanwhile does not pass for what was read.
            inputs = {path: file_hash(path) for path in parsed.upstream}
            with only(parsed.data):
                yield parsed.settings
        except StudyError as error:
            print(f"Error: {error}", file=file)
            _fail(parsed.rule, str(error), log)
        except BaseException as error:
            traceback.print_exc(file=file)
            if not isinstance(error, Exception):
                raise
            _fail(parsed.rule, f"{type(error).__name__}: {error} (traceback in {log})", log)
        write_stamp(stamp_of(log), parsed, inputs, outputs.values())
        print(f"done in {time.perf_counter() - start:.1f} s, {time.process_time():.1f} CPU-s of the process", file=file)


def _fail(rule: str, message: str, log: str) -> NoReturn:
    write_failure(rule, message, log)
    # Past the redirection: the user sees the one line on the terminal, not only in the log.
    print(f"Error in {rule}: {message}", file=sys.__stderr__, flush=True)
    raise SystemExit(1)
