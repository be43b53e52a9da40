"""Owns named locks: one owner at a time, by a random token and a time to live, renewed while the block runs.

It must never free what another took. A lock is advice; what may be written once is fenced by the unit of work.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import structlog

from shared import clock
from shared.errors import InvalidArgument, LockHeld, LockLost, NotFound, StoreUnavailable
from shared.jobs.connection import store_errors
from shared.jobs.lock_renewal import HeldLock, Renewals
from shared.jobs.scripts import Scripts

log = structlog.get_logger(__name__)
MAX_TTL = timedelta(hours=1)
MAX_WAIT = timedelta(minutes=5)
NAME_MAX = 200
PAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held now: by whom, since when, and until when if it is not renewed."""

    name: str
    owner: str
    since: datetime
    until: datetime


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """As lua/lock.lua packs it."""

    token: str
    owner: str
    since_ms: int


_decode = msgspec.msgpack.Decoder(_Kept).decode


@contextmanager
def held(
    renewals: Renewals,
    name: str,
    *,
    owner: str,
    ttl: timedelta,
    wait: timedelta,
    pause: Callable[[float], None],
    is_wanted: Callable[[], bool],
    keeps: Callable[[HeldLock], bool],
) -> Iterator[None]:
    """Hold the lock for the block. `ttl` bounds it should the process die; it is renewed while `is_wanted()`.

    A caller that `keeps` it at the end of a block that went well gives it back himself, by give_back.
    `pause(seconds)` may raise to give up early. Raises LockHeld when another owner keeps it for all of `wait`, and
    LockLost at the end of a block during which it was lost: what the block did is then not to be committed.
    """
    _check(name, owner, ttl, wait)
    scripts, token, ttl_ms = renewals.scripts, secrets.token_hex(16), ttl // timedelta(milliseconds=1)
    give_up_at = clock.monotonic() + wait.total_seconds()
    nap = 0.02
    while not scripts.lock("take", name, token=token, ttl_ms=ttl_ms, owner=owner):
        left = give_up_at - clock.monotonic()
        if left <= 0:
            raise LockHeld(f"lock {name} is held by another")
        pause(min(nap, left))
        nap = min(nap * 2, 0.25)
    mine = HeldLock(name, token, ttl_ms, is_wanted, renewed_at=clock.monotonic())
    renewals.add(mine)
    try:
        yield
    except BaseException:
        give_back(renewals, mine)
        raise
    if not (_is_ours(renewals, mine) if keeps(mine) else give_back(renewals, mine)):
        raise LockLost(f"lock {name} was lost while it was held: its time ran out, or somebody released it")


def _is_ours(renewals: Renewals, mine: HeldLock) -> bool:
    """False when it was lost. Without Redis it is ours as long as its time has not run out."""
    if mine.is_lost:
        return False
    try:
        return renewals.scripts.lock("renew", mine.name, token=mine.token, ttl_ms=mine.ttl_ms)
    except StoreUnavailable:
        return (clock.monotonic() - mine.renewed_at) * 1000 < mine.ttl_ms


def give_back(renewals: Renewals, mine: HeldLock) -> bool:
    """False when it was not ours any more. Without Redis its time ends it, and ours has not run out yet."""
    renewals.remove(mine)
    if mine.is_lost:
        return False
    try:
        return renewals.scripts.lock("free", mine.name, token=mine.token, ttl_ms=0)
    except StoreUnavailable as error:
        log.warning("lock left to its time to live", lock=mine.name, error=str(error))
        return (clock.monotonic() - mine.renewed_at) * 1000 < mine.ttl_ms


def listed(scripts: Scripts, *, limit: int = PAGE_MAX) -> list[Lock]:
    """The locks held now, those that end first before the others; at most `limit`."""
    now_ms = scripts.time_ms()
    with store_errors():
        found = scripts.client.zrangebyscore(
            scripts.keys.locks(), f"({now_ms}", "+inf", start=0, num=limit, withscores=True
        )
        values = scripts.client.mget([scripts.keys.lock(name.decode()) for name, _ in found]) if found else []
    locks = []
    for (name, until_ms), packed in zip(found, values, strict=True):
        if packed is not None:
            kept = _decode(packed)
            times = clock.from_epoch_ms(kept.since_ms), clock.from_epoch_ms(int(until_ms))
            locks.append(Lock(name.decode(), kept.owner, *times))
    return locks


def release(scripts: Scripts, name: str) -> None:
    """Take a lock from whoever holds it; he notices when he renews it, or at the end. Raises NotFound."""
    _check_name(name)
    if not scripts.lock("break", name, token="", ttl_ms=0):
        raise NotFound(f"lock {name} is not held")
    log.warning("lock released by force", lock=name)


def _check(name: str, owner: str, ttl: timedelta, wait: timedelta) -> None:
    _check_name(name)
    if not owner or len(owner) > NAME_MAX or not owner.isprintable():
        raise InvalidArgument(f"a lock needs an owner of 1 to {NAME_MAX} printable characters", field="owner")
    if not timedelta(milliseconds=1) <= ttl <= MAX_TTL:
        raise InvalidArgument(f"a lock's ttl must be above 0 and at most {MAX_TTL}, got {ttl}", field="ttl")
    if not timedelta(0) <= wait <= MAX_WAIT:
        raise InvalidArgument(f"a lock's wait must be from 0 to {MAX_WAIT}, got {wait}", field="wait")


def _check_name(name: str) -> None:
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise InvalidArgument(f"a lock's name must have 1 to {NAME_MAX} printable characters", field="key")
