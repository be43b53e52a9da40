"""Owns the Valkey of a run and what is done to it: killed, its log cut, emptied, starved. Never evicts, never lies."""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tools.stores import ValkeyServer
from tools.stores.errors import PortTaken

ANSWER_SECONDS = 2.0
STARVED_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Loss:
    """A moment at which the index may have gone back to an earlier state, in Redis milliseconds."""

    at_ms: int
    kind: str


class FaultyValkey:
    """The server, and the faults that need its process, its files or its administrator. Main thread only."""

    def __init__(self, folder: Path, *, port: int, password: str) -> None:
        self.server = ValkeyServer(folder, port=port, password=password)
        self.losses: list[Loss] = []
        #: When it was killed with its log left as it was, in milliseconds.
        self.kills: list[int] = []
        self._down_until = 0.0
        self._cut_bytes = 0
        self._fed_at = 0.0

    def client(self, **options: Any) -> Any:
        """A client past the proxy."""
        return redis.Redis.from_url(
            self.server.url(), socket_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0), **options
        )

    def is_ready(self) -> bool:
        """It answers and is not about to be started again."""
        return self.server.exit_code() is None and self.server.is_ready()

    def kill(self, *, away: float, cut_bytes: int = 0) -> None:
        """SIGKILL; it comes back after `away` seconds, without the last bytes of its log if so told."""
        if not cut_bytes:
            self.kills.append(time.time_ns() // 1_000_000)
        self.server.force_stop()
        self._down_until, self._cut_bytes = time.monotonic() + away, cut_bytes
        if cut_bytes:
            self.losses.append(Loss(time.time_ns() // 1_000_000, "cut"))

    def flush(self) -> None:
        """FLUSHALL, between two looks at its clock."""
        with self.client() as client:
            pipeline = client.pipeline(transaction=True)
            pipeline.flushall()
            pipeline.time()
            _, (seconds, micros) = pipeline.execute()
        self.losses.append(Loss(seconds * 1000 + micros // 1000, "flush"))

    def forget_scripts(self) -> None:
        """FUNCTION FLUSH, and what scripts there are."""
        with self.client() as client:
            client.script_flush()
            client.function_flush()

    def starve(self, lasting: float) -> None:
        """Next to no memory allowed for a time, so that writes are refused."""
        with self.client() as client:
            client.config_set("maxmemory", STARVED_BYTES)
        self._fed_at = time.monotonic() + lasting

    def heal(self) -> None:
        """Memory as before."""
        if self.is_ready():
            with self.client() as client:
                client.config_set("maxmemory", 0)
        self._fed_at, self._down_until = 0.0, 0.0

    def tend(self) -> None:
        """Start it again when its time has come; feed it again."""
        if self.server.exit_code() is not None:
            if time.monotonic() >= self._down_until:
                self._cut()
                try:
                    self.server.launch()
                except PortTaken:
                    self._down_until = time.monotonic() + 0.1
        elif self._fed_at and time.monotonic() >= self._fed_at:
            try:
                with self.client() as client:
                    client.config_set("maxmemory", 0)
                self._fed_at = 0.0
            except RedisError:
                self._fed_at = time.monotonic() + 0.1

    def _cut(self) -> None:
        logs = sorted(self.server.data_dir.glob("appendonlydir/*.incr.aof"), key=lambda path: path.stat().st_mtime)
        if self._cut_bytes and logs:
            size = logs[-1].stat().st_size
            with logs[-1].open("r+b") as log:
                log.truncate(max(0, size - self._cut_bytes))
        self._cut_bytes = 0


def random_cut(chance: random.Random) -> int:
    """How much of the log's tail goes: from half a command to about a second of work."""
    return int(10 ** chance.uniform(1.5, 5.3))
