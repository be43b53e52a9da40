"""Owns how a test waits for another thread or process: on a predicate, bounded. It must never be a plain sleep."""

import threading
from collections.abc import Callable
from typing import TypeVar

from shared import clock

T = TypeVar("T")
PAUSE_SECONDS = 0.005


def eventually(look: Callable[[], T], *, within: float = 10.0) -> T:
    """The first true value that `look` returns; AssertionError when there is none in time."""
    give_up_at = clock.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if clock.monotonic() > give_up_at:
            raise AssertionError(f"still {found!r} after {within} s")
        threading.Event().wait(PAUSE_SECONDS)
