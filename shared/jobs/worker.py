"""Owns the worker loop of one service in one process: claim, hand over, write ends, block, drain.

It must never run a job itself.
"""

import threading

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
from shared.jobs.meters import Meter
from shared.jobs.observation import observe
from shared.jobs.outcomes import Done, Lost, Outcome, Released
from shared.jobs.running import Running, RunningAttempts, Stopping
from shared.jobs.scripts import Claim, Claimed
from shared.jobs.settlement import completion_of, settle
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
CLOSED_PAUSE_SECONDS = 0.25
FAULT_PAUSE_SECONDS = 0.5
IDLE_SECONDS = 1.0
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
        self.completions = Completions(self._on_ended)
        self._broker = broker
        self._resources = resources
        self._lanes = {queue: Lane(queue, n, self._run, name=f"{jobs.service}-{queue}") for queue, n in slots.items()}
        self._stopping = threading.Event()
        #: Set when something ended while the loop waits in this process.
        self._changed = threading.Event()
        adaptive = (queue for queue in jobs.catalogue.queues.values() if queue.adaptive is not None)
        self.meters = {queue.name: Meter() for queue in adaptive}
        #: The queues the loop asks for while it blocks in Redis; None while it does not block there.
        self._blocked_on: frozenset[str] | None = None
        #: True while the loop has nothing to ask for, and waits in this process.
        self._is_waiting = False
        #: Whoever computes what to claim holds it until the claim is handed over, so that no slot is promised twice.
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name=f"{jobs.service}-claims", daemon=True)
        self._claims = Claims(jobs, name)
        self._has_news = False
        self._looked_at = clock.monotonic()

    def start(self) -> None:
        """Begin to claim."""
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
        if not self._claims.recognise():
            self._flush()
            self._stopping.wait(CLOSED_PAUSE_SECONDS)
            return
        with self._sending:
            wants = self._wants()
            claim = self._claim(wants) if wants else None
        if not wants:
            self._wait()
            return
        if claim is not None and (claim.jobs or self._claims.purse):
            return
        waits = (0,) if claim is None else (wait for wait in claim.waits.values() if wait is not None)
        wait_ms = min(waits, default=BLOCK_SECONDS * 1000)
        if claim is None or (wait_ms > 0 and not self._block(wants, wait_ms)):
            self._stopping.wait(CLOSED_PAUSE_SECONDS)

    def _wait(self) -> None:
        """Wait in this process until something has ended; a thread that frees a slot meanwhile claims by itself."""
        self._flush()
        self._is_waiting = True
        try:
            if not self.completions and not self._wants():
                self._changed.wait(IDLE_SECONDS)
        finally:
            self._is_waiting = False
            self._changed.clear()

    def _wants(self, *, besides: frozenset[str] = frozenset()) -> dict[str, int]:
        lanes = (lane for lane in self._lanes.values() if lane.queue not in besides)
        return {lane.queue: want for lane in lanes if (want := lane.wants()) > 0}

    def _claim(self, wants: dict[str, int], *, block: Block | None = None) -> Claim | None:
        """Write the ends that wait and claim, in one round trip; hand over what came. None when claims are closed."""
        ended = self.completions.take()
        try:
            statuses, claim = self._claims.ask(wants, [each.completion for each in ended], block=block)
        except StoreUnavailable:
            self.completions.put_back(ended)
            raise
        crash_point("claim.answered")
        self._confirm(ended, statuses)
        if claim is not None and self._stopping.is_set():
            self._claims.give_back(claim)
            return None
        for claimed in claim.jobs if claim is not None else ():
            self._hand_over(claimed)
        return claim

    def _block(self, wants: dict[str, int], wait_ms: int) -> bool:
        """Wait for a wake-up and claim at once, in one round trip; False when claims are closed."""
        keys = [self._claims.wake_key, *(self.jobs.scripts.keys.of_queue(queue, "wake") for queue in wants)]
        self._blocked_on = frozenset(wants)
        try:
            # Whoever ends a job from here on sees that we block and writes it himself; look once for those before.
            if self.completions or self._stopping.is_set() or self._wants(besides=self._blocked_on):
                return True
            # Lanes that are blocked on only empty meanwhile, so what they want now they can still take then.
            return self._claim(wants, block=(keys, max(0.005, min(wait_ms / 1000, BLOCK_SECONDS)))) is not None
        finally:
            self._blocked_on = None

    def _on_ended(self) -> None:
        """An end was handed over, or a slot freed: this thread sees to it, unless the loop is about to."""
        if self._stopping.is_set() or (self._blocked_on is None and not self._is_waiting):
            self._changed.set()
            return
        self._has_news = True
        try:
            self._see_to_news()
        except StoreUnavailable as error:
            log.warning("ends wait for Redis", service=self.jobs.service, error=str(error))
            self._changed.set()
        except Exception:  # the loop will meet it as well; the slot of this thread must live on
            log.exception("ends were not written", service=self.jobs.service)
            self._changed.set()

    def _see_to_news(self) -> None:
        """Write ends and refill lanes the loop does not ask for; one thread at a time, for all that came meanwhile."""
        while self._has_news and self._sending.acquire(blocking=False):
            try:
                self._has_news = False
                blocked = self._blocked_on or frozenset()
                wants = self._wants(besides=blocked)
                if wants and self._claims.identity:
                    self._claim(wants)
                    if self._wants(besides=blocked):
                        self._call_loop()  # less came than was wanted: when more may come is for the loop to watch
                elif blocked:
                    self._flush()
                else:
                    self._changed.set()  # nothing to claim yet: the loop writes the ends, many at once
            finally:
                self._sending.release()

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

    def _hand_over(self, claimed: Claimed) -> None:
        running = Running(claimed.held)
        self.attempts.add(running)
        crash_point("claim.handed_over")
        self._lanes[claimed.held.queue].put(
            Attempt(self.jobs, self._broker, self._resources, self.name, claimed, running)
        )

    def _run(self, lane: Lane, attempt: Attempt) -> None:
        started = clock.monotonic()
        outcome: Outcome = Lost("ended outside its steps; the reaper has it")
        try:
            outcome = perform_attempt(attempt)
        except Exception:  # the thread's last line of defence: the slot must be given back
            log.exception("attempt ended outside its steps", job_id=attempt.claimed.held.id)
        if not attempt.running.is_abandoned:
            self._end(lane, attempt, outcome, clock.monotonic() - started)

    def abandon(self, attempt: Attempt, outcome: Outcome, *, thread: int, seconds: float) -> None:
        """End an attempt whose thread does not come back; another thread takes its slot."""
        self._end(self._lanes[attempt.claimed.held.queue].without(thread), attempt, outcome, seconds)

    def _end(self, lane: Lane, attempt: Attempt, outcome: Outcome, seconds: float) -> None:
        # The slot is free from here on: the next claim can travel together with this end.
        lane.ended(seconds)
        self._write_end(attempt, outcome)
        if self.meters and (meter := self.meters.get(lane.queue)) is not None:
            meter.note(outcome, seconds)
        observe(self.jobs.service, attempt.running.job, attempt.claimed, outcome, seconds)

    def _write_end(self, attempt: Attempt, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            self.completions.add(Ended(completion_of(attempt.claimed, self.name, outcome), attempt.running))
            return
        settle(self.jobs, attempt.claimed, self.name, outcome)
        self.attempts.remove(attempt.running)
        self._on_ended()
