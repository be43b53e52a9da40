"""Owns what one worker process measures of a queue whose slots adapt. It must never be there for any other queue."""

import threading
import time
from collections.abc import Mapping

import msgspec

from shared import clock
from shared.jobs.adaptive import Measures
from shared.jobs.connection import store_errors
from shared.jobs.outcomes import Again, Outcome, WaitReason
from shared.jobs.submission import Jobs

#: A sample older than this says nothing of now; one much older is of a process that has gone.
FRESH_MS, GONE_MS = 10_000, 60_000
_LIMITS = frozenset({WaitReason.RATE_LIMITED, WaitReason.CIRCUIT, WaitReason.BUDGET})


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """What one process met since its sample before. `at_ms` is Redis' clock."""

    at_ms: int
    runs: int
    seconds: float
    limited: int
    cpu: float


_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Sample).decode


class Meter:
    """Counts the ends of one queue's attempts in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs, self._seconds, self._limited = 0, 0.0, 0
        self._at, self._cpu_at = clock.monotonic(), time.process_time()

    def note(self, outcome: Outcome, seconds: float) -> None:
        """One attempt has ended."""
        is_limited = isinstance(outcome, Again) and outcome.wait_reason in _LIMITS
        with self._lock:
            self._limited += is_limited
            if not is_limited:
                self._runs, self._seconds = self._runs + 1, self._seconds + seconds

    def sample(self, at_ms: int) -> Sample:
        """What was met since the last call."""
        with self._lock:
            at, cpu_at = clock.monotonic(), time.process_time()
            busy = (cpu_at - self._cpu_at) / max(at - self._at, 0.001)
            taken = Sample(at_ms, self._runs, self._seconds, self._limited, busy)
            self._runs, self._seconds, self._limited, self._at, self._cpu_at = 0, 0.0, 0, at, cpu_at
        return taken


def send_samples(jobs: Jobs, worker: str, meters: Mapping[str, Meter]) -> None:
    """Put this process's samples where whoever decides reads them."""
    if not meters:
        return
    at_ms = jobs.scripts.time_ms()
    with store_errors():
        pipeline = jobs.scripts.client.pipeline(transaction=False)
        for queue, meter in meters.items():
            key = jobs.scripts.keys.meter(queue)
            pipeline.hset(key, worker, _encode(meter.sample(at_ms)))
            pipeline.pexpire(key, GONE_MS)
        pipeline.execute()


def read_measures(jobs: Jobs, queue: str, *, queued: int) -> Measures:
    """What all processes met lately; samples of those that have gone are removed."""
    key, now_ms = jobs.scripts.keys.meter(queue), jobs.scripts.time_ms()
    with store_errors():
        samples = {worker: _decode(raw) for worker, raw in jobs.scripts.client.hgetall(key).items()}
        gone = [worker for worker, one in samples.items() if one.at_ms < now_ms - GONE_MS]
        if gone:
            jobs.scripts.client.hdel(key, *gone)
    fresh = [one for one in samples.values() if one.at_ms >= now_ms - FRESH_MS]
    runs = sum(one.runs for one in fresh)
    return Measures(
        runs=runs,
        mean_seconds=sum(one.seconds for one in fresh) / runs if runs else 0.0,
        limited=sum(one.limited for one in fresh),
        cpu=max((one.cpu for one in fresh), default=0.0),
        queued=queued,
    )
