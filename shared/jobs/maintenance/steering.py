"""Owns changing the slots of queues that adapt, through the table that people use. It must never act on any other."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from shared import metrics
from shared.db import UnitOfWork
from shared.jobs.adaptive import Adaptive, Decision, Measures, decide
from shared.jobs.control.queue_edits import adapt
from shared.jobs.control.subjects import known_queue
from shared.jobs.meters import read_measures
from shared.jobs.queue_counts import read_counts
from shared.jobs.queue_settings import QueueSetting
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
DECISIONS_MAX = 100

_RECENT = sa.text("""
SELECT EXISTS (SELECT FROM slot_decision WHERE queue = :queue AND at > clock_timestamp() - CAST(:cooldown AS interval))
""")
_NOTE = sa.text("""
INSERT INTO slot_decision (queue, slots_before, slots_after, reason, measures)
VALUES (:queue, :before, :after, :reason, CAST(:measures AS jsonb))
""")
_READ = sa.text("""
SELECT at, slots_before, slots_after, reason, measures FROM slot_decision WHERE queue = :queue
ORDER BY at DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Taken:
    """One decision as it was taken."""

    at: datetime
    before: int
    after: int
    reason: str
    measures: dict[str, Any]


def steer_once(jobs: Jobs) -> bool:
    """Look at every queue that adapts, and change its slots at most once in its cooldown. Safe under N copies."""
    rules = {queue.name: queue.adaptive for queue in jobs.catalogue.queues.values() if queue.adaptive is not None}
    if rules:
        queued = {count.queue: count.queued for count in read_counts(jobs)}
        for queue, rule in rules.items():
            _steer(jobs, queue, rule, read_measures(jobs, queue, queued=queued.get(queue, 0)))
    return False


def decisions(jobs: Jobs, queue: str, *, limit: int = DECISIONS_MAX) -> list[Taken]:
    """What was decided of a queue, newest first. Raises UnknownQueue."""
    known_queue(jobs, queue)
    with jobs.database.unit_of_work() as work:
        return [Taken(*row) for row in work.connection.execute(_READ, {"queue": queue, "limit": limit})]


def _steer(jobs: Jobs, queue: str, rule: Adaptive, met: Measures) -> None:
    taken: list[tuple[int, Decision]] = []

    def choose(work: UnitOfWork, now: QueueSetting) -> int:
        """Under the lock of the queue's setting, so that of N copies one decides."""
        if work.connection.execute(_RECENT, {"queue": queue, "cooldown": rule.cooldown}).scalar_one():
            return now.slots
        decision = decide(rule, now.slots, met)
        if decision is None:
            return now.slots
        measures = msgspec.json.encode(asdict(met)).decode()
        values = {"queue": queue, "before": now.slots, "after": decision.slots, "reason": decision.reason}
        work.connection.execute(_NOTE, {**values, "measures": measures})
        taken.append((now.slots, decision))
        return decision.slots

    adapt(jobs, queue, choose)
    for before, decision in taken:
        way = "up" if decision.slots > before else "down"
        metrics.SLOT_DECISIONS.labels(service=jobs.service, queue=queue, way=way).inc()
        log.info(
            "slots adapted", service=jobs.service, queue=queue, before=before, after=decision.slots,
            reason=decision.reason, **asdict(met),
        )  # fmt: skip
