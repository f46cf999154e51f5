"""The command itself: what every subcommand has in common."""

import subprocess
import sys

from studies import REPOSITORY


def test_a_reader_that_has_seen_enough_is_no_error():
    """As with `threearc plan | head -1`, whose other end closes while the rest is still written."""
    command = [sys.executable, "-m", "threearc.cli", "plan", "config/demo.yaml"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as plan:
        plan.stdout.close()
        assert plan.stderr.read() == "" and plan.wait() == 0
