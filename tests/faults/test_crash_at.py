"""CRASH_AT reaches a process of the product as it is started, and production refuses it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def scheduler(**environ: str) -> subprocess.CompletedProcess[str]:
    """The scheduler role of market-data, until it ends."""
    command = [sys.executable, "-m", "shared.bootstrap", "scheduler", "market_data"]
    named = {"MILLRACE_SERVICE_TOKEN": "a-service-token-of-enough-characters", **environ}
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **named}, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_process_dies_at_the_point_that_its_environment_names(urls: tuple[str, str]) -> None:
    done = scheduler(DATABASE_URL=urls[0], REDIS_URL=urls[1], CRASH_AT="reconcile.marked")

    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_process_in_production_refuses_to_start_with_a_point(urls: tuple[str, str]) -> None:
    done = scheduler(DATABASE_URL=urls[0], REDIS_URL=urls[1], CRASH_AT="1", MILLRACE_ENV="production")

    assert (done.returncode, "CRASH_AT must not be set" in done.stderr) == (78, True)
