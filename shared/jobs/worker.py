"""Owns the worker loop of one service in one process: claim, hand over, block, drain.

It must never run a job itself.
"""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
import structlog

from shared import clock, metrics
from shared.errors import StoreUnavailable
from shared.jobs.attempts import Attempt, run_attempt
from shared.jobs.broker import MillraceBroker
from shared.jobs.connection import BLOCK_SECONDS, instance_of, store_errors
from shared.jobs.outcomes import Again, Buried, Done, Outcome
from shared.jobs.running import Running, RunningAttempts, Stopping
from shared.jobs.scripts import Claimed
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
CLOSED_PAUSE_SECONDS = 0.25
FAULT_PAUSE_SECONDS = 0.5
STALLED_AFTER_SECONDS = 30.0


class Slots:
    """How many more jobs of each queue this process may run; wakes the loop when one is freed."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self._free = dict(sizes)
        self._asked: frozenset[str] = frozenset()
        self._changed = threading.Condition()

    def free(self) -> dict[str, int]:
        """Queues with a free slot and how many; the loop asks for these, and may block on them."""
        with self._changed:
            free = {queue: count for queue, count in self._free.items() if count > 0}
            self._asked = frozenset(free)
            return free

    def take(self, queue: str) -> None:
        """One job of the queue starts."""
        with self._changed:
            self._free[queue] -= 1

    def give(self, queue: str) -> bool:
        """One job of the queue ended; True when the loop may be blocked in Redis without asking for this queue."""
        with self._changed:
            self._free[queue] += 1
            self._changed.notify_all()
            return bool(self._asked) and queue not in self._asked

    def wait_for_any(self, seconds: float) -> None:
        """Block until some queue has a free slot."""
        with self._changed:
            self._changed.wait_for(lambda: any(count > 0 for count in self._free.values()), seconds)


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
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self.jobs = jobs
        self.name = name
        self.attempts = RunningAttempts()
        self._broker = broker
        self._resources = resources
        self._slots = Slots(slots)
        self._on_idle = on_idle
        self._stopping = threading.Event()
        self._wake_key = jobs.scripts.keys.worker_wake(name)
        self._pool = ThreadPoolExecutor(max_workers=sum(slots.values()), thread_name_prefix=f"{jobs.service}-job")
        self._thread = threading.Thread(target=self._loop, name=f"{jobs.service}-claims", daemon=True)
        self._identity = ""
        self._request = ""
        self._looked_at = clock.monotonic()

    def start(self) -> None:
        """Begin to claim."""
        self._thread.start()

    def stop_claiming(self) -> None:
        """Take no more jobs; those that run go on."""
        self._stopping.set()
        self._ring()

    def stop(self, grace_seconds: float) -> None:
        """Drain: wait up to the grace, then interrupt what still runs, which gives it back and costs no attempt."""
        self.stop_claiming()
        give_up_at = clock.monotonic() + grace_seconds
        self._thread.join(timeout=2)
        while self.attempts.all() and clock.monotonic() < give_up_at:
            self._stopped_pause(0.02)
        for running in self.attempts.all():
            running.interrupt(Stopping)
        give_up_at = clock.monotonic() + 2
        while self.attempts.all() and clock.monotonic() < give_up_at:
            self._stopped_pause(0.02)
        self._pool.shutdown(wait=False, cancel_futures=True)
        left = self.attempts.all()
        if left:
            log.warning("jobs left to the reaper", jobs=[running.held.id for running in left])

    @staticmethod
    def _stopped_pause(seconds: float) -> None:
        threading.Event().wait(seconds)

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
            wants = self._slots.free()
            if not wants:
                self._slots.wait_for_any(1.0)
                continue
            try:
                self._turn(wants)
            except StoreUnavailable as error:
                log.warning("claim failed", service=self.jobs.service, error=str(error))
                self._identity = ""
                self._stopping.wait(FAULT_PAUSE_SECONDS)

    def _turn(self, wants: dict[str, int]) -> None:
        if not self._identity.startswith(f"{self.jobs.scripts.client.sightings.instance}:") and not self._recognise():
            self._stopping.wait(CLOSED_PAUSE_SECONDS)
            return
        # The same request id until an answer has come: a lost reply must not strand what it leased.
        self._request = self._request or secrets.token_hex(16)
        sightings = self.jobs.scripts.client.sightings
        met = sightings.changes
        claim = self.jobs.scripts.claim(wants, identity=self._identity, request=self._request, worker=self.name)
        self._request = ""
        if claim.is_closed or sightings.changes != met:
            # A server we had not met may have answered from an older state: nothing of this claim starts.
            self._identity = ""
            for claimed in claim.jobs:
                self.jobs.scripts.release(claimed.held)
            return
        for claimed in claim.jobs:
            self._hand_over(claimed)
        waits = [wait for wait in claim.waits.values() if wait is not None]
        if not claim.jobs and min(waits, default=BLOCK_SECONDS * 1000) > 0:
            self._on_idle()
            self._block(list(wants), min(waits, default=BLOCK_SECONDS * 1000))

    def _recognise(self) -> bool:
        """Learn the reconciled index's identity; False while this Redis is not the one PostgreSQL knows (rule 13)."""
        with self.jobs.database.unit_of_work() as work:
            known = work.connection.execute(sa.text("SELECT identity FROM redis_identity")).scalar()
        if known is None or not str(known).startswith(f"{instance_of(self.jobs.scripts.client)}:"):
            self._identity = ""
            return False
        self._identity = str(known)
        return True

    def _block(self, queues: list[str], wait_ms: int) -> None:
        keys = [self._wake_key, *(self.jobs.scripts.keys.of_queue(queue, "wake") for queue in queues)]
        with store_errors():
            self.jobs.scripts.client.blpop(keys, timeout=max(0.005, min(wait_ms / 1000, BLOCK_SECONDS)))

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

    def _hand_over(self, claimed: Claimed) -> None:
        running = Running(claimed.held)
        self.attempts.add(running)
        self._slots.take(claimed.held.queue)
        self._pool.submit(self._run, Attempt(self.jobs, self._broker, self._resources, self.name, claimed, running))

    def _run(self, attempt: Attempt) -> None:
        started = clock.monotonic()
        try:
            outcome = run_attempt(attempt)
            self._count(attempt, outcome, clock.monotonic() - started)
        except Exception:  # the thread's last line of defence: the slot must be given back
            log.exception("attempt ended outside its steps", job_id=attempt.claimed.held.id)
        finally:
            self.attempts.remove(attempt.running)
            if self._slots.give(attempt.claimed.held.queue):
                self._ring()

    def _count(self, attempt: Attempt, outcome: Outcome, seconds: float) -> None:
        labels = {"service": self.jobs.service, "queue": attempt.claimed.held.queue, "job": attempt.running.job}
        metrics.JOB_ATTEMPTS.labels(**labels, outcome=type(outcome).__name__.lower()).inc()
        metrics.JOB_RUN_SECONDS.labels(**labels).observe(seconds)
        wait_ms = attempt.claimed.started_ms - attempt.claimed.enqueued_ms
        metrics.JOB_WAIT_SECONDS.labels(**labels).observe(max(0, wait_ms) / 1000)
        level = log.info if isinstance(outcome, Done | Again) else log.warning
        if isinstance(outcome, Buried):
            level = log.error
        level(
            "attempt finished", **labels, job_id=attempt.claimed.held.id, attempt=attempt.claimed.attempt,
            outcome=type(outcome).__name__.lower(), seconds=round(seconds, 3),
        )  # fmt: skip
