"""Owns what may be set of one job name or one group of a queue: PostgreSQL keeps it, versioned; the index gets a copy.

It must never acknowledge what the index has not got (rule 14).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from shared import clock
from shared.db import UnitOfWork
from shared.errors import InvalidArgument, UnknownJob, UnknownQueue
from shared.jobs.admission import HORIZON, checked_group
from shared.jobs.definitions import Catalogue
from shared.jobs.grants import GateCopy
from shared.jobs.limits import MAX_RUNNING
from shared.jobs.submission import Jobs, batches

KINDS = ("job", "group")
#: Settings of groups that a queue may have; more than that is a limit for every group: Queue(group_max_running=).
GROUPS_MAX = 1_000
COPIED_AT_ONCE = 200
_COLUMNS = "queue, kind, name, version, is_paused, paused_until, max_running, limiter, cost"

_DECLARE = sa.text("""
INSERT INTO gate_setting (queue, kind, name, version, max_running, limiter, cost)
VALUES (:queue, 'job', :name, 1, :max_running, :limiter, :cost)
ON CONFLICT (queue, kind, name) DO UPDATE
SET max_running = CASE WHEN gate_setting.is_edited THEN gate_setting.max_running ELSE excluded.max_running END,
    limiter = excluded.limiter, cost = excluded.cost, version = gate_setting.version + 1
WHERE (gate_setting.is_edited OR gate_setting.max_running = excluded.max_running, gate_setting.limiter,
       gate_setting.cost) IS DISTINCT FROM (TRUE, excluded.limiter, excluded.cost)
""")

_PUT = sa.text(f"""
INSERT INTO gate_setting (queue, kind, name, version, is_paused, paused_until, max_running, is_edited)
VALUES (:queue, :kind, :name, 1, coalesce(CAST(:is_paused AS boolean), FALSE), CAST(:paused_until AS timestamptz),
        coalesce(CAST(:max_running AS integer), 0), CAST(:max_running AS integer) IS NOT NULL)
ON CONFLICT (queue, kind, name) DO UPDATE
SET version = gate_setting.version + 1, is_paused = coalesce(CAST(:is_paused AS boolean), gate_setting.is_paused),
    paused_until = CASE WHEN CAST(:is_paused AS boolean) IS NULL THEN gate_setting.paused_until
                        ELSE CAST(:paused_until AS timestamptz) END,
    max_running = coalesce(CAST(:max_running AS integer), gate_setting.max_running),
    is_edited = gate_setting.is_edited OR CAST(:max_running AS integer) IS NOT NULL
RETURNING {_COLUMNS}
""")  # noqa: S608  # constant columns


@dataclass(frozen=True, slots=True)
class GateSetting:
    """What holds of one job name or group of a queue. 0 and an empty name mean none."""

    queue: str
    kind: str
    name: str
    version: int
    is_paused: bool
    paused_until: datetime | None
    max_running: int
    limiter: str
    cost: int


@dataclass(frozen=True, slots=True)
class Gate:
    """Which gate is meant: a queue, "job" or "group", and a name."""

    queue: str
    kind: str
    name: str


def declare_gates(work: UnitOfWork, catalogue: Catalogue) -> None:
    """Bring what code says of its jobs into the table; a limit that an operator changed stays as he left it."""
    known = {(setting.queue, setting.name) for setting in read_gates(work) if setting.kind == "job"}
    for one in sorted(catalogue.jobs.values(), key=lambda one: one.name):
        limiter = one.limiter.name if one.limiter else ""
        if one.max_running or limiter or (one.queue.name, one.name) in known:
            values = {"queue": one.queue.name, "name": one.name, "max_running": one.max_running or 0}
            work.connection.execute(_DECLARE, {**values, "limiter": limiter, "cost": one.cost})


def read_gates(work: UnitOfWork) -> list[GateSetting]:
    """All settings, by queue; bounded by jobs and GROUPS_MAX."""
    rows = work.connection.execute(sa.text(f"SELECT {_COLUMNS} FROM gate_setting ORDER BY queue, kind, name"))  # noqa: S608  # constant columns
    return [GateSetting(*row) for row in rows]


def pause_gate(jobs: Jobs, gate: Gate, *, until: datetime | None = None) -> GateSetting:
    """Start nothing more of a job or a group, until that time or until it is resumed; what runs may end.

    Holds when this returns. Raises UnknownQueue, UnknownJob or InvalidArgument; StoreUnavailable: repeat it.
    """
    return _put(jobs, gate, is_paused=True, paused_until=checked_until(until))


def resume_gate(jobs: Jobs, gate: Gate) -> GateSetting:
    """End a pause. Raises as pause_gate does."""
    return _put(jobs, gate, is_paused=False)


def limit_gate(jobs: Jobs, gate: Gate, max_running: int) -> GateSetting:
    """Let at most so many run at once, over all processes; 0 = no limit of its own. Raises as pause_gate does."""
    if not 0 <= max_running <= MAX_RUNNING:
        raise InvalidArgument(f"max_running must be from 0 to {MAX_RUNNING:,}, got {max_running}", field="max_running")
    return _put(jobs, gate, max_running=max_running)


def checked_until(until: datetime | None) -> datetime | None:
    """The end of a pause as it may be kept. Raises InvalidArgument."""
    if until is None:
        return None
    if until.tzinfo is None:
        raise InvalidArgument("until must carry a time zone", field="until")
    if not clock.now() < until <= clock.now() + HORIZON:
        raise InvalidArgument("until must be ahead, by at most 366 days", field="until")
    return until


def _put(
    jobs: Jobs,
    gate: Gate,
    *,
    is_paused: bool | None = None,
    paused_until: datetime | None = None,
    max_running: int | None = None,
) -> GateSetting:
    _check(jobs.catalogue, gate)
    change = {"is_paused": is_paused, "paused_until": paused_until, "max_running": max_running}
    with jobs.database.unit_of_work() as work:
        row = work.connection.execute(_PUT, {"queue": gate.queue, "kind": gate.kind, "name": gate.name, **change}).one()
        if row.version == 1 and gate.kind == "group":
            _check_room(work, gate.queue)
    setting = GateSetting(*row)
    _copy(jobs, gate.queue, [setting])
    return setting


def _check(catalogue: Catalogue, gate: Gate) -> None:
    if gate.queue not in catalogue.queues:
        allowed = sorted(catalogue.queues)
        raise UnknownQueue(
            f"no queue {gate.queue[:60]!r}; allowed: {', '.join(allowed)}", field="queue", allowed=allowed
        )
    if gate.kind not in KINDS:
        raise InvalidArgument(f"kind must be job or group, got {gate.kind[:60]!r}", field="kind", allowed=KINDS)
    if gate.kind == "job" and gate.name not in catalogue.jobs:
        allowed = sorted(catalogue.jobs)
        raise UnknownJob(f"no job {gate.name[:60]!r}; allowed: {', '.join(allowed)}", field="name", allowed=allowed)
    if not gate.name:
        raise InvalidArgument("the name of a group must not be empty", field="name")
    checked_group(gate.name)


def _check_room(work: UnitOfWork, queue: str) -> None:
    statement = sa.text("SELECT count(*) FROM gate_setting WHERE queue = :queue AND kind = 'group'")
    if work.connection.execute(statement, {"queue": queue}).scalar_one() > GROUPS_MAX:
        raise InvalidArgument(f"queue {queue} has settings of {GROUPS_MAX:,} groups already", field="name")


def copy_gates(jobs: Jobs) -> None:
    """Copy what PostgreSQL has into the index; an older copy never overwrites a newer one."""
    with jobs.database.unit_of_work() as work:
        settings = read_gates(work)
    for queue, of_queue in groupby(settings, key=lambda setting: setting.queue):
        _copy(jobs, queue, list(of_queue))


def _copy(jobs: Jobs, queue: str, settings: Sequence[GateSetting]) -> None:
    for page in batches(settings, COPIED_AT_ONCE):
        jobs.scripts.configure_gates(queue, [_copied(setting) for setting in page])


def _copied(setting: GateSetting) -> GateCopy:
    ends = clock.epoch_ms(setting.paused_until) if setting.paused_until else -1
    return GateCopy(
        gate=f"{setting.kind[0]}:{setting.name}",
        version=setting.version,
        until_ms=ends if setting.is_paused else 0,
        max_running=setting.max_running,
        limiter=setting.limiter,
        cost=setting.cost,
    )
