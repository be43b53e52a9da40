"""Owns the worker loop of one service in one process: claim, hand over, write ends, block, drain.

It must never run a job itself.
"""

import functools
import threading
from collections import Counter, deque

import structlog

from shared import clock
from shared.errors import StoreUnavailable
from shared.jobs.attempts import Attempt, perform_attempt
from shared.jobs.broker import MillraceBroker
from shared.jobs.completions import Ended
from shared.jobs.connection import BLOCK_SECONDS
from shared.jobs.lanes import Lane
from shared.jobs.meters import Meter
from shared.jobs.observation import observe
from shared.jobs.outcomes import Done, Lost, Outcome
from shared.jobs.refill import Refill
from shared.jobs.running import Stopping
from shared.jobs.scripts import Claim
from shared.jobs.settlement import completion_of, settle
from shared.jobs.shepherd import Shepherd
from shared.jobs.submission import Jobs
from shared.jobs.traffic import Traffic

log = structlog.get_logger(__name__)
CLOSED_PAUSE_SECONDS = 0.25
FAULT_PAUSE_SECONDS = 0.5
IDLE_SECONDS = 1.0
LONGEST_MS = BLOCK_SECONDS * 1000
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
        self._lanes = {queue: Lane(queue, n, self._run, name=f"{jobs.service}-{queue}") for queue, n in slots.items()}
        self._stopping = threading.Event()
        #: Set when something ended while the loop waits in this process.
        self._changed = threading.Event()
        adaptive = (queue for queue in jobs.catalogue.queues.values() if queue.adaptive is not None)
        self.meters = {queue.name: Meter() for queue in adaptive}
        #: The queues the loop asks for while it blocks in Redis; None while it does not block there.
        self._blocked_on: frozenset[str] | None = None
        #: When that block ends at the latest.
        self._blocked_until = 0.0
        self._thread = threading.Thread(target=self._loop, name=f"{jobs.service}-claims", daemon=True)
        self._shepherd = Shepherd(self._lanes.values(), self._on_look, name=f"{jobs.service}-lanes")
        self._traffic = Traffic(
            jobs,
            name,
            self._lanes,
            attempt=functools.partial(Attempt, jobs, broker, resources, name),
            may_start=lambda: not self._stopping.is_set(),
            on_crowd=self._shepherd.call,
        )
        #: What runs here; the heartbeat names it.
        self.attempts = self._traffic.attempts
        self._refill = Refill(
            self._traffic, may_send=lambda: not self._stopping.is_set(), on_answer=self._on_answer,
            on_left=self._changed.set, watch=self._shepherd.call,
        )  # fmt: skip
        self._looked_at = clock.monotonic()

    def start(self) -> None:
        """Begin to claim."""
        self._shepherd.start()
        self._thread.start()

    def stop_claiming(self) -> None:
        """Take no more jobs; those that run go on."""
        self._stopping.set()
        self._changed.set()
        self._traffic.claims.ring()

    def stop(self, grace_seconds: float) -> None:
        """Drain: wait up to the grace, then interrupt what still runs, which gives it back and costs no attempt."""
        self.stop_claiming()
        give_up_at = clock.monotonic() + grace_seconds
        self._thread.join(timeout=2)
        self._shepherd.stop()
        waiting = deque(each for lane in self._lanes.values() for each in lane.close())
        self._drain(waiting, until=give_up_at)
        for running in self.attempts.all():
            running.interrupt(Stopping)
        self._drain(waiting, until=clock.monotonic() + 2)
        if left := self.attempts.all():
            log.warning("jobs left to the reaper", jobs=[running.held.id for running in left])

    def _drain(self, waiting: deque[Attempt], *, until: float) -> None:
        """Give back what waits, and let the rest come to its end."""
        while not self._traffic.is_done() and clock.monotonic() < until:
            try:
                self._traffic.release(waiting)
                self._refill.finish()
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
        return None if self._traffic.claims.identity else f"the index of {self.jobs.service} is not reconciled yet"

    def resize(self, queue: str, size: int) -> None:
        """Run this many of a queue's jobs at once from now on."""
        lane = self._lanes.get(queue)
        if lane is not None and lane.size != size:
            lane.resize(size)
            self._refill.ended()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._looked_at = clock.monotonic()
            try:
                self._turn()
            except StoreUnavailable as error:
                log.warning("claim failed", service=self.jobs.service, error=str(error))
                self._traffic.claims.identity = ""
                self._stopping.wait(FAULT_PAUSE_SECONDS)
            except Exception:  # a loop outlives every fault; a worker without it would claim nothing for ever
                log.exception("claim loop failed", service=self.jobs.service)
                self._stopping.wait(FAULT_PAUSE_SECONDS)

    def _turn(self) -> None:
        self._changed.clear()  # whatever was told before is seen to in this turn
        if not self._traffic.claims.recognise():
            self._traffic.flush()
            self._stopping.wait(CLOSED_PAUSE_SECONDS)
            return
        if not (wants := self._traffic.reserve()):
            self._wait()
            return
        claim = self._traffic.claim(wants)
        if claim is not None and (claim.jobs or self._traffic.claims.purse):
            return
        if claim is None or ((wait_ms := claim.soonest_ms(LONGEST_MS)) > 0 and not self._block(wait_ms)):
            self._stopping.wait(CLOSED_PAUSE_SECONDS)

    def _wait(self) -> None:
        """Wait in this process until something has ended; a thread that frees a slot meanwhile claims by itself."""
        if not self._traffic.is_company_near():
            self._traffic.flush()
        if not self._traffic.wants():
            self._changed.wait(IDLE_SECONDS)

    def _block(self, wait_ms: int) -> bool:
        """Wait for a wake-up and claim at once, in one round trip; False when claims are closed."""
        wants = self._traffic.reserve(waits=True)
        keys = [self._traffic.claims.wake_key, *(self.jobs.scripts.keys.of_queue(queue, "wake") for queue in wants)]
        seconds = max(0.005, min(wait_ms / 1000, BLOCK_SECONDS))
        self._blocked_until = clock.monotonic() + seconds
        self._blocked_on = frozenset(wants)
        try:
            # Whoever ends a job from here on sees that we block and rings when needed; look once for those before.
            if self._changed.is_set() or self._stopping.is_set() or not wants:
                for queue, wanted in wants.items():
                    self._lanes[queue].answered(wanted, waited=True)
                return True
            return self._traffic.claim(wants, block=(keys, seconds)) is not None
        finally:
            self._blocked_on = None

    def _on_look(self, has_waited: bool) -> bool:
        """The shepherd's look; True while it is to come again."""
        for lane in self._lanes.values():
            self._traffic.give_back(lane)
        self._refill.look(has_waited=has_waited)
        return self._refill.is_waiting()

    def _on_answer(self, claim: Claim | None, wants: dict[str, int]) -> None:
        """A claim beside the loop was answered."""
        if claim is None or self._is_loop_needed(claim, wants):
            self._call_loop()

    def _is_loop_needed(self, claim: Claim, wants: dict[str, int]) -> bool:
        """True when less came than was asked for, and more may come at a time that only the loop can watch."""
        given = Counter(claimed.held.queue for claimed in claim.jobs)
        short = {
            queue
            for queue, wanted in wants.items()
            if given[queue] < wanted and not (self._lanes[queue].may_open or self._lanes[queue].is_full)
        }
        blocked = self._blocked_on
        if not short or blocked is None:
            return bool(short)
        return not short <= blocked or clock.monotonic() + claim.soonest_ms(LONGEST_MS) / 1000 < self._blocked_until

    def _call_loop(self) -> None:
        """Bring our own loop out of its wait, wherever that is."""
        self._changed.set()
        if self._blocked_on is not None:
            self._traffic.claims.ring()

    def _run(self, lane: Lane, attempt: Attempt) -> None:
        is_measured = lane.pace.is_measured()
        waits, worked = (clock.thread_waits(), clock.thread_seconds()) if is_measured else (0, 0.0)
        started = clock.monotonic()
        outcome: Outcome = Lost("ended outside its steps; the reaper has it")
        try:
            outcome = perform_attempt(attempt)
        except Exception:  # the thread's last line of defence: the slot must be given back
            log.exception("attempt ended outside its steps", job_id=attempt.claimed.held.id)
        if attempt.running.is_abandoned:
            return
        seconds = clock.monotonic() - started
        blocked = None
        if is_measured:
            blocked = seconds - (clock.thread_seconds() - worked) if clock.thread_waits() > waits else 0.0
        try:
            self._end(lane, attempt, outcome, seconds, blocked=blocked, is_mine=True)
        except Exception:  # without this the thread and its slot would be gone, and the lease kept for ever
            log.exception("an end was not written; its lease runs out", job_id=attempt.claimed.held.id)
            self.attempts.remove(attempt.running)

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
        blocked: float | None = None,
        is_mine: bool = False,
    ) -> None:
        # The slot is free from here on: the next claim can travel together with this end.
        lane.ended(seconds, blocked)
        self._write_end(attempt, outcome, lane if is_mine else None)
        if self.meters and (meter := self.meters.get(lane.queue)) is not None:
            meter.note(outcome, seconds)
        observe(self.jobs.service, attempt.running.job, attempt.claimed, outcome, seconds)

    def _write_end(self, attempt: Attempt, outcome: Outcome, lane: Lane | None = None) -> None:
        if isinstance(outcome, Done):
            self._traffic.completions.add(Ended(completion_of(attempt.claimed, self.name, outcome), attempt.running))
        else:
            settle(self.jobs, attempt.claimed, self.name, outcome)
            self.attempts.remove(attempt.running)
        self._refill.ended(lane)
