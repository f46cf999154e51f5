import os
import time

import pytest

from threearc.judging.oracle import OracleRunner

TEST = "def check(candidate):\n    assert candidate() == 1\n"


@pytest.fixture(scope="module")
def oracle():
    with OracleRunner(seconds=1.0, megabytes=256) as runner:
        yield runner


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        ("def f():\n    return 1", "passed"),
        ("def f():\n    return 2", "failed"),
        ("def f():\n    raise ValueError", "error"),
        ("x = 1", "error"),
        ("def f(:", "error"),
        ("def f():\n    while True:\n        pass", "timeout"),
        ("import time\ndef f():\n    time.sleep(60)", "timeout"),
        ("def f():\n    return ' ' * 10**9", "memory"),
        ("import os\ndef f():\n    os.fork()\n    return 1", "error"),
        ("import subprocess\ndef f():\n    subprocess.run(['true'])\n    return 1", "error"),
        ("import os\nos._exit(0)", "error"),
        ("import sys\nsys.exit(0)", "error"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "error"),
        ("import sys\nsys.stdout.write('passed')\ndef f():\n    print('passed')", "failed"),
        ("import math, statistics, collections\ndef f():\n    return int(math.sqrt(1))", "passed"),
    ],
)
def test_outcomes(oracle, program, outcome):
    assert oracle.run(program, "f", TEST) == outcome


def test_a_hanging_program_is_stopped_in_time_and_the_next_one_runs(oracle):
    start = time.monotonic()
    oracle.run(
        "def f():\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "f",
        TEST,
    )
    assert time.monotonic() - start < 5
    assert oracle.run("def f():\n    return 1.0", "f", TEST) == "passed"


def test_programs_cannot_write_files(oracle, tmp_path):
    tmp_path.chmod(0o777)
    file = tmp_path / "out"
    oracle.run(f"with open({str(file)!r}, 'w') as h:\n    h.write('x')\ndef f():\n    return 1", "f", TEST)
    assert not file.exists() or os.path.getsize(file) == 0


def test_programs_see_no_environment(oracle, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    with OracleRunner(1.0, 256) as fresh:
        program = "import os\ndef f():\n    return int('HF_TOKEN' not in os.environ)"
        assert fresh.run(program, "f", TEST) == "passed"


def test_equal_programs_are_run_once():
    with OracleRunner(1.0, 256) as runner:
        runner.run("def f():\n    return 1", "f", TEST)
        runner._ask = None
        assert runner.run("def f():\n    return 1", "f", TEST) == "passed"


def test_the_order_of_a_set_is_the_same_in_every_sandbox():
    """A program whose result hangs on hashing must not pass today and fail tomorrow."""
    program = "def f():\n    return next(iter({'pear', 'plum', 'fig', 'date', 'lime'}))"
    found = set()
    for _ in range(4):
        with OracleRunner(seconds=1.0, megabytes=256) as runner:
            found.add(
                tuple(
                    runner.run(program, "f", f"def check(candidate):\n    assert candidate() == {name!r}\n")
                    for name in ("pear", "plum", "fig", "date", "lime")
                )
            )
    assert len(found) == 1 and "passed" in next(iter(found))
