"""Owns every write to the ledger: open, mark done, settle, apply history. It must never commit:

its caller's unit of work does.
"""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from shared.db import UnitOfWork
from shared.errors import OutcomeRefused
from shared.jobs.ledger.records import Event, Job, OutcomeRecord, Submission
from shared.jobs.ledger.rows import COLUMNS, job_from_row
from shared.jobs.ledger.time_rows import keep
from shared.jobs.states import State

_OPEN = sa.text(f"""
INSERT INTO job (id, name, queue, state, priority, args, attempts_max, timeout_ms, scheduled_for, wait_reason, tick,
                 parent_id, request_id, group_key)
SELECT s.id, s.name, s.queue, CASE WHEN s.scheduled_for > clock_timestamp() THEN 'scheduled' ELSE 'queued' END,
       s.priority, CAST(s.args AS jsonb), s.attempts_max, s.timeout_ms, s.scheduled_for,
       CASE WHEN s.scheduled_for > clock_timestamp() THEN 'delay' ELSE '' END, s.tick, s.parent_id, s.request_id,
       s.group_key
FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:queues AS text[]), CAST(:priorities AS smallint[]),
            CAST(:args AS text[]), CAST(:attempts AS integer[]), CAST(:timeouts AS bigint[]),
            CAST(:scheduled AS timestamptz[]), CAST(:ticks AS timestamptz[]), CAST(:parents AS uuid[]),
            CAST(:requests AS text[]), CAST(:groups AS text[]))
     WITH ORDINALITY AS s (id, name, queue, priority, args, attempts_max, timeout_ms, scheduled_for, tick, parent_id,
                           request_id, group_key, position)
ORDER BY s.position
ON CONFLICT (id) DO NOTHING
RETURNING {COLUMNS}
""")  # noqa: S608  # COLUMNS is a constant of this package

_DONE = sa.text("""
WITH done AS (
  UPDATE job SET state = 'completed', result = CAST(:result AS jsonb), attempts_made = :attempts, error = NULL,
                 crashes = :crashes, wait_reason = '', started_at = to_timestamp(:started / 1000.0),
                 finished_at = clock_timestamp(), pushed_at = coalesce(pushed_at, clock_timestamp()),
                 result_expires_at = clock_timestamp() + CAST(times ->> 'result_ttl_ms' AS float8) * interval '1 ms'
  WHERE id = :id AND generation = :generation AND finished_at IS NULL
  RETURNING id, is_awaited
)
INSERT INTO attempt (job_id, generation, token, number, worker, started_at, finished_at, outcome)
SELECT id, :generation, :token, :attempts, :worker, to_timestamp(:started / 1000.0), clock_timestamp(), 'completed'
FROM done
ON CONFLICT (job_id, generation, token) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome
RETURNING (SELECT is_awaited FROM done)
""")

#: Rows are locked in the order of their ids, so that writers of batches never wait for each other in a circle. What is
#: written travels through the lock with its row: a join of the two would be quadratic under a generic plan.
_SETTLE = sa.text("""
WITH locked AS MATERIALIZED (
  SELECT s.* FROM json_to_recordset(CAST(:batch AS json))
    AS s (id uuid, generation integer, state text, result jsonb, error jsonb, attempts integer, crashes integer,
          token text, worker text, started bigint, finished bigint, number integer)
  JOIN job ON job.id = s.id ORDER BY s.id FOR NO KEY UPDATE OF job
), done AS (
  UPDATE job SET state = s.state, result = CASE WHEN s.state = 'completed' THEN coalesce(s.result, 'null') END,
                 error = s.error, attempts_made = s.attempts, crashes = s.crashes, wait_reason = '',
                 started_at = CASE WHEN s.started > 0 THEN to_timestamp(s.started / 1000.0) ELSE job.started_at END,
                 finished_at = to_timestamp(s.finished / 1000.0), pushed_at = coalesce(pushed_at, clock_timestamp()),
                 result_expires_at = CASE WHEN s.state = 'completed' THEN to_timestamp(s.finished / 1000.0)
                   + CAST(job.times ->> 'result_ttl_ms' AS float8) * interval '1 ms' END
  FROM locked AS s
  WHERE job.id = s.id AND job.generation = s.generation AND job.finished_at IS NULL
  RETURNING job.id, job.is_awaited
), tries AS (
  INSERT INTO attempt (job_id, generation, token, number, worker, started_at, finished_at, outcome, error)
  SELECT s.id, s.generation, s.token, s.number, s.worker, to_timestamp(s.started / 1000.0),
         to_timestamp(s.finished / 1000.0), s.state, s.error
  FROM locked AS s WHERE s.token <> ''
  ON CONFLICT (job_id, generation, token)
  DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome, error = excluded.error
)
SELECT id, is_awaited FROM done
""")

_APPLY = sa.text("""
WITH locked AS MATERIALIZED (
  SELECT s.* FROM json_to_recordset(CAST(:batch AS json))
    AS s (id uuid, generation integer, kind text, state text, attempts integer, crashes integer, at bigint, due bigint,
          started bigint, wait_reason text, error text, progress text)
  JOIN job ON job.id = s.id AND job.generation = s.generation
  WHERE job.finished_at IS NULL AND job.event_ms <= s.at ORDER BY s.id FOR NO KEY UPDATE OF job
)
UPDATE job SET
  pushed_at = coalesce(job.pushed_at, clock_timestamp()),
  event_ms = s.at,
  state = CASE WHEN s.kind = 'enqueued' AND job.state IN ('running', 'retrying') THEN job.state ELSE s.state END,
  attempts_made = CASE WHEN s.kind = 'enqueued' THEN job.attempts_made ELSE s.attempts END,
  crashes = greatest(job.crashes, s.crashes),
  started_at = CASE WHEN s.started > 0 THEN to_timestamp(s.started / 1000.0) ELSE job.started_at END,
  scheduled_for = CASE WHEN s.due > 0 THEN to_timestamp(s.due / 1000.0) ELSE job.scheduled_for END,
  wait_reason = s.wait_reason,
  error = coalesce(CAST(s.error AS jsonb), job.error),
  progress = CASE WHEN s.kind = 'started' THEN NULL ELSE coalesce(CAST(s.progress AS jsonb), job.progress) END
FROM locked AS s
WHERE job.id = s.id AND job.generation = s.generation AND job.finished_at IS NULL AND job.event_ms <= s.at
""")

#: What a job last told of itself stays with it after its end, whichever of the two was written first.
_LAST_PROGRESS = sa.text("""
WITH locked AS MATERIALIZED (
  SELECT s.* FROM json_to_recordset(CAST(:batch AS json))
    AS s (id uuid, generation integer, at bigint, progress text)
  JOIN job ON job.id = s.id AND job.generation = s.generation
  WHERE job.finished_at IS NOT NULL AND job.event_ms <= s.at ORDER BY s.id FOR NO KEY UPDATE OF job
)
UPDATE job SET progress = CAST(s.progress AS jsonb), event_ms = s.at
FROM locked AS s WHERE job.id = s.id AND job.generation = s.generation AND job.event_ms <= s.at
""")

_ATTEMPTS = sa.text("""
INSERT INTO attempt (job_id, generation, token, number, worker, started_at, finished_at, outcome, error)
SELECT s.id, s.generation, s.token, s.number, s.worker, to_timestamp(s.started / 1000.0),
       CASE WHEN s.outcome IS NOT NULL THEN to_timestamp(s.at / 1000.0) END, s.outcome, CAST(s.error AS jsonb)
FROM json_to_recordset(CAST(:batch AS json))
  AS s (id uuid, generation integer, token text, number integer, worker text, started bigint, at bigint, outcome text,
        error text)
JOIN job ON job.id = s.id
ORDER BY s.id, s.generation, s.token
ON CONFLICT (job_id, generation, token) DO UPDATE
SET finished_at = coalesce(excluded.finished_at, attempt.finished_at),
    outcome = coalesce(excluded.outcome, attempt.outcome), error = coalesce(excluded.error, attempt.error)
""")

#: Final kinds are the settler's to write, the row and the attempt that ended.
FINAL_KINDS = frozenset({"completed", "dead", "cancelled", "dropped", "expired"})
_ATTEMPT_ENDS = {"retrying": "failed", "snoozed": "snoozed", "released": "released", "reclaimed": "crashed"}
#: Ends that cost no attempt: their events tell the count as it was before.
_UNCOUNTED = frozenset({"snoozed", "released", "reclaimed"})


def open_jobs(work: UnitOfWork, submissions: Sequence[Submission]) -> list[Job]:
    """Insert job rows in order. Ids that exist already are left out of the answer: their rows stand."""
    rows = work.connection.execute(
        _OPEN,
        {
            "ids": [s.id for s in submissions],
            "names": [s.name for s in submissions],
            "queues": [s.queue for s in submissions],
            "priorities": [s.priority for s in submissions],
            "args": [s.args_json for s in submissions],
            "attempts": [s.attempts_max for s in submissions],
            "timeouts": [s.timeout_ms for s in submissions],
            "scheduled": [s.scheduled_for for s in submissions],
            "ticks": [s.tick for s in submissions],
            "parents": [s.parent_id for s in submissions],
            "requests": [s.request_id for s in submissions],
            "groups": [s.group_key for s in submissions],
        },
    )
    opened = [job_from_row(row) for row in rows]
    timed = {one.id: one for one in submissions if one.keeps_times}
    if not timed:
        return opened
    keep(work, [timed[job.id] for job in opened if job.id in timed])
    return [replace(job, times=timed[job.id].own_times) if job.id in timed else job for job in opened]


def mark_done(work: UnitOfWork, job_id: str, record: OutcomeRecord) -> bool:
    """The last statement of a finishing unit of work (rule 2), but for what follows from it: True = it is awaited.

    Raises OutcomeRefused when the row is not live.
    """
    values = {
        "id": job_id,
        "generation": record.generation,
        "result": bytes(record.result).decode(),
        "attempts": record.attempts,
        "crashes": record.crashes,
        "token": record.token,
        "worker": record.worker,
        "started": record.started,
    }
    done = work.connection.execute(_DONE, values).one_or_none()
    if done is None:
        raise OutcomeRefused(f"job {job_id} is final already or of another generation than {record.generation}")
    return bool(done[0])


def settle(work: UnitOfWork, outcomes: Sequence[tuple[str, OutcomeRecord]]) -> dict[str, bool]:
    """Write final outcomes; the ids whose row was live, with whether it is awaited. The others were final already,

    which is as good.
    """
    ends = [
        {
            "id": job_id,
            "generation": record.generation,
            "state": record.state,
            "result": record.result if record.state == State.COMPLETED else None,
            "error": record.error,
            "attempts": record.attempts,
            "crashes": record.crashes,
            "token": record.token,
            "worker": record.worker,
            "started": record.started,
            "finished": record.finished,
            "number": record.number or max(1, record.attempts),
        }
        for job_id, record in outcomes
    ]
    return {str(row.id): row.is_awaited for row in work.connection.execute(_SETTLE, _batch(ends))}


def apply(work: UnitOfWork, events: Sequence[Event]) -> None:
    """Apply history, oldest first: a job's last event decides its row, each attempt has its own (rules 7, 11)."""
    last = {event.job_id: event for event in events}
    live = [event for event in last.values() if event.kind not in FINAL_KINDS]
    progress = {event.job_id: event for event in events if event.kind == "progress"}
    errors = {event.job_id: event.extra for event in events if event.kind == "retrying" and event.extra}
    tries = {(e.job_id, e.token): e for e in events if e.token and (e.kind == "started" or e.kind in _ATTEMPT_ENDS)}
    rows = [
        {
            "id": e.job_id,
            "generation": e.generation,
            "kind": e.kind,
            "state": e.state,
            "attempts": e.attempts,
            "crashes": e.crashes,
            "at": e.at_ms,
            "due": e.due_ms,
            "started": e.started_ms,
            "wait_reason": e.extra if e.kind in ("snoozed", "changed") else "",
            "error": errors.get(e.job_id),
            "progress": progress[e.job_id].extra if e.job_id in progress else None,
        }
        for e in live
    ]
    told = [{"id": e.job_id, "generation": e.generation, "at": e.at_ms, "progress": e.extra} for e in progress.values()]
    attempts = [_attempt(event) for event in tries.values()]
    for statement, batch in ((_APPLY, rows), (_LAST_PROGRESS, told), (_ATTEMPTS, attempts)):
        if batch:
            work.connection.execute(statement, _batch(batch))


def _attempt(event: Event) -> dict[str, object]:
    return {
        "id": event.job_id,
        "generation": event.generation,
        "token": event.token,
        "number": event.attempts + (event.kind in _UNCOUNTED),
        "worker": event.worker,
        "started": event.started_ms,
        "at": event.at_ms,
        "outcome": _ATTEMPT_ENDS.get(event.kind),
        "error": event.extra if event.kind == "retrying" and event.extra else None,
    }


def _batch(rows: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """Rows as one JSON text: psycopg takes ten times as long over an array of texts."""
    return {"batch": msgspec.json.encode(rows).decode()}


def stamp_pushed(work: UnitOfWork, ids: Sequence[str]) -> None:
    """Note that the index has these rows; the caller holds them locked."""
    work.connection.execute(
        sa.text(
            "UPDATE job SET pushed_at = clock_timestamp() WHERE id = ANY(CAST(:ids AS uuid[])) AND pushed_at IS NULL"
        ),
        {"ids": list(ids)},
    )
