"""Owns the process beside a worker process: it extends the worker's leases while its heartbeat is held up by a job.

A job in C code that holds the interpreter's lock stops every thread of its process. It must never extend for a process
that is stopped, gone, or at rest: whoever computes nothing is frozen, and others shall have its jobs. It is run by its
path and imports nothing of ours: what the whole runtime needs would double a worker's memory.
"""

import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import psutil  # type: ignore[import-untyped]  # it ships no types
import redis

HEAD = struct.Struct(">I")
#: Running jobs of a queue that one look reads at once, of all workers.
PAGE = 500
#: Fields of a packed record (shared/jobs/entries.py), and the state in which it is leased.
GENERATION, STATE, TOKEN, WORKER = 0, 1, 17, 21
RUNNING = "running"
#: A process in one of these does nothing, whatever its threads would like.
AT_REST = frozenset((psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
_unpack = msgspec.msgpack.Decoder().decode


class Service(msgspec.Struct, frozen=True):
    """Where one service's leases are: its Redis, the extending function, and the keys that this wants."""

    url: str
    function: str
    jobs: str
    base: list[str]
    #: Of each queue its keys, and which of them holds the running ones.
    queues: list[list[str]]
    running: int


class Orders(msgspec.Struct, frozen=True):
    """What a worker process says once, at its start."""

    worker: str
    pid: int
    lease_ms: int
    overtime_ms: int
    #: Without a beat for so long the heart is held up; then it is looked at as often.
    silent_seconds: float
    look_seconds: float
    services: list[Service]


@dataclass(slots=True)
class Pulse:
    """Whether the worker's process computes: what it had used at the look before."""

    process: Any
    seconds: float

    def is_felt(self) -> bool:
        """True when it has computed since the last look and could go on."""
        try:
            used = self.process.cpu_times()
            status = self.process.status()
        except psutil.Error:
            return False
        before, self.seconds = self.seconds, used.user + used.system
        return status not in AT_REST and self.seconds > before


def extend(client: Any, service: Service, orders: Orders) -> int:
    """Extend every lease of this worker in one service; how many were."""
    extended = 0
    for keys in service.queues:
        for page in _pages(client, keys[service.running]):
            attempts = _attempts(page, client.hmget(service.jobs, page), orders.worker)
            if attempts:
                argument = msgspec.msgpack.encode([orders.lease_ms, orders.overtime_ms, attempts])
                wanted = [*service.base, *keys]
                statuses = client.execute_command("FCALL", service.function, len(wanted), *wanted, argument)
                extended += sum(1 for status in statuses if status in (1, 2))
    return extended


def _pages(client: Any, running: str) -> Iterator[list[bytes]]:
    ids = client.zrange(running, 0, -1)
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]


def _attempts(ids: list[bytes], packed: list[bytes | None], worker: str) -> list[list[object]]:
    found: list[list[object]] = []
    for job_id, raw in zip(ids, packed, strict=True):
        record = _unpack(raw)[0] if raw else ()
        if len(record) > WORKER and record[STATE] == RUNNING and record[WORKER] == worker:
            found.append([job_id.decode(), record[GENERATION], record[TOKEN], 1])
    return found


def keep(orders: Orders, wire: socket.socket) -> None:
    """Listen to the beats until the worker has gone; stand in while there are none."""
    clients = [redis.Redis.from_url(one.url, socket_timeout=5, socket_connect_timeout=2) for one in orders.services]
    pulse = Pulse(psutil.Process(orders.pid), 0.0)
    is_silent = False
    while True:
        wire.settimeout(orders.look_seconds if is_silent else orders.silent_seconds)
        try:
            if not wire.recv(4096):
                return
            is_silent = False
        except TimeoutError:
            # The first look only tells where it stands: the second one sees whether it moves.
            if pulse.is_felt() and is_silent:
                _stand_in(clients, orders)
            is_silent = True
        except OSError:
            return


def _stand_in(clients: list[Any], orders: Orders) -> None:
    extended = 0
    for client, service in zip(clients, orders.services, strict=True):
        try:
            extended += extend(client, service, orders)
        except redis.RedisError as error:
            _say("leases could not be extended", worker=orders.worker, error=type(error).__name__)
    if extended:
        _say("leases extended for a worker that cannot beat", worker=orders.worker, leases=extended)


def _say(event: str, **fields: object) -> None:
    """One line as the worker's own logs are; its clock is the reader's."""
    line = {"level": "warning", "event": event, "logger": "pacemaker", **fields}
    sys.stderr.write(msgspec.json.encode(line).decode() + "\n")
    sys.stderr.flush()


def read_orders(wire: socket.socket) -> Orders:
    """The first frame. Raises EOFError when the worker has gone before."""
    (length,) = HEAD.unpack(_read(wire, HEAD.size))
    return msgspec.msgpack.decode(_read(wire, length), type=Orders)


def _read(wire: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = wire.recv(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def main() -> None:
    """The wire is standard input."""
    with socket.socket(fileno=0) as wire:
        try:
            keep(read_orders(wire), wire)
        except EOFError:
            return


if __name__ == "__main__":
    main()
