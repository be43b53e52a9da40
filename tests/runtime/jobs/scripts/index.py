"""Owns a hand on one service's index in the run's Valkey: short verbs, and a readable picture of all of it.

It must never change the index except through the scripts, apart from moving scores, which stands for waiting.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

from shared.jobs.connection import connect
from shared.jobs.control_scripts import ControlScripts
from shared.jobs.entries import Entry, decode_entry, decode_kept
from shared.jobs.index_ids import from_index, to_index
from shared.jobs.index_reads import entries_of
from shared.jobs.ledger.records import Event, events_from_stream
from shared.jobs.scripts import Claim, Completion, Credits, GateCopy, Held, Push, Scripts

SERVICE = "test-service"
IDENTITY = "id-1"
Q = "price-updates"
FAR_MS = 3_600_000
OUTCOME = '{"state":"completed"}'
_requests = itertools.count(1)


@dataclass(frozen=True, slots=True)
class View:
    """Everything the index says about its jobs, apart from times: what a test compares before and after."""

    states: dict[str, tuple[int, str]]
    ready: list[str]
    delayed: list[str]
    running: list[str]
    unsettled: list[str]
    tombs: list[str]
    bodies: dict[str, str]
    outcomes: dict[str, str]
    count: dict[str, int]
    tokens: dict[str, str] = field(default_factory=dict, compare=False)
    parked: list[str] = field(default_factory=list)
    #: Running jobs by gate, while the queue is gated.
    places: dict[str, int] = field(default_factory=dict)


def view(**known: Any) -> View:
    """A View of which only what is not empty need be said."""
    lists: dict[str, Any] = {name: [] for name in ("ready", "delayed", "running", "unsettled", "tombs")}
    return View(**{"states": {}, "bodies": {}, "outcomes": {}, "count": {}, **lists, **known})


class Index:
    """The scripts of a made-up service, on an empty database whose claims are open."""

    def __init__(self, url: str, service: str = SERVICE) -> None:
        self.client = connect(url, name="test")
        self.scripts = Scripts(self.client, service)
        self.control = ControlScripts(self.client, service)
        self.keys = self.scripts.keys
        self.open()

    def open(self, identity: str = IDENTITY) -> None:
        self.client.set(self.keys.of("identity"), identity)

    def push(self, job_id: str, *, generation: int = 1, due_ms: int = 0, deadline_ms: int = 0, **more: Any) -> int:
        """Enqueue one job with unimportant details filled in."""
        details: dict[str, Any] = {
            "queue": Q, "name": "update-coin-price", "priority": 3, "attempts_max": 3, "timeout_ms": 60_000,
            "body": f"body of {job_id}",
        }  # fmt: skip
        push = Push(job_id, generation, due_ms=due_ms, **{**details, **more})
        return self.scripts.enqueue([push], deadline_ms=deadline_ms)[0]

    def push_all(self, *job_ids: str, **more: Any) -> None:
        for job_id in job_ids:
            assert self.push(job_id, **more) == 1

    def push_group(self, group: str, job_ids: list[str]) -> None:
        """Enqueue jobs of one group in one call."""
        pushes = [Push(job_id, 1, Q, "update-coin-price", 3, 0, 3, 60_000, "body", group=group) for job_id in job_ids]
        assert set(self.scripts.enqueue(pushes, deadline_ms=0)) == {1}

    def later(self) -> int:
        """A due time far enough away never to come by itself."""
        return self.scripts.time_ms() + FAR_MS

    def claim(
        self,
        want: int = 1,
        *,
        queue: str = Q,
        request: str = "",
        worker: str = "w1",
        identity: str = IDENTITY,
        leased: Credits | None = None,
    ) -> Claim:
        request = request or f"request-{next(_requests)}"
        return self.scripts.claim({queue: want}, identity=identity, request=request, worker=worker, leased=leased)

    def take(self, want: int = 1, *, queue: str = Q, worker: str = "w1") -> list[Held]:
        return [claimed.held for claimed in self.claim(want, queue=queue, worker=worker).jobs]

    def started(self, job_id: str, **more: Any) -> Held:
        """One job, pushed and claimed."""
        self.push_all(job_id, **more)
        [held] = self.take(queue=more.get("queue", Q))
        assert held.id == job_id
        return held

    def complete(self, held: Held, *, outcome: str = OUTCOME, is_settled: bool = False) -> bool:
        return self.scripts.complete([Completion(held, outcome, is_settled)])[0]

    def bury(self, held: Held, *, state: str = "dead") -> bool:
        return self.scripts.bury(held, state=state, outcome=f'{{"state":"{state}"}}', error="why")

    def retry(self, held: Held, *, delay_ms: int = FAR_MS, counts: bool = True) -> bool:
        state, kind = ("retrying", "retrying") if counts else ("scheduled", "snoozed")
        return self.scripts.retry(
            held, state=state, delay_ms=delay_ms, counts=counts, wait_reason="" if counts else "snoozed", kind=kind
        )

    def configure(
        self, queue: str = Q, *, version: int = 1, is_paused: bool = False, max_running: int = 0,
        rate: int = 0, window_ms: int = 0, **more: Any,
    ) -> bool:  # fmt: skip
        return self.scripts.configure(
            queue,
            version=version,
            is_paused=is_paused,
            max_running=max_running,
            rate=rate,
            window_ms=window_ms,
            **more,
        )

    def gate(self, gate: str, *, queue: str = Q, version: int = 1, **setting: Any) -> bool:
        """Set one gate of a queue, for example "j:update-coin-price" or "g:acme"."""
        return self.scripts.configure_gates(queue, [GateCopy(gate, version, **setting)])[0]

    def expire(self, *job_ids: str, queue: str = Q) -> None:
        """As if their leases and the reaper's grace had run out long ago."""
        self.client.zadd(self.keys.of_queue(queue, "running"), dict.fromkeys(map(to_index, job_ids), 1), xx=True)

    def make_due(self, *job_ids: str, queue: str = Q) -> None:
        """As if their time had come."""
        self.client.zadd(self.keys.of_queue(queue, "delayed"), dict.fromkeys(map(to_index, job_ids), 1), xx=True)

    def crash(self, held: Held) -> tuple[int, int]:
        """Its process dies; the reaper comes by."""
        self.expire(held.id, queue=held.queue)
        return self.scripts.reclaim(held.queue)

    def record(self, job_id: str) -> Entry | None:
        return entries_of(self.scripts, [job_id])[0]

    def entry(self, job_id: str) -> Entry:
        """The record of a job that must be there."""
        record = self.record(job_id)
        assert record is not None, f"{job_id} has no entry"
        return record

    def events(self, kind: str = "") -> list[Event]:
        entries = self.client.xrange(self.keys.of("events"))
        decoded = [event for entry in entries for event in events_from_stream(*entry)]
        return [event for event in decoded if kind in ("", event.kind)]

    def view(self, queue: str = Q) -> View:
        """The whole picture of one queue and of the service."""
        pipeline = self.client.pipeline(transaction=False)
        for name in ("jobs", "bodies", "outcomes"):
            pipeline.hgetall(self.keys.of(name))
        pipeline.hgetall(self.keys.of_queue(queue, "count"))
        for name in ("unsettled", "tombs"):
            pipeline.zrange(self.keys.of(name), 0, -1)
        for name in ("ready", "delayed", "running"):
            pipeline.zrange(self.keys.of_queue(queue, name), 0, -1)
        pipeline.hgetall(self.keys.of_queue(queue, "places"))
        pipeline.zrange(self.keys.of_queue(queue, "parked"), 0, -1)
        jobs, bodies, outcomes, count, *lists, places, parked = pipeline.execute()
        unsettled, tombs, ready, delayed, running = ([from_index(raw) for raw in names] for names in lists)
        records = {from_index(name): decode_entry(kept) for name, kept in jobs.items()}
        short = {name: body for name, kept in jobs.items() if (body := decode_kept(kept).body) is not None}
        assert not short.keys() & bodies.keys()
        return View(
            states={job_id: (record.generation, record.state) for job_id, record in records.items()},
            ready=ready, delayed=delayed, running=running, unsettled=unsettled, tombs=tombs,
            bodies={from_index(name): body.decode() for name, body in (bodies | short).items()},
            outcomes={from_index(name): outcome.decode() for name, outcome in outcomes.items()},
            count={name.decode(): int(value) for name, value in count.items()},
            tokens={job_id: record.token for job_id, record in records.items() if record.state == "running"},
            parked=[from_index(member.rpartition(b"\0")[2]) for member in parked],
            places={gate.decode(): int(n) for gate, n in places.items()},
        )  # fmt: skip

    def dump(self) -> dict[str, bytes]:
        """Every key of the database, byte for byte."""
        return {key.decode(): self.client.dump(key) for key in self.client.scan_iter(count=1000)}

    def wake_tokens(self, queue: str = Q) -> int:
        return int(self.client.llen(self.keys.of_queue(queue, "wake")))

    def drain_wakes(self, queue: str = Q) -> None:
        self.client.delete(self.keys.of_queue(queue, "wake"))
