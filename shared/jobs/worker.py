"""Owns the worker loop of one service in one process: claim, hand over, write ends, block, drain.

It must never run a job itself.
"""

import threading
from collections import Counter

import structlog

from shared import clock, metrics
from shared.errors import StoreUnavailable
from shared.jobs.attempts import Attempt, perform_attempt
from shared.jobs.broker import MillraceBroker
from shared.jobs.claims import Block, Claims
from shared.jobs.completions import Completions, Ended
from shared.jobs.connection import BLOCK_SECONDS
from shared.jobs.crash_points import crash_point
from shared.jobs.lanes import Lane
from shared.jobs.observation import observe
from shared.jobs.outcomes import Done, Lost, Outcome, Released
from shared.jobs.running import Running, RunningAttempts, Stopping
from shared.jobs.scripts import Claim
from shared.jobs.settlement import completion_of, settle
from shared.jobs.shepherd import Shepherd
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
CLOSED_PAUSE_SECONDS = 0.25
FAULT_PAUSE_SECONDS = 0.5
IDLE_SECONDS = 1.0
#: How many threads that ended a job may speak to Redis at once.
SENDERS = 2
STALLED_AFTER_SECONDS = 30.0


class ServiceWorker:
    """Claims and runs one service's jobs. `start` once, `stop` once."""

    def __init__(
        self,
        jobs: Jobs,
        broker: MillraceBroker,
        resources: dict[type, object],
        *,
        name: str,
        slots: dict[str, int],
    ) -> None:
        self.jobs = jobs
        self.name = name
        self.attempts = RunningAttempts()
        self.completions = Completions()
        self._broker = broker
        self._resources = resources
        self._lanes = {queue: Lane(queue, n, self._run, name=f"{jobs.service}-{queue}") for queue, n in slots.items()}
        self._stopping = threading.Event()
        #: Set when something ended while the loop waits in this process.
        self._changed = threading.Event()
        #: The queues the loop asks for while it blocks in Redis; None while it does not block there.
        self._blocked_on: frozenset[str] | None = None
        #: When that block ends at the latest.
        self._blocked_until = 0.0
        #: How many threads that ended a job may write and claim at once; the others leave it to them.
        self._senders = threading.Semaphore(SENDERS)
        self._thread = threading.Thread(target=self._loop, name=f"{jobs.service}-claims", daemon=True)
        self._claims = Claims(jobs, name)
        self._shepherd = Shepherd(self._lanes.values(), self._on_look, name=f"{jobs.service}-lanes")
        #: How often ends were taken when the shepherd last looked.
        self._takes_seen = 0
        self._has_news = False
        self._looked_at = clock.monotonic()

    def start(self) -> None:
        """Begin to claim."""
        self._shepherd.start()
        self._thread.start()

    def stop_claiming(self) -> None:
        """Take no more jobs; those that run go on."""
        self._stopping.set()
        self._changed.set()
        self._claims.ring()

    def stop(self, grace_seconds: float) -> None:
        """Drain: wait up to the grace, then interrupt what still runs, which gives it back and costs no attempt."""
        self.stop_claiming()
        give_up_at = clock.monotonic() + grace_seconds
        self._thread.join(timeout=2)
        self._shepherd.stop()
        for lane in self._lanes.values():
            for attempt in lane.close():
                lane.ended(0.0)
                self._write_end(attempt, Released())
        self._drain(give_up_at)
        for running in self.attempts.all():
            running.interrupt(Stopping)
        self._drain(clock.monotonic() + 2)
        left = self.attempts.all()
        if left:
            log.warning("jobs left to the reaper", jobs=[running.held.id for running in left])

    def _drain(self, give_up_at: float) -> None:
        while self.attempts.all() and clock.monotonic() < give_up_at:
            try:
                self._flush()
            except StoreUnavailable as error:
                log.warning("ends wait for Redis", service=self.jobs.service, error=str(error))
                self._changed.wait(FAULT_PAUSE_SECONDS)
            self._changed.wait(0.02)
            self._changed.clear()

    def stalled(self) -> str | None:
        """None while the loop turns, else a sentence: a thread that lives but claims nothing is dead."""
        silence = clock.monotonic() - self._looked_at
        if not self._stopping.is_set() and silence > STALLED_AFTER_SECONDS:
            return f"the claim loop of {self.jobs.service} has not turned for {silence:.0f} s"
        return None

    def closed(self) -> str | None:
        """None when claims are open, else why this worker starts nothing."""
        return None if self._claims.identity else f"the index of {self.jobs.service} is not reconciled yet"

    def resize(self, queue: str, size: int) -> None:
        """Run this many of a queue's jobs at once from now on."""
        lane = self._lanes.get(queue)
        if lane is not None and lane.size != size:
            lane.resize(size)
            self._on_ended()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._looked_at = clock.monotonic()
            try:
                self._turn()
            except StoreUnavailable as error:
                log.warning("claim failed", service=self.jobs.service, error=str(error))
                self._claims.identity = ""
                self._stopping.wait(FAULT_PAUSE_SECONDS)
            except Exception:  # a loop outlives every fault; a worker without it would claim nothing for ever
                log.exception("claim loop failed", service=self.jobs.service)
                self._stopping.wait(FAULT_PAUSE_SECONDS)

    def _turn(self) -> None:
        self._changed.clear()  # whatever was told before is seen to in this turn
        if not self._claims.recognise():
            self._flush()
            self._stopping.wait(CLOSED_PAUSE_SECONDS)
            return
        wants = self._reserve()
        if not wants:
            self._wait()
            return
        claim = self._claim(wants)
        if claim is not None and (claim.jobs or self._claims.purse):
            return
        wait_ms = 0 if claim is None else _soonest(claim)
        if claim is None or (wait_ms > 0 and not self._block(wait_ms)):
            self._stopping.wait(CLOSED_PAUSE_SECONDS)

    def _wait(self) -> None:
        """Wait in this process until something has ended; a thread that frees a slot meanwhile claims by itself."""
        if not self._is_company_near():
            self._flush()
        if not self._wants():
            self._changed.wait(IDLE_SECONDS)

    def _wants(self) -> bool:
        """True when a lane wants more than claims under way may bring."""
        return any(lane.wants() for lane in self._lanes.values())

    def _reserve(self, *, waits: bool = False) -> dict[str, int]:
        """What to claim now, by queue: slots that no other claim is promised until this one is over."""
        return {
            queue: wanted
            for queue, lane in self._lanes.items()
            if lane.wants() and (wanted := lane.reserve(waits=waits))
        }

    def _claim(self, wants: dict[str, int], *, block: Block | None = None, lane: Lane | None = None) -> Claim | None:
        """Write the ends that wait and claim what was reserved, in one round trip; hand over what came.

        None when claims are closed. The caller is a thread of `lane`, which takes one of its jobs itself, or none.
        """
        ended: list[Ended] = []
        try:
            ended = self.completions.take()
            statuses, claim = self._claims.ask(wants, [each.completion for each in ended], block=block)
            crash_point("claim.answered")
            self._confirm(ended, statuses)
            if claim is not None and self._stopping.is_set():
                self._claims.give_back(claim)
                return None
            if claim is not None:
                self._hand_over(claim, wants, lane)
            return claim
        except StoreUnavailable:
            self.completions.put_back(ended)
            raise
        finally:
            for queue, wanted in wants.items():
                self._lanes[queue].answered(wanted, waited=block is not None)

    def _block(self, wait_ms: int) -> bool:
        """Wait for a wake-up and claim at once, in one round trip; False when claims are closed."""
        wants = self._reserve(waits=True)
        keys = [self._claims.wake_key, *(self.jobs.scripts.keys.of_queue(queue, "wake") for queue in wants)]
        seconds = max(0.005, min(wait_ms / 1000, BLOCK_SECONDS))
        self._blocked_until = clock.monotonic() + seconds
        self._blocked_on = frozenset(wants)
        try:
            # Whoever ends a job from here on sees that we block and rings when needed; look once for those before.
            if self._changed.is_set() or self._stopping.is_set() or not wants:
                for queue, wanted in wants.items():
                    self._lanes[queue].answered(wanted, waited=True)
                return True
            return self._claim(wants, block=(keys, seconds)) is not None
        finally:
            self._blocked_on = None

    def _is_company_near(self) -> bool:
        """True while another end comes within a moment, so that ends can wait to be written together."""
        return any(lane.pace.is_short and lane.is_behind for lane in self._lanes.values())

    def _on_look(self, has_waited: bool) -> None:
        """The shepherd's look: ends that nobody took since the last one are written, and a stalled lane refilled."""
        takes, self._takes_seen = self._takes_seen, self.completions.takes
        if has_waited or (self.completions and takes == self.completions.takes):
            self._on_ended()

    def _on_ended(self, lane: Lane | None = None) -> None:
        """An end was handed over, or a slot freed: this thread sees to it, unless one that follows soon will."""
        if lane is not None and self._is_company_near() and not lane.wants():
            return
        if self._stopping.is_set():
            self._changed.set()
            return
        self._has_news = True
        if lane is not None:
            lane.step_aside()
        try:
            self._see_to_news(lane)
        except StoreUnavailable as error:
            log.warning("ends wait for Redis", service=self.jobs.service, error=str(error))
            self._changed.set()
        except Exception:  # the loop will meet it as well; the slot of this thread must live on
            log.exception("ends were not written", service=self.jobs.service)
            self._changed.set()
        finally:
            if lane is not None:
                lane.step_back()

    def _see_to_news(self, lane: Lane | None) -> None:
        """Write ends and refill lanes the loop does not ask for; a few threads at once, for all that came meanwhile."""
        while self._has_news and self._senders.acquire(blocking=False):
            try:
                self._has_news = False
                wants = self._reserve() if self._claims.identity else {}
                if wants:
                    claim = self._claim(wants, lane=lane)
                    if claim is None or self._is_loop_needed(claim, wants):
                        self._call_loop()
                elif not self._is_company_near():
                    self._flush()
            finally:
                self._senders.release()
            if self._has_news and lane is not None:
                lane.fill()  # what was left for this thread must not wait for its next round

    def _is_loop_needed(self, claim: Claim, wants: dict[str, int]) -> bool:
        """True when less came than was asked for, and more may come at a time that only the loop can watch."""
        given = Counter(claimed.held.queue for claimed in claim.jobs)
        short = {queue for queue, wanted in wants.items() if given[queue] < wanted and not self._lanes[queue].may_open}
        blocked = self._blocked_on
        if not short or blocked is None:
            return bool(short)
        return not short <= blocked or clock.monotonic() + _soonest(claim) / 1000 < self._blocked_until

    def _call_loop(self) -> None:
        """Bring our own loop out of its wait, wherever that is."""
        self._changed.set()
        if self._blocked_on is not None:
            self._claims.ring()

    def _flush(self) -> None:
        """Write the ends that wait."""
        while ended := self.completions.take():
            self._write(ended)

    def _write(self, ended: list[Ended]) -> None:
        try:
            statuses = self.jobs.scripts.complete([each.completion for each in ended])
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
                metrics.STALE_WRITES.labels(service=self.jobs.service).inc()
                log.warning("stale outcome refused", service=self.jobs.service, job_id=each.running.held.id)

    def _hand_over(self, claim: Claim, wants: dict[str, int], lane: Lane | None) -> None:
        by_queue: dict[str, list[Attempt]] = {queue: [] for queue in wants}
        for claimed in claim.jobs:
            running = Running(claimed.held)
            self.attempts.add(running)
            attempt = Attempt(self.jobs, self._broker, self._resources, self.name, claimed, running)
            by_queue.setdefault(claimed.held.queue, []).append(attempt)
        crash_point("claim.handed_over")
        for queue, attempts in by_queue.items():
            its = self._lanes[queue]
            its.is_held_back = queue in claim.held_back
            if attempts:
                its.put(attempts, keeps=its is lane and not self._has_news)
            its.was_given(len(attempts), asked=wants.get(queue, 0))
        if claim.jobs:
            self._shepherd.call()

    def _run(self, lane: Lane, attempt: Attempt) -> None:
        started, worked = clock.monotonic(), clock.thread_seconds()
        outcome: Outcome = Lost("ended outside its steps; the reaper has it")
        try:
            outcome = perform_attempt(attempt)
        except Exception:  # the thread's last line of defence: the slot must be given back
            log.exception("attempt ended outside its steps", job_id=attempt.claimed.held.id)
        if not attempt.running.is_abandoned:
            seconds = clock.monotonic() - started
            blocked = seconds - (clock.thread_seconds() - worked)
            self._end(lane, attempt, outcome, seconds, blocked=blocked, is_mine=True)

    def abandon(self, attempt: Attempt, outcome: Outcome, *, thread: int, seconds: float) -> None:
        """End an attempt whose thread does not come back; another thread takes its slot."""
        self._end(self._lanes[attempt.claimed.held.queue].without(thread), attempt, outcome, seconds)

    def _end(
        self,
        lane: Lane,
        attempt: Attempt,
        outcome: Outcome,
        seconds: float,
        *,
        blocked: float = 0.0,
        is_mine: bool = False,
    ) -> None:
        # The slot is free from here on: the next claim can travel together with this end.
        lane.ended(seconds, blocked)
        self._write_end(attempt, outcome, lane if is_mine else None)
        observe(self.jobs.service, attempt.running.job, attempt.claimed, outcome, seconds)

    def _write_end(self, attempt: Attempt, outcome: Outcome, lane: Lane | None = None) -> None:
        if isinstance(outcome, Done):
            self.completions.add(Ended(completion_of(attempt.claimed, self.name, outcome), attempt.running))
        else:
            settle(self.jobs, attempt.claimed, self.name, outcome)
            self.attempts.remove(attempt.running)
        self._on_ended(lane)


def _soonest(claim: Claim) -> int:
    """Milliseconds until time alone may give more to one of the queues asked for; an enqueue may before."""
    return min((wait for wait in claim.waits.values() if wait is not None), default=BLOCK_SECONDS * 1000)
