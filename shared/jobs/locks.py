"""Owns named locks: one owner at a time, by a random token and a time to live. It must never free what another took."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from shared import clock
from shared.errors import InvalidArgument, LockHeld
from shared.jobs.scripts import Scripts

MAX_TTL = timedelta(hours=1)
MAX_WAIT = timedelta(minutes=5)


@contextmanager
def held(
    scripts: Scripts, name: str, *, ttl: timedelta, wait: timedelta, pause: Callable[[float], None]
) -> Iterator[None]:
    """Hold the lock for the block; `ttl` bounds it should the process die. `pause(seconds)` may raise to give up early.

    Raises LockHeld when another owner keeps it for all of `wait`.
    """
    if not name or len(name) > 200:
        raise InvalidArgument("a lock's name must have 1 to 200 characters", field="key")
    if not timedelta(0) < ttl <= MAX_TTL:
        raise InvalidArgument(f"a lock's ttl must be above 0 and at most {MAX_TTL}, got {ttl}", field="ttl")
    if not timedelta(0) <= wait <= MAX_WAIT:
        raise InvalidArgument(f"a lock's wait must be from 0 to {MAX_WAIT}, got {wait}", field="wait")
    token = secrets.token_hex(16)
    ttl_ms = ttl // timedelta(milliseconds=1)
    give_up_at = clock.monotonic() + wait.total_seconds()
    nap = 0.02
    while not scripts.lock("take", name, token=token, ttl_ms=ttl_ms):
        left = give_up_at - clock.monotonic()
        if left <= 0:
            raise LockHeld(f"lock {name} is held by another")
        pause(min(nap, left))
        nap = min(nap * 2, 0.25)
    try:
        yield
    finally:
        scripts.lock("free", name, token=token, ttl_ms=ttl_ms)
