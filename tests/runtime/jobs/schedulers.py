"""Schedulers in processes of their own, with wrong clocks, for tests that stop and kill them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]


@contextmanager
def scheduler(program: str, urls: tuple[str, str], shift: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A module of these tests as a process that is told its stores, `shift` seconds off; killed at the end."""
    command = [sys.executable, "-m", f"tests.runtime.jobs.{program}", str(shift)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        process.stdin.write("".join(f"{url}\n" for url in urls).encode())
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()
