"""Owns how Redis is reached. It must never be opened at import."""

from typing import Any, TypeAlias, cast

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,  # noqa: A004  # redis' own error, which is not the builtin one
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,  # noqa: A004  # redis' own error, which is not the builtin one
)
from redis.retry import Retry

from shared.errors import StoreUnavailable

#: redis-py types every answer for both of its decoders at once, which no caller can use; ours always gives bytes.
RedisClient: TypeAlias = Any
#: Longest that a worker blocks on its wake-up keys; the socket must outlast it.
BLOCK_SECONDS = 5
SOCKET_TIMEOUT_SECONDS = 10
#: Errors after which the same call may succeed later; every other one is a fault of ours and must be seen.
UNAVAILABLE = (ConnectionError, TimeoutError, BusyLoadingError, OutOfMemoryError, ReadOnlyError)
#: How such a refusal begins where redis-py has no error of its own for it.
_REFUSALS = ("OOM", "MISCONF", "READONLY", "LOADING", "CLUSTERDOWN", "TRYAGAIN")


class Sightings:
    """Which server the connections of one client have met, newest last; a new one means that claims must stop."""

    def __init__(self) -> None:
        self.instance = ""
        self.changes = 0

    def note(self, connection: Any) -> None:
        """Greet a new connection and remember whose it is, before anything is sent over it (rule 13)."""
        connection.on_connect()
        found: dict[bytes, bytes] = {}
        for section in ("server", "replication"):
            connection.send_command("INFO", section)
            raw = connection.read_response()
            lines = raw.splitlines() if isinstance(raw, bytes) else str(raw).encode().splitlines()
            found.update(line.split(b":", 1) for line in lines if b":" in line)  # type: ignore[misc]  # pairs by the split
        instance = f"{found[b'run_id'].decode()}:{found[b'master_replid'].decode()}"
        if instance != self.instance:
            self.instance = instance
            self.changes += 1


class _Client(redis.Redis):
    sightings: Sightings


def connect(url: str, *, name: str, connections: int = 64) -> RedisClient:
    """A client with a bounded pool. Calls are repeated once on a broken connection: every script of ours may be."""
    sightings = Sightings()
    client = cast(
        "_Client",  # from_url makes its own class, which its annotation does not say
        _Client.from_url(
            url,
            client_name=name,
            max_connections=connections,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=2,
            socket_keepalive=True,
            health_check_interval=0,
            retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 1),
            redis_connect_func=sightings.note,
        ),
    )
    client.sightings = sightings
    return client


class store_errors:  # noqa: N801  # reads as a function where it is used; a generator's frame costs five times as much
    """Turn redis-py's errors of a moment into StoreUnavailable."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing is prepared."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, UNAVAILABLE):
            raise StoreUnavailable(f"Redis does not answer: {type(error).__name__}: {str(error)[:200]}") from error
        if isinstance(error, ResponseError) and str(error).startswith(_REFUSALS):
            raise StoreUnavailable(f"Redis refuses: {str(error)[:200]}") from error


def stream_entries(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of an XREAD or XREADGROUP of one stream, whichever protocol version shaped the answer."""
    if not answer:
        return []
    if isinstance(answer, dict):
        return [entry for blocks in answer.values() for block in blocks for entry in block]
    return [entry for _, entries in answer for entry in entries]


def instance_of(client: RedisClient) -> str:
    """What tells one life of a Redis data set from another: run id and replication id (rule 13)."""
    with store_errors():
        client.ping()
    return str(client.sightings.instance)
