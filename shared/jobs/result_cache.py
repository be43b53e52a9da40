"""Owns values that jobs of a service keep for each other. It must never answer with one whose time is over."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from shared.db import Database
from shared.errors import InvalidArgument
from shared.jobs import payloads

T = TypeVar("T")
KEY_MAX = 200
LONGEST = timedelta(days=31)

_READ = sa.text("SELECT value FROM result_cache WHERE key = :key AND expires_at > clock_timestamp()")
_KEEP = sa.text("""
INSERT INTO result_cache (key, value, expires_at)
VALUES (:key, CAST(:value AS jsonb), clock_timestamp() + CAST(:ttl AS interval))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
""")


def cached(database: Database, key: str, compute: Callable[[], T], *, ttl: timedelta) -> T:
    """The JSON value kept under `key`, or what `compute` returns, kept for `ttl`. Two may compute at once.

    Raises InvalidArgument for a bad key, a time outside 0 to 31 days, or a value that is no JSON or too large.
    """
    if not 0 < len(key) <= KEY_MAX or not key.isprintable():
        raise InvalidArgument(f"a key must have 1 to {KEY_MAX} printable characters", field="key")
    if not timedelta(0) < ttl <= LONGEST:
        raise InvalidArgument(f"ttl must be above 0 and at most 31 days, got {ttl}", field="ttl")
    with database.unit_of_work() as work:
        row = work.connection.execute(_READ, {"key": key}).one_or_none()
    if row is not None:
        known: T = row.value
        return known
    value = compute()
    try:
        encoded = msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidArgument(f"a kept value must be JSON: {error}", field="value") from error
    if len(encoded) > payloads.MAX_BYTES or payloads.holds_nul(encoded):
        raise InvalidArgument(f"a kept value has at most {payloads.MAX_BYTES:,} bytes and no NUL", field="value")
    with database.unit_of_work() as work:
        work.connection.execute(_KEEP, {"key": key, "value": encoded.decode(), "ttl": ttl})
    return value
