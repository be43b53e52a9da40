"""Owns what the processes that die were doing: what was there before, and the work itself. It must never heal."""

# millrace: allow-file file-size because each labour stands beside those of the same crash points

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.bootstrap import ServiceRuntime
from shared.jobs import (
    Cancel,
    Job,
    JobContext,
    Jobs,
    Overlap,
    Schedule,
    Unrecoverable,
    minutes,
    put_schedule,
    submit,
    submit_many,
)
from shared.jobs.broker import MillraceBroker
from shared.jobs.flows.graphs import Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.verbs import cancel_flow, retry_flow
from shared.jobs.maintenance.ledger_writer import LedgerWriter
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.schedules.firing import fire_once
from shared.jobs.schedules.following import follow_once
from shared.jobs.testing import crash_at, record
from tests.runtime.jobs.sample import (
    SERVICE,
    Bench,
    Play,
    Stage,
    at_work,
    hold_until,
    play,
    play_aside,
    write_effect,
)
from tests.runtime.jobs.waiting import eventually

KEY = "the-key"
#: One batch of a push is 500.
BULK = 510
#: Written beside a submission in its own transaction.
BESIDE = 1000
_BLOCKED_SECONDS = 20.0
Say = Callable[[str], object]


def perform(ctx: JobContext, args: Play) -> Any:
    """The body of every job here; its note says what it does beside its one effect."""
    if args.note == "plain":
        return {"number": args.number}
    ctx.progress(10)
    ctx.progress(100)
    match args.note:
        case "fails once" if ctx.attempt == 1:
            raise ValueError("the first attempt fails")
        case "dies":
            raise Unrecoverable("void")
        case "cancels itself":
            raise Cancel("not wanted")
        case "steps":
            ctx.step("once", lambda work: write_effect(work, args.number))
            return {"number": args.number}
    with ctx.unit_of_work() as work:
        write_effect(work, args.number)
        if args.note == "parent":
            ctx.submit(play, Play(number=args.number + 1), key="child")
    return {"number": args.number}


def has_effect(job: Job) -> bool:
    """Whether this job, once completed, has written its number."""
    return job.args.get("note") not in ("plain", "dies", "cancels itself")


@dataclass(frozen=True, slots=True)
class Labour:
    """`prepare` runs in the test and returns what was acknowledged; `work` runs in the process that dies."""

    prepare: Callable[[Bench], Sequence[Job]]
    work: Callable[[Jobs, Say], object]


def bench_on(jobs: Jobs) -> Bench:
    """A bench on stores that another process has prepared."""
    stage = Stage(act=perform)
    broker = MillraceBroker(jobs.catalogue)
    return Bench(ServiceRuntime(SERVICE, None, jobs.database, jobs, broker, {Stage: stage}), stage)


def submit_with_key(jobs: Jobs) -> Job:
    """The submission that a caller repeats with the same key until he has an answer."""
    return submit(jobs, play, Play(number=1), idempotency_key=KEY)


def _submit_within(jobs: Jobs, say: Say) -> None:
    with jobs.database.unit_of_work() as work:
        write_effect(work, BESIDE)
        job = submit(jobs, play, Play(number=1), within=work)
    say(job.id)


def _submit_bulk(jobs: Jobs, say: Say) -> None:
    for job in submit_many(jobs, play, [Play(number=number, note="plain") for number in range(BULK)]):
        say(job.id)


def _work(jobs: Jobs, _say: Say) -> None:
    with at_work(bench_on(jobs), name="mortal"):
        threading.Event().wait(_BLOCKED_SECONDS)


def _stop_at_work(jobs: Jobs, _say: Say) -> None:
    bench = bench_on(jobs)
    bench.stage.act = hold_until(threading.Event())
    with at_work(bench, name="mortal") as worker:
        eventually(lambda: bench.stage.runs)
        worker.stop(0.01)


def _write_history(jobs: Jobs, _say: Say) -> None:
    writer = LedgerWriter(jobs, "mortal")
    writer.run_once()  # makes the group when there is none
    writer.run_once()


def _submitted(note: str) -> Callable[[Bench], Sequence[Job]]:
    return lambda bench: [submit(bench.jobs, play, Play(number=number, note=note)) for number in (10, 20)]


def _unpushed(bench: Bench) -> Sequence[Job]:
    for number in (10, 20):
        with crash_at("submit.committed"):
            bench.submit(number)
    bench.age()
    return ()


def _ended(bench: Bench) -> Sequence[Job]:
    jobs = [job for note in ("plain", "dies", "fails once") for job in _submitted(note)(bench)]
    bench.run()
    return jobs


def _expired(bench: Bench) -> Sequence[Job]:
    jobs = [bench.submit(10), submit(bench.jobs, play_aside, Play(number=20))]
    for queue in bench.jobs.catalogue.queues:
        bench.claim(queue=queue)
    bench.expire_leases()
    return jobs


def _expired_twice_before(bench: Bench) -> Sequence[Job]:
    job = bench.submit(10)
    for _ in range(2):
        bench.claim()
        bench.expire_leases()
        reap_once(bench.jobs)
    bench.claim()
    bench.expire_leases()
    return [job]


def _scheduled(bench: Bench) -> Sequence[Job]:
    with bench.jobs.database.unit_of_work() as work:
        put_schedule(work, Schedule(name="tick", job="play", args={"number": 10}, every=minutes(10)), run_now=True)
    return ()


def _buffered(bench: Bench) -> Sequence[Job]:
    schedule = Schedule(name="tick", job="play", args={"number": 10}, every=minutes(10), overlap=Overlap.BUFFER_ONE)
    for _ in range(2):
        with bench.jobs.database.unit_of_work() as work:
            put_schedule(work, schedule, run_now=True)
        fire_once(bench.jobs)
    bench.run()
    settle_once(bench.jobs)
    bench.sql("UPDATE schedule SET check_at = clock_timestamp() WHERE buffered = 1")
    return ()


def _lost(bench: Bench) -> Sequence[Job]:
    jobs = [*_submitted("")(bench), *_submitted("plain")(bench)]
    bench.attempt(bench.claim(1)[0])
    bench.claim(1)
    record(bench.runtime)  # from here on the rows are known to be pushed: only a rebuild brings them back
    bench.redis.flushdb()
    return jobs


def _flow(jobs: Jobs, note: str = "") -> list[str]:
    """A job and one that waits for it; their ids."""
    first = Node(key="a", job=play, args=Play(number=10, note=note))
    second = Node(key="b", job=play, args=Play(number=20, note=note), depends_on=["a"])
    return [node.job_id for node in submit_flow(jobs, "f", [first, second]).nodes]


def _flow_of(note: str, *, is_run: bool = False, is_settled: bool = False) -> Callable[[Bench], Sequence[Job]]:
    def prepare(bench: Bench) -> Sequence[Job]:
        ids = _flow(bench.jobs, note)
        if is_run:
            bench.run()
        if is_settled:
            bench.settle()
        return [bench.row(job_id) for job_id in ids]

    return prepare


def _flow_id(jobs: Jobs) -> str:
    with jobs.database.unit_of_work() as work:
        return str(work.connection.exec_driver_sql("SELECT id FROM flow").scalar_one())


def _nothing(_bench: Bench) -> Sequence[Job]:
    return ()


#: What a process was doing when it died.
LABOURS: dict[str, Labour] = {
    "submit": Labour(_nothing, lambda jobs, say: say(submit_with_key(jobs).id)),
    "submit in a transaction": Labour(_nothing, _submit_within),
    "submit in bulk": Labour(_nothing, _submit_bulk),
    "relay": Labour(_unpushed, lambda jobs, _: relay_once(jobs)),
    "run": Labour(_submitted(""), _work),
    "run without writes": Labour(_submitted("plain"), _work),
    "run a parent": Labour(_submitted("parent"), _work),
    "run steps": Labour(_submitted("steps"), _work),
    "retry": Labour(_submitted("fails once"), _work),
    "bury": Labour(_submitted("dies"), _work),
    "cancel": Labour(_submitted("cancels itself"), _work),
    "release": Labour(_submitted(""), _stop_at_work),
    "settle": Labour(_ended, lambda jobs, _: settle_once(jobs)),
    "reap": Labour(_expired, lambda jobs, _: reap_once(jobs)),
    "reap for the third time": Labour(_expired_twice_before, lambda jobs, _: reap_once(jobs)),
    "write history": Labour(_ended, _write_history),
    "fire": Labour(_scheduled, lambda jobs, _: fire_once(jobs)),
    "follow": Labour(_buffered, lambda jobs, _: follow_once(jobs)),
    "rebuild": Labour(_lost, lambda jobs, _: reconcile_once(jobs)),
    "submit a flow": Labour(_nothing, lambda jobs, say: [say(job_id) for job_id in _flow(jobs)]),
    "run a flow": Labour(_flow_of(""), _work),
    "settle a flow": Labour(_flow_of("plain", is_run=True), lambda jobs, _: settle_once(jobs)),
    "bury a flow": Labour(_flow_of("dies", is_run=True), lambda jobs, _: settle_once(jobs)),
    "cancel a flow": Labour(_flow_of(""), lambda jobs, _: cancel_flow(jobs, _flow_id(jobs))),
    "retry a flow": Labour(
        _flow_of("dies", is_run=True, is_settled=True), lambda jobs, _: retry_flow(jobs, _flow_id(jobs))
    ),
}
#: The labours that reach each point; together they reach all.
REACHED_BY: dict[str, tuple[str, ...]] = {
    "submit.checked": ("submit",),
    "submit.key_taken": ("submit",),
    "submit.opened": ("submit", "submit in a transaction"),
    "submit_many.opened": ("submit in bulk",),
    "submit.committed": ("submit", "submit in a transaction", "fire", "run a flow", "settle a flow"),
    "submit.batch_pushed": ("submit in bulk",),
    "submit.pushed": ("submit", "submit in a transaction"),
    "relay.locked": ("relay",),
    "relay.pushed": ("relay",),
    "relay.stamped": ("relay",),
    "claim.asking": ("run",),
    "claim.answered": ("run",),
    "claim.handed_over": ("run",),
    "attempt.beginning": ("run", "retry"),
    "attempt.returned": ("run", "run without writes", "run a parent"),
    "attempt.marked": ("run", "run a parent"),
    "attempt.committed": ("run", "run a parent"),
    "attempt.hooked": ("run a parent",),
    "step.written": ("run steps",),
    "step.committed": ("run steps",),
    "settle.decided": ("retry", "bury", "cancel", "release"),
    "settle.written": ("retry", "bury", "cancel", "release"),
    "complete.written": ("run", "run without writes"),
    "settler.read": ("settle",),
    "settler.applied": ("settle",),
    "settler.committed": ("settle",),
    "settler.removed": ("settle",),
    "reap.looking": ("reap",),
    "reap.reclaimed": ("reap", "reap for the third time"),
    "history.read": ("write history",),
    "history.applied": ("write history",),
    "history.committed": ("write history",),
    "history.acknowledged": ("write history",),
    "fire.ticked": ("fire",),
    "fire.opened": ("fire",),
    "fire.fired": ("fire",),
    "follow.opened": ("follow",),
    "reconcile.marked": ("rebuild",),
    "reconcile.pushed": ("rebuild",),
    "reconcile.compared": ("rebuild",),
    "reconcile.recorded": ("rebuild",),
    "reconcile.adopted": ("rebuild",),
    "flow.opened": ("submit a flow",),
    "flow.ended": ("cancel a flow",),
    "flow.retried": ("retry a flow",),
    "edges.followed": ("run a flow", "settle a flow", "bury a flow", "cancel a flow"),
}
