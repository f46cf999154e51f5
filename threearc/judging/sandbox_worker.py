"""Runs programs one after another, each in a forked child with limits; speaks JSON lines on stdin and stdout.

Started as a script in isolated mode with an empty environment: it imports the standard library only, so that a fork
costs a millisecond and the child holds nothing worth stealing. Limits: CPU and wall time, memory, no files written, no
processes, no network namespace where the kernel allows to leave it. This keeps honest mistakes of a model from harming
the machine; it is not a prison for a hostile program.
"""

import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

NOBODY = 65534
# Loaded before rights are given up: the child may not be able to read a Python that lives in root's home.
PRELOADED = (
    "abc array base64 bisect calendar cmath collections copy dataclasses datetime decimal enum fractions functools"
    " hashlib heapq itertools json math numbers operator queue random re statistics string struct textwrap typing"
    " unicodedata uuid zlib"
).split()
CLONE_NEWNET = 0x40000000


def limit(seconds: float, megabytes: int) -> None:
    """Give up rights and resources for good, in the child."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if os.getuid() == 0:
        # Root is exempt from the limit on processes.
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    bytes_ = megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (bytes_, bytes_))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def child(job: dict[str, Any], out: int) -> None:
    """Run the program and its check; write the outcome to ``out``, and only at the very end."""
    limit(job["seconds"], job["megabytes"])
    outcome = "error"
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            names: dict[str, Any] = {"__name__": "answer"}
            exec(compile(job["program"], "<answer>", "exec"), names)  # noqa: S102
            candidate = names[job["entry_point"]]
            # As HumanEval's own harness does: tests may call helpers that the program was given.
            check = dict(names)
            exec(compile(job["test"], "<test>", "exec"), check)  # noqa: S102
            check["check"](candidate)
        outcome = "passed"
    except AssertionError:
        outcome = "failed"
    except MemoryError:
        outcome = "memory"
    except BaseException:
        outcome = "error"
    os.write(out, f"{job['token']}:{outcome}".encode())


def run(job: dict[str, Any]) -> str:
    """Fork a child for the job and wait for its outcome; kill all of it when its time is up."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read)
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(0, 1)
            os.dup2(0, 2)
            child(job, write)
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    deadline = time.monotonic() + job["seconds"]
    said = b""
    ready: list[int] = [read]
    while ready:
        ready, _, _ = select.select([read], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(read, 4096) if ready else b""
        said += part
        if not part:
            break
    timed_out = not ready
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(read)
    token, _, outcome = said.decode(errors="replace").partition(":")
    if timed_out or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return "timeout"
    # A program that leaves early, by os._exit say, has not passed: only the harness knows the token.
    return outcome if token == job["token"] else "error"


def main() -> None:
    """Answer each line of stdin with one line."""
    os.chdir("/")
    # No network for this process and all its children, where the kernel allows to leave it; once, as it is slow.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET)
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
