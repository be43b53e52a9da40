"""A sample of the nemesis: every kind of fault for 60 s, and no promise broken."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAULT_SECONDS = "60"
SEED = "20261"
#: Start, faults, drain and stop take 90 s of two free cores; a busy machine may take longer, a hang must not.
LIMIT_SECONDS = 300


@pytest.mark.full
def test_no_promise_is_broken_under_random_faults(tmp_path: Path) -> None:
    """In a process of its own, as the tool is used: what starts processes must not have spoken gRPC before."""
    options = ["--seconds", FAULT_SECONDS, "--seed", SEED, "--keep", str(tmp_path)]
    command = [sys.executable, "-m", "tools.faults", *options]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS)

    assert done.returncode == 0, done.stdout + done.stderr
