"""Owns the demonstration with Redis alone: durable=False jobs and the real worker. It must never start PostgreSQL."""

import itertools
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from shared import clock, logs
from shared.jobs import JobDefinition, JobId, Priority, submit
from shared.jobs.broker import MillraceBroker
from shared.jobs.connection import connect, instance_of
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.ledger.records import events_from_stream
from shared.jobs.submission import Jobs
from shared.jobs.worker import ServiceWorker
from tools.demos.jobs import QUEUE, Notebook, Play, jobs_of, play, play_fast, scripts_of
from tools.demos.telling import Telling
from tools.stores.temporary import temporary_valkey

TITLE = """Millrace with Redis alone: a Valkey of its own, the real worker, and jobs with durable=False, which have no
row and may be lost with Redis. No PostgreSQL is started. The one row a worker asks it for, the identity of the index
it may claim from (rule 13), is in this process' memory; pauses and limits are told to the index directly, where the
product commits them to PostgreSQL first."""
#: A step that takes longer has failed.
PATIENCE = 3.0
#: Redis keeps whole milliseconds, and its clock is another process'.
GRAIN = 0.02


@dataclass(slots=True)
class Bench:
    """One worker on one index."""

    telling: Telling
    jobs: Jobs
    notebook: Notebook
    version: int = 0

    def configure(self, *, is_paused: bool = False, rate: int = 0, window: float = 0) -> None:
        """Pause the queue or limit its rate; each change has a higher version (rule 14)."""
        self.version += 1
        self.jobs.scripts.configure(
            QUEUE.name, version=self.version, is_paused=is_paused, max_running=0, rate=rate,
            window_ms=int(window * 1000),
        )  # fmt: skip

    def submit(
        self,
        number: int,
        *,
        job: JobDefinition[Play, dict[str, int]] = play,
        priority: int = Priority.NORMAL,
        delay: float = 0,
        failures: int = 0,
    ) -> JobId:
        at = clock.now() + timedelta(seconds=delay) if delay else None
        args = Play(number=number, failures=failures)
        return submit(self.jobs, job, args, priority=priority, scheduled_for=at).id

    def starts(self, count: int, began: float) -> list[tuple[int, float]]:
        """The first starts, in seconds since `began`; fewer when the time for them is over."""
        found = [(number, at - began) for number, at in self.notebook.wait_for(count, seconds=PATIENCE)]
        for number, seconds in found:
            self.telling.line("started", f"job {number} after {seconds:.3f} s")
        return found

    def claimed_ms(self, ids: Collection[str]) -> list[int]:
        """When these jobs were claimed, by Redis' clock, from its stream of events: what a rate is of."""
        until = time.monotonic() + PATIENCE
        found: dict[str, int] = {}
        while len(found) < len(ids) and time.monotonic() < until:
            entries = self.jobs.scripts.client.xrange(self.jobs.scripts.keys.of("events"))
            events = [event for entry in entries for event in events_from_stream(*entry)]
            found = {event.job_id: event.started_ms for event in events if event.started_ms and event.job_id in ids}
            time.sleep(0.02)
        return sorted(found.values())

    def count(self, place: str) -> int:
        """How many jobs a sorted set of the queue holds."""
        return int(self.jobs.scripts.client.zcard(self.jobs.scripts.keys.of_queue(QUEUE.name, place)))


def main() -> int:
    logs.configure("error", "console", process="demo")
    telling = Telling(TITLE)
    with temporary_valkey() as valkey:
        telling.line("valkey", f"{valkey.program.name} {valkey.version} on port {valkey.port}")
        with _opened(telling, valkey.url()) as bench:
            scenes: tuple[Callable[[Bench], None], ...] = (_priorities, _delay, _backoff, _rate, _pause, _nothing_left)
            for scene in scenes:
                bench.notebook.begin_anew()
                scene(bench)
    return telling.end()


@contextmanager
def _opened(telling: Telling, url: str) -> Iterator[Bench]:
    client = connect(url, name="demo")
    scripts = scripts_of(client)
    identity = f"{instance_of(client)}:{secrets.token_hex(8)}"
    client.set(scripts.keys.of("identity"), identity)
    jobs = jobs_of(scripts, identity=identity)
    notebook = Notebook()
    worker = ServiceWorker(
        jobs, MillraceBroker(jobs.catalogue), {Notebook: notebook}, name="demo", slots={QUEUE.name: QUEUE.slots}
    )
    heartbeat = Heartbeat([worker])
    heartbeat.start()
    worker.start()
    try:
        yield Bench(telling, jobs, notebook)
    finally:
        worker.stop(1)
        heartbeat.stop()
        jobs.database.close()
        client.close()


def _priorities(bench: Bench) -> None:
    bench.telling.scene("1. Priorities: the most urgent starts first, not the oldest")
    bench.configure(is_paused=True)
    bench.submit(4, priority=Priority.LOW)
    bench.submit(3, priority=Priority.NORMAL)
    bench.submit(1, priority=Priority.CRITICAL)
    began = time.monotonic()
    bench.configure()
    order = ", ".join(str(number) for number, _ in bench.starts(3, began))
    bench.telling.step("submitted as 4, 3, 1", announced="1, 3, 4", seen=order)


def _delay(bench: Bench) -> None:
    bench.telling.scene("2. A delay of 0.7 s, kept in a sorted set and not in a worker's memory")
    began = time.monotonic()
    bench.submit(2, delay=0.7)
    bench.telling.step("jobs in the delayed set", announced="1", seen=str(bench.count("delayed")))
    starts = bench.starts(1, began)
    bench.telling.step("starts when it is due", announced="not before 0.7 s", seen=_not_before(0.7, starts))


def _backoff(bench: Bench) -> None:
    bench.telling.scene("3. Two failures, then success: exponential backoff of 0.4 s and 0.8 s")
    began = time.monotonic()
    bench.submit(3, job=play_fast, failures=2)
    starts = bench.starts(3, began)
    bench.telling.step("attempts", announced="3", seen=str(len(starts)))
    for gap, announced in zip(_gaps(starts), (0.4, 0.8), strict=False):
        found = _not_before(announced, [(3, gap)])
        bench.telling.step(f"backoff of {announced} s", announced=f"not before {announced} s", seen=found)


def _rate(bench: Bench) -> None:
    bench.telling.scene("4. A rate of 2 in any second, for 5 jobs")
    bench.configure(rate=2, window=1)
    began = time.monotonic()
    ids = [bench.submit(number) for number in range(1, 6)]
    starts = bench.starts(5, began)
    bench.configure()
    bench.telling.step("jobs started", announced="5", seen=str(len(starts)))
    claimed = bench.claimed_ms(ids)
    spans = sorted((later - earlier) / 1000 for earlier, later in zip(claimed, claimed[2:], strict=False))
    seen = _not_before(1.0, [(0, span) for span in spans[:1]])
    bench.telling.step("a start and the second after it", announced="not before 1.0 s", seen=seen)


def _pause(bench: Bench) -> None:
    bench.telling.scene("5. Pause and resume")
    bench.configure(is_paused=True)
    bench.submit(5)
    time.sleep(0.5)
    bench.telling.step("started while paused", announced="0", seen=str(len(bench.notebook.starts)))
    began = time.monotonic()
    bench.configure()
    bench.telling.step("started after resume", announced="1", seen=str(len(bench.starts(1, began))))


def _nothing_left(bench: Bench) -> None:
    bench.telling.scene("6. What is left in Redis")
    until = time.monotonic() + PATIENCE
    while any(left := {place: bench.count(place) for place in ("ready", "delayed", "running")}.values()):
        if time.monotonic() > until:
            break
        time.sleep(0.02)
    bench.telling.step("jobs waiting or running", announced="0", seen=str(sum(left)))


def _gaps(starts: list[tuple[int, float]]) -> list[float]:
    return [later - earlier for (_, earlier), (_, later) in itertools.pairwise(starts)]


def _not_before(announced: float, starts: list[tuple[int, float]]) -> str:
    if not starts:
        return "nothing started"
    _, seconds = starts[0]
    return f"not before {announced} s" if seconds >= announced - GRAIN else f"after {seconds:.3f} s"
