"""Owns what may be changed of a queue at run time: PostgreSQL keeps it, versioned; the index gets a copy (rule 14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from shared import clock
from shared.db import UnitOfWork
from shared.jobs import budgets, circuit_settings, gate_settings, limiters
from shared.jobs.definitions import Queue
from shared.jobs.submission import Jobs

MS = timedelta(milliseconds=1)

_DECLARE = sa.text("""
INSERT INTO queue_setting (queue, version, slots, max_running, rate, window_ms, group_max_running, age_ms)
VALUES (:queue, 1, :slots, :max_running, :rate, :window_ms, :group_max_running, :age_ms)
ON CONFLICT (queue) DO UPDATE SET slots = excluded.slots, max_running = excluded.max_running, rate = excluded.rate,
                                  window_ms = excluded.window_ms, version = queue_setting.version + 1,
                                  group_max_running = excluded.group_max_running, age_ms = excluded.age_ms
WHERE NOT queue_setting.is_edited
  AND (queue_setting.slots, queue_setting.max_running, queue_setting.rate, queue_setting.window_ms,
       queue_setting.group_max_running, queue_setting.age_ms)
      IS DISTINCT FROM (excluded.slots, excluded.max_running, excluded.rate, excluded.window_ms,
                        excluded.group_max_running, excluded.age_ms)
""")


@dataclass(frozen=True, slots=True)
class QueueSetting:
    """One queue's settings as they hold now. 0 means no limit."""

    queue: str
    version: int
    is_paused: bool
    slots: int
    max_running: int
    rate: int
    window_ms: int
    paused_until: datetime | None = None
    group_max_running: int = 0
    age_ms: int = 60_000

    @property
    def is_paused_now(self) -> bool:
        """True while nothing starts; a pause with an end is over by itself."""
        return self.is_paused and (self.paused_until is None or self.paused_until > clock.now())


def declare(work: UnitOfWork, queues: tuple[Queue, ...]) -> None:
    """Bring the declared settings into the table; what an operator changed stays as he left it."""
    for queue in sorted(queues, key=lambda one: one.name):
        setting = declared(queue)
        work.connection.execute(
            _DECLARE,
            {
                "queue": setting.queue,
                "slots": setting.slots,
                "max_running": setting.max_running,
                "rate": setting.rate,
                "window_ms": setting.window_ms,
                "group_max_running": setting.group_max_running,
                "age_ms": setting.age_ms,
            },
        )


def declared(queue: Queue) -> QueueSetting:
    """What code says of a queue: it holds until a scheduler has written the table."""
    return QueueSetting(
        queue=queue.name,
        version=0,
        is_paused=False,
        slots=queue.slots,
        max_running=queue.max_running or 0,
        rate=queue.rate.starts if queue.rate else 0,
        window_ms=queue.rate.per // MS if queue.rate else 0,
        group_max_running=queue.group_max_running or 0,
        age_ms=queue.age // MS,
    )


def read(work: UnitOfWork) -> list[QueueSetting]:
    """All queues' settings by name."""
    rows = work.connection.execute(
        sa.text(
            "SELECT queue, version, is_paused, slots, max_running, rate, window_ms, paused_until, group_max_running, "
            "age_ms FROM queue_setting ORDER BY queue"
        )
    )
    return [QueueSetting(*row) for row in rows]


def copy_settings(jobs: Jobs, *, is_full: bool = False) -> None:
    """Copy what PostgreSQL has into the index; an older copy never overwrites a newer one.

    `is_full` after a loss: rate windows begin used up, since what was started in them is not known (rule 14).
    """
    with jobs.database.unit_of_work() as work:
        settings = read(work)
    for setting in settings:
        copy_setting(jobs, setting, is_full=is_full)
    gate_settings.copy_gates(jobs)
    limiters.copy_limiters(jobs, is_full=is_full)
    circuit_settings.copy_circuits(jobs)
    budgets.copy_budgets(jobs)


def copy_setting(jobs: Jobs, setting: QueueSetting, *, is_full: bool = False) -> None:
    """Copy one queue's settings into the index."""
    jobs.scripts.configure(
        setting.queue, version=setting.version, is_paused=setting.is_paused,
        max_running=setting.max_running, rate=setting.rate, window_ms=setting.window_ms, is_full=is_full,
        paused_until_ms=clock.epoch_ms(setting.paused_until) if setting.paused_until else 0,
        group_max=setting.group_max_running, age_ms=setting.age_ms,
    )  # fmt: skip
