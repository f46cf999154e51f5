# How a run behaves: threads, signals, and what it says.

import atexit
import os
import shlex
import signal
import subprocess
import threading

from snakemake.logging import logger
from snakemake.shell import shell

from threearc.front.claims import withdraw
from threearc.provenance.faults import Terse

# One thread per process: two processes of one thread beat one of two, and results do not depend on the cores.
for name, value in {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Memory that one step frees the next one needs: giving it back to the kernel in between costs a third of a job.
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
}.items():
    os.environ.setdefault(name, value)

# Ctrl-C and a scheduler's SIGTERM: go quietly, and leave no lock. Once jobs run, Snakemake sees to Ctrl-C.
if threading.current_thread() is threading.main_thread():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))


def answer_sigterm():
    """Once jobs run: let those that run end and start no others, as Snakemake's own answer to SIGTERM does.

    That one waits, in the main thread, for a lock that the main thread itself holds while it selects jobs: a signal at
    that moment would stop the run for ever. In a thread of its own it waits until the lock is free.
    """

    def end(*signalled):
        threading.Thread(target=workflow.scheduler.exit_gracefully, daemon=True).start()

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)


# Ctrl-C reaches jobs too: it waits until they can say nothing in answer, where this system's `env` can hold it back.
HOLD = ["env", "--block-signal=INT"]
if subprocess.run([*HOLD, "true"], capture_output=True, check=False).returncode == 0:
    shell.prefix(f"set -euo pipefail; {shlex.join(HOLD)} ")

# Where the disk fills up on the way, Snakemake too says so in one line.
logger.addFilter(Terse(".snakemake"))


def shorten(record):
    """A job may have hundreds of inputs, and Snakemake names each that is its reason to run: `--verbose` shows all."""
    reason = str(getattr(record, "reason", ""))
    if len(reason) > 300 and not workflow.output_settings.verbose:
        record.reason = f"{reason[:300].rpartition(', ')[0]}, ..."
    return True


logger.addFilter(shorten)

# What `threearc run` has claimed it gives back at the end, unless it is killed: that is how the next one knows.
atexit.register(withdraw, Path(RESULTS).absolute())
