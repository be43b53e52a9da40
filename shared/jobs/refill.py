"""Owns who writes ends and asks for the slots they freed, and when: the threads that ended a job, as they come by.

It must never run a job, nor let a thread wait for Redis that could run one.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from shared.errors import StoreUnavailable
from shared.jobs.lanes import Lane
from shared.jobs.scripts import Claim
from shared.jobs.traffic import Flight, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

log = structlog.get_logger(__name__)


class Refill:
    """Threads send for all that came meanwhile, one at a time where runs are short, else two.

    Where one thread runs everything it sends and runs on, and reads the answer when that is there or nothing is left to
    run: a second thread would only take the interpreter's lock from it.
    """

    def __init__(
        self,
        traffic: Traffic,
        *,
        may_send: Callable[[], bool],
        on_answer: Callable[[Claim | None, dict[str, int]], None],
        on_left: Callable[[], None],
        watch: Callable[[], None],
    ) -> None:
        self._traffic = traffic
        self._may_send = may_send
        self._on_answer = on_answer
        self._on_left = on_left
        self._faults_left = _FaultsLeft(on_left)
        self._watch = watch
        self._sending, self._sending_too = threading.Lock(), threading.Lock()
        #: What was sent and not read yet, oldest first, with the turn to send that it keeps until it is read.
        self._flights: deque[tuple[Flight, threading.Lock]] = deque()
        self._has_news = False
        #: What the last look saw: how often ends had been taken, and what was under way.
        self._takes_seen = 0
        self._flight_seen: Flight | None = None

    def ended(self, lane: Lane | None = None) -> None:
        """This thread of `lane` handed an end over, or freed a slot: it sees to it, or one that follows soon."""
        if lane is not None and not self._flights and self._is_company_near(lane) and not self._is_due(lane):
            self._watch()  # should that one take long after all
            return
        if not self._may_send():
            self._on_left()
            return
        with self._faults_left:
            if lane is not None and lane.pace.is_solo:
                self._run_on(lane)
            else:
                self._read(lane, waits=lane is not None and not lane.is_behind)
                self._has_news = True
                with _aside(lane):
                    self._see_to_news(lane)

    def look(self, *, has_waited: bool) -> None:
        """Every few milliseconds while runs are short: what nobody saw to since the last look is seen to now."""
        takes, self._takes_seen = self._takes_seen, self._traffic.completions.takes
        seen, self._flight_seen = self._flight_seen, next((flight for flight, _ in tuple(self._flights)), None)
        if seen is not None and seen is self._flight_seen:
            with self._faults_left:
                self._read(None, waits=False)
        if has_waited or (self._traffic.completions and takes == self._traffic.completions.takes):
            self.ended()

    def is_waiting(self) -> bool:
        """True while something is under way."""
        return bool(self._flights)

    def finish(self) -> None:
        """Read what is under way, and write every end there is."""
        self._read(None, waits=True)
        self._traffic.flush()

    def _is_company_near(self, lane: Lane) -> bool:
        return lane.is_end_near or self._traffic.is_company_near()

    def _is_due(self, lane: Lane) -> bool:
        """True when it is time to ask. Of a lane that a limit holds back one half is written while the other runs."""
        if not (lane.pace.is_solo and lane.may_open):
            return lane.wants(ahead=True) > 0
        return lane.wants() > 0 and not self._flights and len(self._traffic.completions) >= lane.in_hand

    def _run_on(self, lane: Lane) -> None:
        """Send and read until there is something to run, or nothing to be had."""
        self._has_news = True
        while True:
            self._read(lane, waits=False)
            if self._has_news and (not lane.is_behind or self._is_due(lane)):
                turn = self._turn_to_send(is_short=not lane.may_open)
                if turn is not None:
                    self._has_news = False
                    if self._send(lane, turn):
                        self._watch()
                        continue
            if lane.is_behind or not self._flights:
                return
            self._read(lane, waits=True)

    def _send(self, lane: Lane, turn: threading.Lock) -> bool:
        """Send what there is and keep the turn until it is answered; False when there was nothing to ask for."""
        is_sent = False
        try:
            if wants := self._wants():
                self._flights.append((self._traffic.ask(wants), turn))
                is_sent = True
            elif not lane.is_behind:
                self._traffic.flush()
        finally:
            if not is_sent:
                turn.release()
        return is_sent

    def _read(self, lane: Lane | None, *, waits: bool) -> None:
        """Read what is under way, when it is there or the caller has nothing else to do."""
        try:
            flight, _ = self._flights[0]
            if not waits and not flight.is_answered():
                return
            flight, turn = self._flights.popleft()
        except IndexError:
            return
        try:
            self._on_answer(self._traffic.hear(flight, lane=lane), flight.wants)
        finally:
            turn.release()
        self._has_news = self._has_news or bool(self._traffic.completions)

    def _see_to_news(self, lane: Lane | None) -> None:
        """Write ends and refill lanes, in one round trip, for all that came meanwhile."""
        is_short = lane is None or lane.pace.is_short
        while self._has_news and (turn := self._turn_to_send(is_short=is_short)) is not None:
            try:
                self._has_news = False
                if wants := self._wants():
                    self._on_answer(self._traffic.claim(wants, lane=lane), wants)
                elif lane is None or not self._traffic.is_company_near():
                    self._traffic.flush()  # the look comes when that company did not
            finally:
                turn.release()
            if self._has_news and lane is not None:
                lane.fill()  # what was left for this thread must not wait for its next round

    def _turn_to_send(self, *, is_short: bool) -> "threading.Lock | None":
        if self._sending.acquire(blocking=False):
            return self._sending
        return self._sending_too if not is_short and self._sending_too.acquire(blocking=False) else None

    def _wants(self) -> dict[str, int]:
        return self._traffic.reserve(ahead=True) if self._traffic.claims.identity else {}


class _FaultsLeft:
    """What a fault leaves undone is left to the loop, which will meet it as well; this thread and its slot live on."""

    __slots__ = ("_on_left",)

    def __init__(self, on_left: Callable[[], None]) -> None:
        self._on_left = on_left

    def __enter__(self) -> None:
        """Nothing is prepared."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        if isinstance(error, StoreUnavailable):
            log.warning("ends wait for Redis", error=str(error))
        else:
            log.error("ends were not written", exc_info=error)
        self._on_left()
        return True


@contextmanager
def _aside(lane: Lane | None) -> "Iterator[None]":
    """Another thread of the lane may run meanwhile."""
    if lane is None:
        yield
        return
    lane.step_aside()
    try:
        yield
    finally:
        lane.step_back()
