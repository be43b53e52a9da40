"""Owns the rule that one clone has one supervisor. The kernel gives the lock back however its holder ends."""

import fcntl
import os
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """A descriptor that holds the lock while it is open, or None when another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
