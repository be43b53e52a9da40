"""Owns the worker loop of one service in one process: claim, hand over, write ends, block, drain.

It must never run a job itself.
"""

import secrets
import threading
from collections import deque
from typing import TypeAlias

import structlog

from shared import clock, metrics
from shared.errors import StoreUnavailable
from shared.jobs.attempts import Attempt, perform_attempt
from shared.jobs.broker import MillraceBroker
from shared.jobs.completions import Completions, Ended
from shared.jobs.connection import BLOCK_SECONDS, store_errors
from shared.jobs.lanes import Lane
from shared.jobs.observation import observe
from shared.jobs.outcomes import Done, Lost, Outcome, Released
from shared.jobs.recognition import known_identity
from shared.jobs.running import Running, RunningAttempts, Stopping
from shared.jobs.scripts import Claim, Claimed
from shared.jobs.settlement import completion_of, settle
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
#: Lists to wait on in Redis, and for how many seconds.
Block: TypeAlias = tuple[list[str], float]
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
        prefix = f"{jobs.service}-"
        self._lanes = {queue: Lane(queue, size, self._run, name=prefix + queue) for queue, size in slots.items()}
        self._stopping = threading.Event()
        #: Set when something ended while the loop waits in this process.
        self._changed = threading.Event()
        #: The queues the loop asks for while it blocks in Redis; None while it does not block there.
        self._blocked_on: frozenset[str] | None = None
        self._sending = threading.Lock()
        self._wake_key = jobs.scripts.keys.worker_wake(name)
        self._thread = threading.Thread(target=self._loop, name=f"{jobs.service}-claims", daemon=True)
        self._identity = ""
        self._has_news = False
        #: Claims whose answer was lost, to be asked again.
        self._unanswered: deque[tuple[str, dict[str, int]]] = deque()
        self._looked_at = clock.monotonic()

    def start(self) -> None:
        """Begin to claim."""
        self._thread.start()

    def stop_claiming(self) -> None:
        """Take no more jobs; those that run go on."""
        self._stopping.set()
        self._changed.set()
        self._ring()

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
        return None if self._identity else f"the index of {self.jobs.service} is not reconciled yet"

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._looked_at = clock.monotonic()
            try:
                self._turn()
            except StoreUnavailable as error:
                log.warning("claim failed", service=self.jobs.service, error=str(error))
                self._identity = ""
                self._stopping.wait(FAULT_PAUSE_SECONDS)
            except Exception:  # a loop outlives every fault; a worker without it would claim nothing for ever
                log.exception("claim loop failed", service=self.jobs.service)
                self._stopping.wait(FAULT_PAUSE_SECONDS)

    def _turn(self) -> None:
        wants = self._wants()
        if not wants:
            self._flush()
            if not self.completions:
                self._changed.wait(IDLE_SECONDS)
                self._changed.clear()
            return
        if not self._identity.startswith(f"{self.jobs.scripts.client.sightings.instance}:") and not self._recognise():
            self._flush()
            self._stopping.wait(CLOSED_PAUSE_SECONDS)
            return
        claim = self._claim(wants)
        if claim is not None and claim.jobs:
            return
        waits = (0,) if claim is None else (wait for wait in claim.waits.values() if wait is not None)
        wait_ms = min(waits, default=BLOCK_SECONDS * 1000)
        if claim is None or (wait_ms > 0 and not self._block(wants, wait_ms)):
            self._stopping.wait(CLOSED_PAUSE_SECONDS)

    def _wants(self, *, besides: frozenset[str] = frozenset()) -> dict[str, int]:
        lanes = (lane for lane in self._lanes.values() if lane.queue not in besides)
        return {lane.queue: want for lane in lanes if (want := lane.wants()) > 0}

    def _claim(self, wants: dict[str, int], *, block: Block | None = None) -> Claim | None:
        """Write the ends that wait and claim, in one round trip; hand over what came. None when claims are closed.

        `block` lets the server wait for a wake-up before it claims, unless there is something to write first.
        """
        unanswered = self._unanswered.popleft() if self._unanswered else None
        request, wants = unanswered or (secrets.token_hex(16), wants)
        block = None if unanswered else block
        sightings = self.jobs.scripts.client.sightings
        met = sightings.changes
        ended = self.completions.take()
        try:
            claim = self._exchange(ended, wants, request, block)
        except StoreUnavailable:
            # A lost reply must not strand what it leased: the same request is asked again, and gets the same answer.
            self._unanswered.append((request, wants))
            self.completions.put_back(ended)
            raise
        if not claim.is_closed and sightings.changes == met and not self._stopping.is_set():
            for claimed in claim.jobs:
                self._hand_over(claimed)
            return claim
        # A server we had not met may have answered from an older state, or we stop: nothing of this claim starts.
        self._identity = ""
        for claimed in claim.jobs:
            self.jobs.scripts.release(claimed.held)
        return None

    def _exchange(self, ended: list[Ended], wants: dict[str, int], request: str, block: Block | None) -> Claim:
        identity, scripts = self._identity, self.jobs.scripts
        if not ended:
            return scripts.claim(wants, identity=identity, request=request, worker=self.name, block=block)
        completions = [each.completion for each in ended]
        statuses, claim = scripts.complete_and_claim(
            completions, wants, identity=identity, request=request, worker=self.name
        )
        self._confirm(ended, statuses)
        return claim

    def _recognise(self) -> bool:
        self._identity = known_identity(self.jobs)
        return bool(self._identity)

    def _block(self, wants: dict[str, int], wait_ms: int) -> bool:
        """Wait for a wake-up and claim at once, in one round trip; False when claims are closed."""
        keys = [self._wake_key, *(self.jobs.scripts.keys.of_queue(queue, "wake") for queue in wants)]
        self._blocked_on = frozenset(wants)
        try:
            # Whoever ends a job from here on sees that we block and writes it himself; look once for those before.
            if self.completions or self._stopping.is_set() or self._wants(besides=self._blocked_on):
                return True
            # Lanes that are blocked on only empty meanwhile, so what they want now they can still take then.
            return self._claim(wants, block=(keys, max(0.005, min(wait_ms / 1000, BLOCK_SECONDS)))) is not None
        finally:
            self._blocked_on = None

    def _ring(self) -> None:
        """Wake our own loop out of its block."""
        try:
            with store_errors():
                pipeline = self.jobs.scripts.client.pipeline(transaction=False)
                pipeline.lpush(self._wake_key, "1")
                pipeline.ltrim(self._wake_key, 0, 0)
                pipeline.expire(self._wake_key, 60)
                pipeline.execute()
        except StoreUnavailable:
            log.debug("own wake-up failed; the loop looks again by itself")

    def _on_ended(self) -> None:
        """An end was handed over, or a slot freed: the loop sees to it; while it blocks in Redis, this thread does."""
        self._changed.set()
        if self._blocked_on is None or self._stopping.is_set():
            return
        self._has_news = True
        try:
            self._see_to_news()
        except StoreUnavailable as error:
            log.warning("ends wait for Redis", service=self.jobs.service, error=str(error))

    def _see_to_news(self) -> None:
        """Write ends and refill lanes the loop does not ask for; one thread at a time, for all that came meanwhile."""
        while self._has_news and self._sending.acquire(blocking=False):
            try:
                self._has_news = False
                wants = self._wants(besides=self._blocked_on or frozenset(self._lanes))
                if wants and self._identity:
                    self._claim(wants)
                    if self._wants(besides=self._blocked_on or frozenset(self._lanes)):
                        self._ring()  # less came than was wanted: when more may come is for the loop to watch
                else:
                    self._flush()
            finally:
                self._sending.release()

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
        for each, is_done in zip(ended, statuses, strict=True):
            self.attempts.remove(each.running)
            if not is_done:
                metrics.STALE_WRITES.labels(service=self.jobs.service).inc()
                log.warning("stale outcome refused", service=self.jobs.service, job_id=each.running.held.id)

    def _hand_over(self, claimed: Claimed) -> None:
        running = Running(claimed.held)
        self.attempts.add(running)
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
        seconds = clock.monotonic() - started
        # The slot is free from here on: the next claim can travel together with this end.
        lane.ended(seconds)
        self._write_end(attempt, outcome)
        observe(self.jobs.service, attempt.running.job, attempt.claimed, outcome, seconds)

    def _write_end(self, attempt: Attempt, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            self.completions.add(Ended(completion_of(attempt.claimed, self.name, outcome), attempt.running))
            return
        settle(self.jobs, attempt.claimed, self.name, outcome)
        self.attempts.remove(attempt.running)
        self._on_ended()
