"""Owns pushes whose answers are read later, by the next push over the same connection, which finds them there.

It must never carry a call whose answer its caller needs: one that nobody comes to read is a lost one, which the relay
makes good.
"""

import select
from collections import deque
from collections.abc import Iterable
from typing import Any

import structlog
from redis.exceptions import ResponseError

from shared.jobs.connection import UNAVAILABLE
from shared.jobs.script_calls import IDLE_MAX, ScriptCalls

log = structlog.get_logger(__name__)
#: A call as it travels, and how many jobs it holds.
Wired = tuple[bytes, int]


class _Line:
    """One connection, and how many jobs each answer speaks of that has not been read."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._unread: deque[int] = deque()
        self._poll = select.poll()
        self._poll.register(connection._sock, select.POLLIN)  # can_read() costs ten times as much
        self._is_broken = False
        self.has_function = False

    def send(self, call: bytes, jobs: int) -> None:
        """A call that pushes so many jobs."""
        self._connection.send_packed_command([call], check_health=False)
        self._unread.append(jobs)

    def read(self) -> int:
        """Read every answer; how many jobs are not known to be in the index."""
        left = 0
        try:
            while self._unread:
                left += self._refused(self._unread[0])
                self._unread.popleft()
        except UNAVAILABLE as error:
            self._is_broken = True
            left += self._lost(sum(self._unread), error)
            self._unread.clear()
        return left

    def _refused(self, jobs: int) -> int:
        try:
            answer = self._connection.read_response(disable_decoding=True)
        except ResponseError as error:  # full, read-only, without the function: these jobs are not in
            self.has_function = False
            return self._lost(jobs, error)
        return sum(1 for status in answer if status < 0)

    def _lost(self, jobs: int, error: Exception) -> int:
        log.warning("push left to the relay", jobs=jobs, error=str(error)[:200])
        return jobs

    def is_usable(self) -> bool:
        """Nothing is to be read while nothing was asked, else the server has closed the connection."""
        return not self._is_broken and not self._poll.poll(0)

    def close(self) -> None:
        """Give the connection up."""
        self._connection.disconnect()


class SentAhead:
    """Sends calls of a function without waiting; a connection is used again when all its answers have been read."""

    def __init__(self, calls: ScriptCalls) -> None:
        self._calls = calls
        self._idle: deque[_Line] = deque()

    def send(self, batches: Iterable[Wired]) -> int:
        """Send pushes in order; how many jobs of earlier calls turn out not to be in the index.

        Raises what the connection raises: nothing is known of this call's jobs then, as after a lost answer.
        """
        left, line = self._take()
        try:
            for call, jobs in batches:
                if not line.has_function:
                    self._calls.load()
                    line.has_function = True
                line.send(call, jobs)
        except BaseException:
            line.close()
            raise
        self._keep(line)
        return left

    def settle(self) -> int:
        """Wait for every answer; how many jobs are not known to be in the index."""
        left, lines = 0, []
        while line := self._pop():
            left += line.read()
            lines.append(line)
        for line in lines:
            self._keep(line)
        return left

    def _take(self) -> tuple[int, _Line]:
        left = 0
        while line := self._pop():
            left += line.read()
            if line.is_usable():
                return left, line
            line.close()
        return left, _Line(self._calls.connected())

    def _pop(self) -> _Line | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _keep(self, line: _Line) -> None:
        if len(self._idle) < IDLE_MAX:
            self._idle.append(line)
        else:
            line.close()
