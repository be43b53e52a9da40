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
from shared.jobs.pushing import batches
from shared.jobs.submission import Jobs

KINDS = ("job", "group")
#: Groups of a queue that may be paused or limited; for more there is the limit of all: Queue(group_max_running=).
GROUPS_MAX = 1_000
COPIED_AT_ONCE = 200
COLUMNS = "queue, kind, name, version, is_paused, paused_until, max_running, limiter, cost"

_DECLARE = sa.text("""
INSERT INTO gate_setting (queue, kind, name, version, max_running, limiter, cost)
VALUES (:queue, 'job', :name, 1, :max_running, :limiter, :cost)
ON CONFLICT (queue, kind, name) DO UPDATE
SET max_running = CASE WHEN gate_setting.is_edited THEN gate_setting.max_running ELSE excluded.max_running END,
    limiter = excluded.limiter, cost = excluded.cost, version = gate_setting.version + 1
WHERE (gate_setting.is_edited OR gate_setting.max_running = excluded.max_running, gate_setting.limiter,
       gate_setting.cost) IS DISTINCT FROM (TRUE, excluded.limiter, excluded.cost)
""")

#: The index may still know a version of a row that went: the next one of that name has to be newer.
_FIRST = "(SELECT coalesce(max(version), 0) + 1 FROM gate_setting WHERE queue = :queue)"

_PUT = sa.text(f"""
INSERT INTO gate_setting (queue, kind, name, version, is_paused, paused_until, max_running, is_edited)
VALUES (:queue, :kind, :name, {_FIRST}, coalesce(CAST(:is_paused AS boolean), FALSE),
        CAST(:paused_until AS timestamptz), coalesce(CAST(:max_running AS integer), 0),
        CAST(:max_running AS integer) IS NOT NULL AND NOT :is_reset)
ON CONFLICT (queue, kind, name) DO UPDATE
SET version = gate_setting.version + 1, is_paused = coalesce(CAST(:is_paused AS boolean), gate_setting.is_paused),
    paused_until = CASE WHEN CAST(:is_paused AS boolean) IS NULL THEN gate_setting.paused_until
                        ELSE CAST(:paused_until AS timestamptz) END,
    max_running = coalesce(CAST(:max_running AS integer), gate_setting.max_running),
    is_edited = (gate_setting.is_edited OR CAST(:max_running AS integer) IS NOT NULL) AND NOT :is_reset
RETURNING {COLUMNS}
""")  # noqa: S608  # constant columns

#: What has the highest version stays, since new rows begin above it.
_SAYS_NOTHING = "max_running = 0 AND (NOT is_paused OR paused_until < clock_timestamp() - interval '1 day')"

_FORGET = sa.text(f"""
DELETE FROM gate_setting WHERE queue = :queue AND kind = 'group' AND {_SAYS_NOTHING}
  AND version < (SELECT max(version) FROM gate_setting WHERE queue = :queue)
""")  # noqa: S608  # a constant of this module

_COUNT = "SELECT count(*) FROM gate_setting WHERE queue = :queue AND kind = 'group'"
_GROUPS = sa.text(_COUNT)
_GROUPS_THAT_SAY = sa.text(f"{_COUNT} AND NOT ({_SAYS_NOTHING})")


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

    @property
    def is_paused_now(self) -> bool:
        """True while nothing starts; a pause with an end is over by itself."""
        return self.is_paused and (self.paused_until is None or self.paused_until > clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChange:
    """What shall be different of a gate; None leaves a thing as it is."""

    is_paused: bool | None = None
    #: The end of a pause that begins with this change.
    paused_until: datetime | None = None
    #: 0 = no limit of its own.
    max_running: int | None = None
    #: The limit back to what code declares, which is followed again from then on.
    is_reset: bool = False


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
    rows = work.connection.execute(sa.text(f"SELECT {COLUMNS} FROM gate_setting ORDER BY queue, kind, name"))  # noqa: S608  # constant columns
    return [GateSetting(*row) for row in rows]


def pause_gate(jobs: Jobs, gate: Gate, *, until: datetime | None = None) -> GateSetting:
    """Start nothing more of a job or a group, until that time or until it is resumed; what runs may end.

    Holds when this returns. Raises UnknownQueue, UnknownJob or InvalidArgument; StoreUnavailable: repeat it.
    """
    return change_gate(jobs, gate, GateChange(is_paused=True, paused_until=until))


def resume_gate(jobs: Jobs, gate: Gate) -> GateSetting:
    """End a pause. Raises as pause_gate does."""
    return change_gate(jobs, gate, GateChange(is_paused=False))


def limit_gate(jobs: Jobs, gate: Gate, max_running: int) -> GateSetting:
    """Let at most so many run at once, over all processes; 0 = no limit of its own. Raises as pause_gate does."""
    return change_gate(jobs, gate, GateChange(max_running=max_running))


def checked_until(until: datetime | None) -> datetime | None:
    """The end of a pause as it may be kept. Raises InvalidArgument."""
    if until is None:
        return None
    if until.tzinfo is None:
        raise InvalidArgument("until must carry a time zone", field="until")
    if not clock.now() < until <= clock.now() + HORIZON:
        raise InvalidArgument("until must be ahead, by at most 366 days", field="until")
    return until


def change_gate(jobs: Jobs, gate: Gate, change: GateChange) -> GateSetting:
    """Change what is given, in one step; holds when this returns. Raises as pause_gate does."""
    _check(jobs.catalogue, gate)
    _check_change(change)
    limit = _limit_of(jobs.catalogue, gate) if change.is_reset else change.max_running
    if limit is not None and not 0 <= limit <= MAX_RUNNING:
        raise InvalidArgument(f"max_running must be from 0 to {MAX_RUNNING:,}, got {limit}", field="max_running")
    values = {
        "queue": gate.queue, "kind": gate.kind, "name": gate.name, "is_paused": change.is_paused,
        "paused_until": checked_until(change.paused_until), "max_running": limit, "is_reset": change.is_reset,
    }  # fmt: skip
    with jobs.database.unit_of_work() as work:
        row = work.connection.execute(_PUT, values).one()
        if gate.kind == "group":
            _make_room(work, gate.queue)
    setting = GateSetting(*row)
    _copy(jobs, gate.queue, [setting])
    return setting


def _check_change(change: GateChange) -> None:
    if change == GateChange():
        allowed = ["paused", "until", "max_running", "reset"]
        raise InvalidArgument("nothing is asked for; give at least one of these", field="change", allowed=allowed)
    if change.paused_until is not None and not change.is_paused:
        raise InvalidArgument("until is the end of a pause: give paused with it", field="until")
    if change.is_reset and change.max_running is not None:
        raise InvalidArgument("reset goes back to what code declares; give no max_running beside it", field="reset")


def declared_gate(catalogue: Catalogue, gate: Gate) -> GateSetting:
    """What code alone says of a gate: it holds until somebody or a scheduler writes the table. Raises as pause_gate."""
    _check(catalogue, gate)
    known = catalogue.jobs[gate.name] if gate.kind == "job" else None
    return GateSetting(
        gate.queue, gate.kind, gate.name, 0, is_paused=False, paused_until=None,
        max_running=_limit_of(catalogue, gate), cost=known.cost if known else 1,
        limiter=known.limiter.name if known and known.limiter else "",
    )  # fmt: skip


def _limit_of(catalogue: Catalogue, gate: Gate) -> int:
    known = catalogue.jobs.get(gate.name) if gate.kind == "job" else None
    return (known.max_running or 0) if known is not None and known.queue.name == gate.queue else 0


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
    if gate.kind == "group":
        checked_group(gate.name)


def _make_room(work: UnitOfWork, queue: str) -> None:
    """Forget groups that say nothing any more once there are too many. Raises InvalidArgument when that is too few."""
    if work.connection.execute(_GROUPS, {"queue": queue}).scalar_one() <= GROUPS_MAX:
        return
    work.connection.execute(_FORGET, {"queue": queue})
    if work.connection.execute(_GROUPS_THAT_SAY, {"queue": queue}).scalar_one() > GROUPS_MAX:
        raise InvalidArgument(f"{GROUPS_MAX:,} groups of queue {queue} are paused or limited already", field="name")


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
