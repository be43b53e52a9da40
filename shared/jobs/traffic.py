"""Owns what one worker and Redis say to one another: ends written, slots reserved, jobs claimed and handed over.

It must never wait in this process, nor decide when to speak.
"""

from collections import deque
from collections.abc import Callable, Mapping

import msgspec
import structlog

from shared import metrics
from shared.errors import StoreUnavailable
from shared.jobs.attempts import Attempt
from shared.jobs.claims import Block, Claims, Question
from shared.jobs.completions import Completions, Ended
from shared.jobs.crash_points import crash_point
from shared.jobs.lanes import Lane
from shared.jobs.running import Running, RunningAttempts
from shared.jobs.scripts import Claim, Claimed
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)


class Flight(msgspec.Struct, frozen=True, eq=False):
    """What was sent and not answered yet: the claim, for which slots, and the ends written with it."""

    question: Question
    wants: dict[str, int]
    ended: list[Ended]
    waited: bool

    def is_answered(self) -> bool:
        """True when hearing does not wait."""
        return self.question.asked.is_answered()


class Traffic:
    """Any thread may call any of it; what is reserved for one claim no other asks for."""

    def __init__(
        self,
        jobs: Jobs,
        name: str,
        lanes: Mapping[str, Lane],
        *,
        attempt: Callable[[Claimed, Running], Attempt],
        may_start: Callable[[], bool],
        on_crowd: Callable[[], None],
    ) -> None:
        self.attempts = RunningAttempts()
        self.completions = Completions()
        self.claims = Claims(jobs, name)
        self._jobs = jobs
        self._lanes = lanes
        self._attempt = attempt
        self._may_start = may_start
        self._on_crowd = on_crowd

    def is_done(self) -> bool:
        """True when nothing runs here and nothing is claimed: a slot is promised from before a claim is sent until what
        it brought is among the attempts, or was given back.
        """
        return not any(lane.is_promised for lane in self._lanes.values()) and not self.attempts.all()

    def wants(self) -> bool:
        """True when a lane wants more than claims under way may bring."""
        return any(lane.wants() for lane in self._lanes.values())

    def reserve(self, *, waits: bool = False, ahead: bool = False) -> dict[str, int]:
        """What to claim now, by queue: slots that no other claim is promised until this one is over.

        With `ahead` those count that are about to be free; only who ends a job may ask for them, since the next end
        asks again. Nothing once no job may start any more.
        """
        if not self._may_start():
            return {}
        return {
            queue: wanted
            for queue, lane in self._lanes.items()
            if lane.wants(ahead=ahead) and (wanted := lane.reserve(waits=waits, ahead=ahead))
        }

    def ask(self, wants: dict[str, int], *, block: Block | None = None) -> "Flight":
        """Send the ends that wait, and a claim of what was reserved."""
        ended: list[Ended] = []
        try:
            ended = self.completions.take()
            question = self.claims.ask(wants, [each.completion for each in ended], block=block)
        except BaseException as error:
            if isinstance(error, StoreUnavailable):
                self.completions.put_back(ended)
            self._answered(wants, waited=block is not None)
            raise
        return Flight(question, wants, ended, waited=block is not None)

    def hear(self, flight: "Flight", *, lane: Lane | None = None) -> Claim | None:
        """Wait for the answer and hand over what came; None when claims are closed.

        The caller is a thread of `lane`, which takes one of its jobs itself, or none.
        """
        try:
            statuses, claim = self._hear(flight)
            crash_point("claim.answered")
            self._confirm(flight.ended, statuses)
            if claim is not None and not self._may_start():
                self.claims.give_back(claim)
                return None
            if claim is not None:
                self._hand_over(claim, flight.wants, lane)
            return claim
        finally:
            self._answered(flight.wants, waited=flight.waited)

    def _hear(self, flight: "Flight") -> tuple[list[bool], Claim | None]:
        try:
            return self.claims.hear(flight.question)
        except StoreUnavailable:
            self.completions.put_back(flight.ended)
            raise

    def claim(self, wants: dict[str, int], *, block: Block | None = None, lane: Lane | None = None) -> Claim | None:
        """Both, in one round trip."""
        return self.hear(self.ask(wants, block=block), lane=lane)

    def give_back(self, lane: Lane) -> None:
        """Release what has waited too long in a lane, for whoever has a slot."""
        overdue = lane.take_overdue()
        count = len(overdue)
        try:
            self.release(overdue)
        except StoreUnavailable as error:
            log.warning("jobs wait behind long runs until Redis answers", queue=lane.queue, error=str(error))
            lane.put(overdue)
        if given := count - len(overdue):
            log.debug("given back: they waited behind long runs", queue=lane.queue, jobs=given)

    def release(self, waiting: deque[Attempt]) -> None:
        """Release what has not started and take it off the list; no attempt is spent."""
        while waiting:
            self._jobs.scripts.release(waiting[0].claimed.held)
            self.attempts.remove(waiting.popleft().running)

    def _answered(self, wants: dict[str, int], *, waited: bool) -> None:
        for queue, wanted in wants.items():
            self._lanes[queue].answered(wanted, waited=waited)

    def is_company_near(self) -> bool:
        """True while another end comes within a moment, so that ends can wait to be written together."""
        return any(lane.is_end_near for lane in self._lanes.values())

    def flush(self) -> None:
        """Write the ends that wait."""
        while ended := self.completions.take():
            self._write(ended)

    def _write(self, ended: list[Ended]) -> None:
        try:
            statuses = self._jobs.scripts.complete([each.completion for each in ended])
        except StoreUnavailable:
            self.completions.put_back(ended)
            raise
        self._confirm(ended, statuses)

    def _confirm(self, ended: list[Ended], statuses: list[bool]) -> None:
        if ended:
            crash_point("complete.written")
        for each, is_done in zip(ended, statuses, strict=True):
            self.attempts.remove(each.running)
            if not is_done:
                metrics.STALE_WRITES.labels(service=self._jobs.service).inc()
                log.warning("stale outcome refused", service=self._jobs.service, job_id=each.running.held.id)

    def _hand_over(self, claim: Claim, wants: dict[str, int], lane: Lane | None) -> None:
        by_queue: dict[str, list[Attempt]] = {queue: [] for queue in wants}
        for claimed in claim.jobs:
            running = Running(claimed.held)
            self.attempts.add(running)
            by_queue.setdefault(claimed.held.queue, []).append(self._attempt(claimed, running))
        crash_point("claim.handed_over")
        for queue, attempts in by_queue.items():
            its = self._lanes[queue]
            its.is_held_back = queue in claim.held_back
            if attempts and its.put(attempts, keeps=its is lane):
                self._on_crowd()
            its.was_given(len(attempts), asked=wants.get(queue, 0))
