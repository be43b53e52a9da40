"""Owns the life that a fixture keeps: a job in every state, made by the product's own code.

It must never write a store in the product's place, apart from letting time pass.
"""

import re
from datetime import timedelta
from typing import Any

from shared import clock
from shared.jobs import (
    JobContext,
    Priority,
    Schedule,
    Snooze,
    Unrecoverable,
    hours,
    put_schedule,
    submit,
    submit_many,
    submit_to,
)
from shared.jobs.connection import connect
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.queue_edits import Limits, edit, pause
from shared.jobs.control.requeues import requeue
from shared.jobs.exchange import inbox
from shared.jobs.ledger.records import Job
from shared.jobs.maintenance.ledger_writer import GROUP
from shared.jobs.queue_statistics import read_minutes, sum_of
from shared.jobs.schedules.firing import fire_once
from shared.jobs.scripts import Scripts
from shared.jobs.submission import Jobs
from tests.runtime.jobs.peer import open_peer
from tests.runtime.jobs.sample import Act, Bench, Play
from tests.upgrade.fixture import Fate, Manifest
from tests.upgrade.house import CHARGE, DRAW, DUE, FAIL, NO_ANSWER, WAITING, carry_out, errand, ping
from tools.stores import free_port

_FOLDER = re.compile(r'(File \\*")/[^"\\]*?/(?=(?:shared|tests|site-packages|python3\.\d+)/)')
LONG_MS = 3_600_000
CLOSED = "the account is closed"
YEARLY = timedelta(days=366)


class Placeless(Scripts):
    """The scripts, told of errors without the folder that this checkout happens to lie in."""

    def bury(self, held: Any, *, state: str, outcome: str, error: str) -> bool:
        return super().bury(held, state=state, outcome=placeless(outcome), error=placeless(error))

    def retry(self, held: Any, *, error: str = "", **how: Any) -> bool:
        return super().retry(held, error=placeless(error), **how)


def placeless(text: str) -> str:
    """File names in tracebacks from the package on."""
    return _FOLDER.sub(r"\1", text)


def failing(error: Exception) -> Act:
    """The errand is carried out and then fails."""

    def act(ctx: JobContext, args: Play) -> Any:
        carry_out(ctx, args)
        raise error

    return act


class Past:
    """A service's life up to the moment that is written down."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.jobs = bench.jobs
        self.fates: dict[str, Fate] = {}

    def live(self) -> Manifest:
        """All of it; what must come of it."""
        self._end()
        self._delay()
        self.submit("reclaimed", priority=Priority.CRITICAL)
        self.bench.claim()  # by a worker that will never come back
        self.bench.write_history("first-scheduler")
        self._leave_unsettled()
        self._doom()
        self._leave_queued()
        self._leave_ticks()
        outbox = self._exchange()
        self._leave_events()
        total = sum_of(read_minutes(self.jobs, "work", minutes=60))
        return Manifest(
            written_at=clock.now(),
            jobs=self.fates,
            order=["reclaimed", "critical", "high", "bulk-1", "bulk-2", "low", "batch"],
            keys={"order-1": "completed", "order-2": "high"},
            paused=["stopped"],
            limits={"limited": (1, 50)},
            statistics=(total.enqueued, total.started, total.completed, total.failed, total.retried, total.dead),
            outbox=outbox,
            inbox={"message-1": {"number": 1}},
        )

    def submit(self, label: str, fate: str = "completed", *, note: str = "", **options: Any) -> Job:
        """One errand, of which this must come."""
        number = len(self.fates) + 1
        job = submit(self.jobs, errand, Play(number=number, note=note), **options)
        self.promise(label, job, number, fate)
        return job

    def promise(self, label: str, job: Job, number: int, state: str = "completed", **more: Any) -> None:
        is_open = state == "completed"
        result = {"number": number} if is_open else None
        fate = {"runs": int(is_open), "result": result} | more
        self.fates[label] = Fate(id=job.id, number=number, state=state, **fate)

    def amend(self, label: str, **more: Any) -> None:
        """What was promised of a job is more exactly this."""
        kept = {name: getattr(self.fates[label], name) for name in Fate.__struct_fields__}
        self.fates[label] = Fate(**{**kept, **more})

    def run(self, act: Act = carry_out) -> None:
        """Whatever waits runs."""
        self.bench.stage.act = act
        self.bench.run()
        self.bench.stage.act = carry_out

    def _end(self) -> None:
        """Jobs that have ended and are settled, so that tombstones stand for them."""
        self.submit("completed", idempotency_key="order-1")
        self.run()
        self.amend("completed", runs=0)
        self.submit("begun-anew")
        self.run()
        self.amend("begun-anew", generation=2)
        self.submit("dead", "dead")
        self.run(failing(Unrecoverable(CLOSED)))
        self.amend("dead", error=CLOSED)
        cancel(self.jobs, self.submit("cancelled", "cancelled").id, reason="nobody wants it")
        self.bench.settle()

    def _delay(self) -> None:
        """Jobs whose time has not come."""
        self.submit("exhausted", "dead", note=FAIL)
        self.run()
        self.bench.make_due()
        self.run()
        self.amend("exhausted", runs=1, attempt=3, error=NO_ANSWER)
        self.submit("retrying")
        self.run(failing(ValueError(NO_ANSWER)))
        self.amend("retrying", attempt=2)
        self.submit("charged", note=CHARGE)
        self.run(failing(ValueError(NO_ANSWER)))
        self.amend("charged", attempt=2, result={"number": self.fates["charged"].number, "charge": 1})
        self.submit("drawn", note=DRAW)
        self.run(failing(ValueError(NO_ANSWER)))
        self.amend("drawn", attempt=2, result={"number": self.fates["drawn"].number, "drawn": 1})
        self.submit("snoozed")
        self.run(failing(Snooze(hours(1))))
        self.submit("near", scheduled_for=self.jobs.from_now(timedelta(minutes=30)))
        self.submit("far", scheduled_for=self.jobs.from_now(timedelta(days=30)))

    def _leave_unsettled(self) -> None:
        """Outcomes that PostgreSQL has not got yet."""
        self.submit("finished")
        self.run()
        self.amend("finished", runs=0)
        self.submit("failed", "dead")
        self.run(failing(Unrecoverable(CLOSED)))
        self.amend("failed", error=CLOSED)

    def _doom(self) -> None:
        """A lease of that worker, on a job that nobody wants any more."""
        doomed = self.submit("doomed", "cancelled")
        self.bench.claim()
        cancel(self.jobs, doomed.id, reason="nobody wants it")

    def _leave_queued(self) -> None:
        """Jobs that wait, worst first; some that the index does not have, one that only the index has."""
        self.submit("batch", priority=Priority.BATCH)
        self.submit("low", priority=Priority.LOW)
        first = len(self.fates) + 1
        numbers = range(first, first + 2)
        for at, job in enumerate(submit_many(self.jobs, errand, [Play(number=number) for number in numbers])):
            self.promise(f"bulk-{at + 1}", job, first + at)
        self.submit("high", priority=Priority.HIGH, idempotency_key="order-2")
        self.submit("critical", priority=Priority.CRITICAL)
        number = len(self.fates) + 1
        self.promise("index-only", submit(self.jobs, ping, Play(number=number)), number)
        self._leave_unpushed()
        requeue(self.jobs, self.fates["begun-anew"].id)
        edit(self.jobs, "limited", Limits(max_running=1, rate=50, window_ms=1000))
        self.submit("limited", queue="limited")
        pause(self.jobs, "stopped")
        self.submit("held", queue="stopped")

    def _leave_unpushed(self) -> None:
        """A row committed while Redis was gone; the relay has not come by."""
        gone = connect(f"redis://127.0.0.1:{free_port()}", name="gone")
        cut_off = Jobs(self.jobs.catalogue, self.jobs.database, Scripts(gone, self.jobs.service))
        number = len(self.fates) + 1
        self.promise("unpushed", submit(cut_off, errand, Play(number=number)), number)

    def _leave_ticks(self) -> None:
        """A schedule that has fired, and one that is due."""
        number = len(self.fates) + 1
        self._schedule("fired", number)
        fire_once(self.jobs)
        [(job_id,)] = self.bench.sql("SELECT job_id::text FROM schedule_tick")
        self.promise("fired", self.bench.row(job_id), number)
        self._schedule("due", DUE)

    def _schedule(self, name: str, number: int) -> None:
        with self.jobs.database.unit_of_work() as work:
            put_schedule(work, Schedule(name=name, job="errand", args={"number": number}, every=YEARLY), run_now=True)

    def _exchange(self) -> dict[str, str]:
        """A message that another service has got and one that it has not; one of another service that was consumed."""
        with open_peer(self.bench) as peer:
            number = len(self.fates) + 1
            sent = submit_to(peer.sender, "risk", "errand", {"number": number})
            peer.deliver()
            self.promise("sent", self.bench.row(peer.message(sent).peer_job_id or ""), number)
            waiting = submit_to(peer.sender, "risk", "errand", {"number": WAITING})
        with self.jobs.database.unit_of_work() as work:
            inbox.once(work, "social", "message-1", lambda _work: {"number": 1})
        return {sent: "sent", waiting: "waiting"}

    def _leave_events(self) -> None:
        """Events that a history writer had read when it died, long ago; the rest nobody has read."""
        client = self.bench.redis
        stream = self.jobs.scripts.keys.of("events")
        [(_, entries)] = client.xreadgroup(GROUP, "gone", {stream: ">"}, count=3)
        ids = [entry_id for entry_id, _ in entries]
        client.xclaim(stream, GROUP, "gone", 0, ids, idle=LONG_MS, justid=True)
