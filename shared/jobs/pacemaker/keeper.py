"""Owns the worker's side of its pacemaker: started by exec, told of every beat, started again when it has gone.

It must never hold up the heartbeat: a pacemaker that does not listen is replaced, and a worker without one goes on.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from shared import clock
from shared.jobs.keys import QUEUE_KEYS
from shared.jobs.pacemaker import process
from shared.jobs.scripts import LEASE_MS, OVERTIME_MS, Scripts

log = structlog.get_logger(__name__)
#: A lease of 30 s is extended every 8 s, so that one has at least 22 s left when its heart is held up.
QUIET_SECONDS = 5.0
AGAIN_SECONDS = 4.0
#: Between two starts.
PAUSE_SECONDS = 30.0
#: The file is run as it stands, without the folder it stands in among what it may import.
COMMAND = (sys.executable, "-P", str(Path(process.__file__)))


class Pacemaker:
    """One process beside this one. Not shared between threads, but for `stop` after the last `beat`."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._services: list[process.Service] = []
        self._wire: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._start_at = 0.0

    def watch(self, scripts: Scripts, url: str, queues: Sequence[str]) -> None:
        """Look after the leases of one more service; before the first beat."""
        keys = scripts.keys
        self._services.append(
            process.Service(
                url, scripts.function("extend"), keys.of("jobs"), keys.base(), [keys.queue(queue) for queue in queues],
                QUEUE_KEYS.index("running"),
            )
        )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def beat(self) -> None:
        """The heart beats. Starts the process with the first one, and again when it has gone."""
        if self._wire is None:
            if clock.monotonic() < self._start_at:
                return
            self._start_at = clock.monotonic() + PAUSE_SECONDS
            self._start()
        try:
            if self._wire is not None:
                self._wire.send(b".")
        except BlockingIOError:
            return  # it is busy, and has many beats to read
        except OSError:
            log.warning("the pacemaker is gone")
            self.stop()

    def stop(self) -> None:
        """End it: it goes when nobody is at the other end."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            self._process.kill()
            self._process.wait()
            self._process = None

    def _start(self) -> None:
        orders = process.Orders(
            self._worker, os.getpid(), LEASE_MS, OVERTIME_MS, QUIET_SECONDS, AGAIN_SECONDS, self._services
        )
        frame = msgspec.msgpack.encode(orders)
        ours, theirs = socket.socketpair()
        try:
            # A session of its own: what ends the worker by its group must not be what ends this one first.
            self._process = subprocess.Popen(
                COMMAND, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, start_new_session=True
            )
            ours.sendall(process.HEAD.pack(len(frame)) + frame)
        except OSError as error:
            log.warning("no pacemaker", error=str(error))
            ours.close()
            return
        finally:
            theirs.close()
        ours.setblocking(False)
        self._wire = ours
