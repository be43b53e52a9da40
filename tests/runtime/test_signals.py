"""A process hears SIGTERM whatever it does at that moment."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_process_stops_at_whichever_line_of_its_wait_the_signal_comes() -> None:
    command = [sys.executable, "-m", "tests.runtime.signalled"]

    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10, "the trace has lost the wait"
