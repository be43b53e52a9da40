"""Owns the one look at everything that decides about a job: the index in two round trips. It must never scan."""

from dataclasses import dataclass, field
from typing import Any

from shared.jobs.connection import store_errors
from shared.jobs.entries import Entry, decode_entry
from shared.jobs.gate_reads import gate_key
from shared.jobs.index_ids import to_index
from shared.jobs.ledger.records import Job
from shared.jobs.limiter_reads import LimiterNow, limiter_now
from shared.jobs.submission import Jobs

_QUEUE_FIELDS = ("paused", "paused_until", "closed_until", "max_running", "rate", "window_ms", "group_max")
_GATE_FIELDS = ("max", "until", "limiter", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSight:
    """One gate of a job name or a group. `until_ms`: 0 open, -1 paused without an end."""

    kind: str
    name: str
    until_ms: int
    limit: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSight:
    """A queue's gates now. Times are Redis milliseconds, 0 = none; `paused_until_ms` -1 = without an end."""

    name: str
    paused_until_ms: int
    closed_until_ms: int
    running: int
    max_running: int
    rate: int
    window_ms: int
    #: When the rate lets the next job start; 0 = now.
    rate_opens_ms: int
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the index says of one job, at one moment."""

    now_ms: int
    entry: Entry | None
    has_ended: bool
    #: Of a running job.
    lease_until_ms: int
    #: Its place among the ready; None when it is not one of them.
    rank: int | None
    sentinel: str
    queue: QueueSight
    gates: list[GateSight] = field(default_factory=list)
    limiter_name: str = ""
    cost: int = 1
    limiter: LimiterNow | None = None


def look(jobs: Jobs, job: Job) -> Sight:
    """Look. Raises StoreUnavailable."""
    packed, sentinel = _entry(jobs, job)
    entry = decode_entry(packed) if packed else None
    is_its = entry is not None and not entry.is_tomb and entry.generation == job.generation
    queue = entry.queue if entry is not None and is_its else job.queue
    names = [("job", job.name)] + ([("group", job.group_key)] if job.group_key else [])
    found = _read(jobs, job.id, queue, [gate_key(*name) for name in names])
    conf = [_number(value) for value in found["conf"]]
    gates = [_gate(kind, name, found, at, conf[6]) for at, (kind, name) in enumerate(names)]
    limiter, cost = found["gates"][2], _number(found["gates"][3]) or 1
    return Sight(
        now_ms=found["now_ms"], entry=entry if is_its else None, has_ended=bool(found["outcome"]),
        lease_until_ms=int(found["lease"] or 0), rank=found["rank"], sentinel=sentinel,
        queue=_queue(queue, conf, found), gates=gates,
        limiter_name=limiter.decode() if limiter else "", cost=cost,
        limiter=limiter_now(jobs.scripts, limiter.decode(), cost=cost) if limiter else None,
    )  # fmt: skip


def _entry(jobs: Jobs, job: Job) -> tuple[bytes | None, str]:
    keys = jobs.scripts.keys
    with store_errors():
        pipeline = jobs.scripts.client.pipeline(transaction=False)
        pipeline.hget(keys.of("jobs"), to_index(job.id))
        pipeline.get(keys.of("identity"))
        packed, sentinel = pipeline.execute()
    return packed, sentinel.decode(errors="replace") if sentinel else ""


def _read(jobs: Jobs, job_id: str, queue: str, gates: list[str]) -> dict[str, Any]:
    """Everything at one moment, by name."""
    keys = jobs.scripts.keys
    conf, name = keys.of_queue(queue, "conf"), to_index(job_id)
    with store_errors():
        pipeline = jobs.scripts.client.pipeline(transaction=True)
        pipeline.time()
        pipeline.hmget(conf, _QUEUE_FIELDS)
        pipeline.hmget(conf, [f"{setting}:{gate}" for gate in gates for setting in _GATE_FIELDS])
        pipeline.hmget(keys.of_queue(queue, "places"), gates)
        pipeline.hget(keys.of("outcomes"), name)
        pipeline.zcard(keys.of_queue(queue, "running"))
        pipeline.zscore(keys.of_queue(queue, "running"), name)
        pipeline.zrank(keys.of_queue(queue, "ready"), name)
        time, *answers = pipeline.execute()
        now_ms = time[0] * 1000 + time[1] // 1000
        rate = _number(answers[0][4])
        pipeline.zcount(keys.serving(queue), now_ms, "+inf")
        pipeline.lindex(keys.of_queue(queue, "starts"), max(0, rate - 1))
        workers, blocker = pipeline.execute()
    names = ("conf", "gates", "places", "outcome", "running", "lease", "rank")
    return dict(zip(names, answers, strict=True)) | {"now_ms": now_ms, "workers": workers, "blocker": blocker}


def _gate(kind: str, name: str, found: dict[str, Any], at: int, group_max: int) -> GateSight:
    limit, until = (_number(value) for value in found["gates"][4 * at : 4 * at + 2])
    usual = group_max if kind == "group" else 0
    return GateSight(kind=kind, name=name, until_ms=until, limit=limit or usual, running=_number(found["places"][at]))


def _queue(name: str, conf: list[int], found: dict[str, Any]) -> QueueSight:
    paused, until, closed, most, rate, window_ms, _ = conf
    now_ms = found["now_ms"]
    opens_ms = _number(found["blocker"]) + window_ms if rate and found["blocker"] else 0
    is_paused = paused == 1 and (until == 0 or until > now_ms)
    return QueueSight(
        name=name, paused_until_ms=(until or -1) if is_paused else 0,
        closed_until_ms=closed if closed > now_ms else 0, running=found["running"], max_running=most, rate=rate,
        window_ms=window_ms, rate_opens_ms=opens_ms if opens_ms > now_ms else 0, workers=found["workers"],
    )  # fmt: skip


def _number(value: bytes | None) -> int:
    return int(float(value)) if value else 0
