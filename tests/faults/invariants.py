"""Owns the promises that hold whatever has died (reliability.md 3.2), and the healing that time would bring.

It must never heal by any hand but the product's own loops; it only moves scores and ages, which stands for waiting.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from shared.jobs import Job
from shared.jobs.index_ids import from_index
from shared.jobs.ledger import queries
from shared.jobs.ledger.records import Event, events_from_stream
from shared.jobs.maintenance.ledger_writer import GROUP, LedgerWriter
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.reconciler import identity_changed, reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.schedules.firing import fire_once
from shared.jobs.states import FINAL, State
from shared.jobs.testing import drain, record
from tests.faults.labours import has_effect
from tests.runtime.jobs.sample import Bench

ROUNDS = 5
ROWS = 5000
_LONG_IDLE_MS = 31_000
FINAL_KINDS = ("completed", "dead", "cancelled")


@dataclass(frozen=True, slots=True)
class Remains:
    """What a death has left: the rows, and the ids that the index knows."""

    rows: dict[str, Job]
    indexed: frozenset[str]


def remains(bench: Bench) -> Remains:
    """Look, and touch nothing."""
    indexed = bench.redis.hkeys(bench.jobs.scripts.keys.of("jobs"))
    return Remains(_rows(bench), frozenset(from_index(raw) for raw in indexed))


def heal(bench: Bench) -> None:
    """Let time pass and the loops turn until every job is final; AssertionError when one never is (I2)."""
    bench.age()
    _age_pending(bench)
    for _ in range(ROUNDS):
        if identity_changed(bench.jobs):
            reconcile_once(bench.jobs)
        fire_once(bench.jobs)
        relay_once(bench.jobs)
        bench.expire_leases()
        reap_once(bench.jobs)
        drain(bench.runtime, with_scheduled=True, limit=2000)
        _write_pending(bench)
        if not unfinished(bench) and not waiting(bench):
            return
    raise AssertionError(f"I2: never final: {unfinished(bench)}; left in the index: {waiting(bench)}")


def check(bench: Bench, before: Remains, acknowledged: Iterable[str]) -> None:
    """I1, I4, I6 and I12, after healing."""
    rows, events = _rows(bench), _events(bench)
    assert set(acknowledged) <= set(rows), "I1: an acknowledged job has no row"
    assert before.indexed <= set(before.rows), "I12: the index knew a job that was not committed"
    assert {event.job_id for event in events} <= set(rows), "I12: a job without a row was seen"
    for job_id, row in before.rows.items():
        if row.state in FINAL:
            assert _outcome(rows[job_id]) == _outcome(row), "I4: a final row has changed"
    ends = Counter(event.job_id for event in events if event.kind in FINAL_KINDS)
    assert max(ends.values(), default=0) <= 1, "I4: a job has ended twice in the index"
    successes = bench.sql("SELECT job_id FROM attempt WHERE outcome = 'completed'")
    assert max(Counter(successes).values(), default=0) <= 1, "I4: two attempts of a job succeeded"
    done = sorted(row.args["number"] for row in rows.values() if row.state is State.COMPLETED and has_effect(row))
    assert sorted(number for number in bench.effects() if number < 1000) == done, "I4: effects are not once a job"
    _check_progress(events)
    begun = {(event.job_id, event.token) for event in events if event.kind == "started"}
    known = {tuple(row) for row in bench.sql("SELECT job_id::text, token FROM attempt")}
    assert begun <= known, "history lacks an attempt that was begun"


def unfinished(bench: Bench) -> list[tuple[str, str]]:
    """Jobs that are not final, by id and state."""
    return [(row.id, row.state) for row in _rows(bench).values() if row.state not in FINAL]


def waiting(bench: Bench) -> dict[str, int]:
    """What the index still holds beside tombstones, by key."""
    keys = bench.jobs.scripts.keys
    names = [keys.of("unsettled")]
    names += [
        keys.of_queue(queue, name) for queue in bench.jobs.catalogue.queues for name in ("ready", "delayed", "running")
    ]
    return {name: count for name in names if (count := bench.redis.zcard(name))}


def _outcome(row: Job) -> tuple[object, ...]:
    return row.generation, row.state, row.result, row.error, row.attempts_made, row.started_at, row.finished_at


def _check_progress(events: list[Event]) -> None:
    reported: dict[str, float] = {}
    for event in events:
        if event.kind == "progress":
            done = msgspec.json.decode(event.extra)["done"]
            assert done >= reported.get(event.token, 0), "I6: the progress of an attempt went back"
            reported[event.token] = done


def _rows(bench: Bench) -> dict[str, Job]:
    with bench.jobs.database.unit_of_work() as work:
        rows = queries.page(work, queries.Filter(), limit=ROWS, before_seq=None)
    assert len(rows) < ROWS
    return {row.id: row for row in reversed(rows)}


def _events(bench: Bench) -> list[Event]:
    entries = bench.redis.xrange(bench.jobs.scripts.keys.of("events"))
    return [event for entry in entries for event in events_from_stream(*entry)]


def _age_pending(bench: Bench) -> None:
    """Events that a dead process has read have been idle for long."""
    stream = bench.jobs.scripts.keys.of("events")
    for group in bench.redis.xinfo_groups(stream) if bench.redis.exists(stream) else ():
        for entry in bench.redis.xpending_range(stream, group["name"], "-", "+", 1000):
            bench.redis.xclaim(
                stream, group["name"], entry["consumer"], 0, [entry["message_id"]], idle=_LONG_IDLE_MS, justid=True
            )


def _write_pending(bench: Bench) -> None:
    """Another writer takes what a dead one had read."""
    record(bench.runtime)
    writer = LedgerWriter(bench.jobs, "heir")
    stream = bench.jobs.scripts.keys.of("events")
    while bench.redis.exists(stream) and bench.redis.xpending(stream, GROUP)["pending"]:
        writer.run_once()
