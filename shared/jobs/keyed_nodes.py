"""Owns nodes of flows whose jobs are unique: one takes its key when it may start, or goes by the job that has it.

It must never commit, and never let a node start beside the job that its key means.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.ended_outside import tell_ended
from shared.jobs.keyed_opening import Key, holders_of
from shared.jobs.ledger import edges, lines, unique_locks
from shared.jobs.ledger.edges import LEVELS_MAX, Ends
from shared.jobs.ledger.records import Job, Submission
from shared.jobs.ledger.unique_locks import Wish
from shared.jobs.states import FINAL, State
from shared.jobs.time_limits import keep_times
from shared.jobs.times import times_in_ms
from shared.jobs.uniqueness import LATEST_MODES, MODES

if TYPE_CHECKING:
    from shared.jobs.submission import Jobs

_KEYS = sa.text("""
SELECT id::text, name, unique_key, unique_mode FROM job WHERE id = ANY(CAST(:ids AS uuid[])) AND unique_mode IS NOT NULL
""")
_ATTACH = sa.text("""
INSERT INTO job_attachment (job_id, holder_id)
SELECT s.id, s.holder FROM json_to_recordset(CAST(:batch AS json)) AS s (id uuid, holder uuid)
ON CONFLICT (job_id) DO UPDATE SET holder_id = excluded.holder_id
""")
#: A blocked row is not the relay's work: it counts as pushed.
_HOLD = sa.text("""
UPDATE job SET state = 'blocked', wait_reason = 'unique', pushed_at = clock_timestamp()
WHERE id = ANY(CAST(:ids AS uuid[])) AND finished_at IS NULL
""")
#: is_keyed: retention keeps it for a day, for its end is asked for. In the order of ids, as all batches are.
_AWAIT = sa.text("""
WITH locked AS MATERIALIZED (
  SELECT id AS its_id FROM job WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
)
UPDATE job SET is_awaited = TRUE, is_keyed = TRUE FROM locked WHERE job.id = its_id RETURNING job.id::text, job.state
""")
_LEFT = sa.text("""
SELECT DISTINCT held.holder_id::text, coalesce(holder.state, 'cancelled')
FROM job_attachment AS held JOIN job ON job.id = held.job_id LEFT JOIN job AS holder ON holder.id = held.holder_id
WHERE job.state = 'blocked' AND job.wait_reason = 'unique' AND (holder.id IS NULL OR holder.finished_at IS NOT NULL)
LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Admitted:
    """Of jobs that might start: those that may, those whose start asks the row, and ends that others go by."""

    free: list[Job] = field(default_factory=list)
    asking: list[Job] = field(default_factory=list)
    ends: Ends = ()


def refuse_latest(submission: Submission) -> None:
    """Refuse what makes no sense in a flow. Raises InvalidArgument."""
    unique = submission.unique
    if unique is not None and unique.mode in LATEST_MODES:
        allowed = [mode for mode in MODES if mode not in LATEST_MODES]
        raise InvalidArgument(
            f"{submission.name} is unique by {unique.mode}, where the newest arguments count: a node of a flow would "
            f"run with those of another submission; {', '.join(allowed)} can be in a flow",
            field="name",
            allowed=allowed,
        )


def note(work: UnitOfWork, submissions: Sequence[Submission]) -> None:
    """Write into the rows of nodes which keys they are to take when they may start."""
    notes: list[dict[str, object]] = [
        {"id": one.id, "mode": one.unique.mode, "key": one.unique_key, "line": None, "waits": False}
        for one in submissions
        if one.unique is not None
    ]
    if notes:
        lines.note(work, notes)


def start(jobs: "Jobs", work: UnitOfWork, started: Sequence[Job], deadline_ms: int | None) -> None:
    """Push jobs that may start now, after the commit; those whose keys mean other jobs wait for these, or have ended.

    An end so found may let others start in its turn. What a chain without end leaves is found by a loop.
    """
    for _ in range(LEVELS_MAX):
        admitted = admit(jobs, work, started)
        for pushed, must_check in ((admitted.free, False), (admitted.asking, True)):
            if pushed:
                _push(jobs, work, pushed, deadline_ms, must_check=must_check)
        if not admitted.ends:
            return
        started, gone = edges.follow(work, admitted.ends, were_live=False)
        if gone:
            work.after_commit(partial(tell_ended, jobs.scripts, gone))
    _push(jobs, work, started, deadline_ms, must_check=True)
    edges.tell_loop(work)


def _push(jobs: "Jobs", work: UnitOfWork, these: Sequence[Job], deadline_ms: int | None, *, must_check: bool) -> None:
    work.after_commit(lambda: jobs.push(these, deadline_ms=deadline_ms, must_check=must_check))


def admit(jobs: "Jobs", work: UnitOfWork, started: Sequence[Job]) -> Admitted:
    """Which of these rows may start: a key that means another job keeps its node; the time of the others begins."""
    definitions = jobs.catalogue.jobs
    unique = [job.id for job in started if (known := definitions.get(job.name)) is not None and known.unique]
    wishes = _wishes(jobs, work, unique) if unique else {}
    holders = _take(jobs, work, wishes)
    held = {job_id: holder for job_id, wish in wishes.items() if (holder := holders[wish.name, wish.key]) != job_id}
    ends = _attach(work, held) if held else ()
    free = [job for job in started if job.id not in held]
    for job in free:
        known = definitions.get(job.name)
        if known is not None and known.times.are_kept:
            keep_times(work, [job.id], times_in_ms(job.times) or known.times, scheduled_for=job.scheduled_for)
    return Admitted(
        [job for job in free if job.id not in wishes], [job for job in free if job.id in wishes], ends
    )  # fmt: skip


def left(work: UnitOfWork, *, limit: int) -> list[tuple[str, State]]:
    """Ended jobs by which nodes go that do not know it yet; those whose rows are gone count as cancelled."""
    return [(row[0], State(row[1])) for row in work.connection.execute(_LEFT, {"limit": limit})]


def holder_of(work: UnitOfWork, job_id: str) -> str | None:
    """The job that a node goes by."""
    statement = sa.text("SELECT holder_id::text FROM job_attachment WHERE job_id = CAST(:id AS uuid)")
    return work.connection.execute(statement, {"id": job_id}).scalar()


def _wishes(jobs: "Jobs", work: UnitOfWork, ids: Sequence[str]) -> dict[str, Wish]:
    """The keys that these rows are to take, by job."""
    found = {}
    for job_id, name, key, mode in work.connection.execute(_KEYS, {"ids": list(ids)}):
        unique = jobs.catalogue.jobs[name].unique
        ttl = unique.ttl.total_seconds() if unique is not None and unique.ttl is not None else None
        found[job_id] = Wish(name, key, job_id, mode, ttl=ttl if mode == "for" else None)
    return found


def _take(jobs: "Jobs", work: UnitOfWork, wishes: dict[str, Wish]) -> dict[Key, str]:
    """Which job each key means from now on: the one that has it, or the first of these nodes."""
    leaders: dict[Key, Wish] = {}
    for wish in wishes.values():
        leaders.setdefault((wish.name, wish.key), wish)
    if not leaders:
        return {}
    locks = unique_locks.take(work, list(leaders.values()))
    holders = holders_of(work, leaders, locks, jobs)
    unique_locks.give(work, [wish for key, wish in leaders.items() if key not in holders])
    return {key: str(holders[key].id) if key in holders else wish.id for key, wish in leaders.items()}


def _attach(work: UnitOfWork, held: dict[str, str]) -> Ends:
    """Let these nodes wait for the jobs that have their keys; those of these that have ended already."""
    batch = [{"id": job_id, "holder": holder} for job_id, holder in sorted(held.items())]
    work.connection.execute(_ATTACH, {"batch": msgspec.json.encode(batch).decode()})
    work.connection.execute(_HOLD, {"ids": list(held)})
    states = work.connection.execute(_AWAIT, {"ids": _sorted_set(held.values())})
    return [(row[0], State(row[1])) for row in states if State(row[1]) in FINAL]


def _sorted_set(values: Iterable[str]) -> list[str]:
    return sorted(set(values))
