"""The code oracle: does the answer's program pass its tests?"""

import json
import secrets
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from threearc.judging.extraction import extract_program
from threearc.records.judgements import OracleOutcome
from threearc.records.prompts import Oracle


class OracleRunner:
    """Runs programs in a worker process with limits; equal programs are run once.

    Args:
        seconds: CPU and wall time per program.
        megabytes: address space per program.
    """

    def __init__(self, seconds: float, megabytes: int) -> None:
        self.seconds, self.megabytes = seconds, megabytes
        self._known: dict[tuple[str, str], OracleOutcome] = {}
        self._worker: subprocess.Popen[str] | None = None

    def judge(self, answer: str, oracle: Oracle) -> OracleOutcome:
        """What happens to the program in ``answer`` under the oracle's tests."""
        program = extract_program(answer, oracle.starter, oracle.entry_point)
        return "no code" if program is None else self.run(program, oracle.entry_point, oracle.test)

    def run(self, program: str, entry_point: str, test: str) -> OracleOutcome:
        """Run one program against ``test``'s ``check(candidate)``."""
        key = (program, test)
        if key not in self._known:
            job = {
                "program": program,
                "entry_point": entry_point,
                "test": test,
                "seconds": self.seconds,
                "megabytes": self.megabytes,
                "token": secrets.token_hex(16),
            }
            self._known[key] = self._ask(json.dumps(job))
        return self._known[key]

    def _ask(self, line: str) -> OracleOutcome:
        if self._worker is None:
            worker = Path(__file__).with_name("sandbox_worker.py")
            self._worker = subprocess.Popen(
                # Not -I, which would ignore the hash seed: the order of a set must not decide who passes.
                [sys.executable, "-s", "-P", str(worker)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={"PYTHONHASHSEED": "0"},
            )
        assert self._worker.stdin is not None and self._worker.stdout is not None
        self._worker.stdin.write(line + "\n")
        self._worker.stdin.flush()
        reply = self._worker.stdout.readline()
        if not reply:
            raise RuntimeError(f"the sandbox worker died with exit code {self._worker.wait()}")
        outcome: OracleOutcome = json.loads(reply)
        return outcome

    def close(self) -> None:
        """Stop the worker."""
        if self._worker is not None and self._worker.stdin is not None:
            self._worker.stdin.close()
            self._worker.wait()
            self._worker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
