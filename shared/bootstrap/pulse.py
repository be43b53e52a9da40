"""Owns what a worker process tells its parent: that it is well, and that it wants to be replaced.

It must never end the process by itself while the parent lives: the parent decides whose turn it is.
"""

import math
import os
import socket
import threading
from collections.abc import Callable

import psutil  # type: ignore[import-untyped]  # it ships no types
import structlog

from shared import metrics
from shared.bootstrap.children import ILL, REPLACE_ME, WELL
from shared.bootstrap.process import Process

log = structlog.get_logger(__name__)
BEAT_SECONDS = 1.0
MIB = 1024 * 1024

#: None while the process may go on, else why it wants to be replaced.
Reason = Callable[[], str | None]


class Pulse:
    """One thread; it ends with the process."""

    def __init__(self, process: Process, parent: socket.socket, *more: Reason, longest_seconds: float) -> None:
        """`longest_seconds`: no job runs longer, so that what keeps this process from beating does not either."""
        self._process = process
        self._longest = longest_seconds
        self._parent = parent
        self._reasons = (self._memory, self._jobs, *more)
        self._has_asked = False
        self._self = psutil.Process(os.getpid())

    def start(self) -> None:
        """Begin to beat: the role has started."""
        threading.Thread(target=self._loop, name="pulse", daemon=True).start()

    def _loop(self) -> None:
        self._parent.settimeout(BEAT_SECONDS)
        longest = b"%ds" % math.ceil(self._longest)
        while True:
            try:
                self._beat(longest)
                longest = b""
                if not self._parent.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        log.warning("the parent is gone; draining")
        self._process.stopping.set()

    def _beat(self, first: bytes) -> None:
        # A process that is not well says no more than that, and is replaced for it.
        is_well = self._process.health.liveness().is_well or self._has_asked
        self._parent.sendall(first + (WELL if is_well else ILL))
        reason = None if self._has_asked else next((why for each in self._reasons if (why := each())), None)
        if reason is not None:
            self._has_asked = True
            log.info("asks to be replaced", reason=reason)
            self._parent.sendall(REPLACE_ME)

    def _memory(self) -> str | None:
        limit = self._process.settings.worker_rss_limit_mb
        if not limit:
            return None
        resident = self._self.memory_info().rss // MIB
        return f"WORKER_RSS_LIMIT_MB={limit}: {resident} MiB are resident" if resident > limit else None

    def _jobs(self) -> str | None:
        limit = self._process.settings.worker_jobs_limit
        if not limit:
            return None
        ended = int(metrics.JOB_ATTEMPTS.total())
        return f"WORKER_JOBS_LIMIT={limit}: {ended} have run" if ended >= limit else None
