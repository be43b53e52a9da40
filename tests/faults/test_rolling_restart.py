"""Workers and schedulers are replaced under load: nothing is lost, doubled, or counted as an attempt or a crash."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IS_LONG = os.environ.get("MILLRACE_TEST_LONG") == "1"
#: A round that has begun is finished: one at an eighth of the load in CI, many in a long run.
SECONDS = "180" if IS_LONG else "1"
WORKERS, PACE = ("4", "1") if IS_LONG else ("2", "8")
LIMIT_SECONDS = 600


def test_a_rolling_restart_leaves_no_trace_in_any_job(tmp_path: Path) -> None:
    """In a process of its own, as the tool is used: what starts processes must not have spoken gRPC before."""
    options = [
        "--rolling",
        "--seconds",
        SECONDS,
        "--seed",
        "20261",
        "--workers",
        WORKERS,
        "--pace",
        PACE,
        "--keep",
        str(tmp_path),
    ]
    command = [sys.executable, "-m", "tools.faults", *options]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "restart-worker" in done.stdout
    assert "restart-scheduler" in done.stdout
