"""Owns waiting for a product that runs in processes of its own. It must never wait without a limit."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

Found = TypeVar("Found")

#: No promise is this slow; only a machine with much else to do is.
LIMIT_SECONDS = 60.0
PAUSE_SECONDS = 0.1


def eventually(look: Callable[[], Found | None], awaited: str, *, seconds: float = LIMIT_SECONDS) -> Found:
    """The first thing `look` finds that is not None, False or empty; else the test fails, naming what was awaited."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {awaited}")
        pause.wait(PAUSE_SECONDS)  # another process will not signal us; the wait only spares the machine
