"""Owns the line of messages that wait for one peer: who may send its head, and what became of each.

It must never stay in a transaction while another service is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork

#: A claimed message is this copy's for so long; one whose copy died is tried by another then.
LEASE_SECONDS = 30.0

#: Reads one entry of the index a peer, however many messages wait.
_PEERS = sa.text("""
WITH RECURSIVE known (peer) AS (
  (SELECT peer FROM outbox WHERE state = 'waiting' ORDER BY peer LIMIT 1)
  UNION ALL
  SELECT (SELECT outbox.peer FROM outbox WHERE outbox.state = 'waiting' AND outbox.peer > known.peer
          ORDER BY outbox.peer LIMIT 1)
  FROM known WHERE known.peer IS NOT NULL
)
SELECT peer FROM known WHERE peer IS NOT NULL
""")

#: Waits for rows that another copy is just writing the end of: to skip them would be to overtake them.
#: Up to the first message that keeps the order and is not due yet: it fails now and then, or another copy has it.
_CLAIM = sa.text("""
WITH line AS MATERIALIZED (
  SELECT seq, keeps_order, next_at <= clock_timestamp() AS is_due FROM outbox
  WHERE peer = :peer AND state = 'waiting' AND (keeps_order OR next_at <= clock_timestamp())
  ORDER BY seq LIMIT :limit FOR UPDATE
)
UPDATE outbox SET next_at = clock_timestamp() + make_interval(secs => :lease), attempts = outbox.attempts + 1,
                  tried_at = coalesce(outbox.tried_at, clock_timestamp())
FROM line
WHERE outbox.seq = line.seq AND line.is_due
  AND NOT EXISTS (SELECT 1 FROM line AS held WHERE held.keeps_order AND NOT held.is_due AND held.seq < line.seq)
RETURNING outbox.seq, outbox.id::text, outbox.job, outbox.args::text AS args_json, outbox.queue, outbox.priority,
          outbox.scheduled_for, outbox.request_id, outbox.attempts, outbox.keeps_order,
          extract(epoch FROM clock_timestamp() - outbox.created_at)::float AS age_seconds,
          extract(epoch FROM clock_timestamp() - outbox.tried_at)::float AS tried_seconds, outbox.kind
""")

_NOTE = sa.text("""
UPDATE outbox SET state = v.state, error = CAST(v.error AS jsonb), peer_job_id = v.peer_job_id,
                  keeps_order = outbox.keeps_order AND v.keeps_order,
                  next_at = clock_timestamp() + make_interval(secs => v.delay),
                  finished_at = CASE WHEN v.state <> 'waiting' THEN clock_timestamp() END
FROM unnest(CAST(:seqs AS bigint[]), CAST(:states AS text[]), CAST(:errors AS text[]), CAST(:jobs AS uuid[]),
            CAST(:orders AS boolean[]), CAST(:delays AS float[]))
     AS v (seq, state, error, peer_job_id, keeps_order, delay)
WHERE outbox.seq = v.seq AND outbox.state = 'waiting'
""")

_GIVE_BACK = sa.text("""
UPDATE outbox SET next_at = clock_timestamp(), attempts = attempts - 1,
                  tried_at = CASE WHEN attempts > 1 THEN tried_at END
WHERE seq = ANY(:seqs) AND state = 'waiting'
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message this copy may send now. `attempts` counts this try; `tried_seconds` since the first try of all."""

    seq: int
    id: str
    job: str
    args_json: str
    queue: str
    priority: int
    scheduled_for: datetime | None
    request_id: str | None
    attempts: int
    keeps_order: bool
    age_seconds: float
    tried_seconds: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one try: sent, failed for good, or waiting for the next one in `delay_seconds`."""

    seq: int
    state: str
    error: dict[str, str] | None = None
    peer_job_id: str | None = None
    keeps_order: bool = True
    delay_seconds: float = 0.0
    #: The peer does not take anything now, so nothing else needs to be tried.
    is_peer_down: bool = False


def waiting_peers(work: UnitOfWork) -> list[str]:
    """Every peer that a message waits for."""
    return [row.peer for row in work.connection.execute(_PEERS)]


def claim(work: UnitOfWork, peer: str, *, limit: int) -> list[Claimed]:
    """The head of a peer's line, for LEASE_SECONDS; empty while another copy is at it or its turn has not come."""
    lock = {"name": f"outbox.{work.database.schema}.{peer}"}
    # One copy at a time and the others pass on; skipping locked rows would hand them what stands behind.
    is_ours = work.connection.execute(sa.text("SELECT pg_try_advisory_xact_lock(hashtext(:name))"), lock).scalar()
    if not is_ours:
        return []
    rows = work.connection.execute(_CLAIM, {"peer": peer, "limit": limit, "lease": LEASE_SECONDS})
    return sorted((Claimed(*row) for row in rows), key=lambda message: message.seq)


def note(work: UnitOfWork, verdicts: Sequence[Verdict]) -> None:
    """Write what became of claimed messages; one that another copy has ended meanwhile stays as it is."""
    work.connection.execute(
        _NOTE,
        {
            "seqs": [v.seq for v in verdicts],
            "states": [v.state for v in verdicts],
            "errors": [_encode(v.error) for v in verdicts],
            "jobs": [v.peer_job_id for v in verdicts],
            "orders": [v.keeps_order for v in verdicts],
            "delays": [v.delay_seconds for v in verdicts],
        },
    )


def give_back(work: UnitOfWork, messages: Sequence[Claimed]) -> None:
    """Leave messages as if they had not been claimed."""
    work.connection.execute(_GIVE_BACK, {"seqs": [message.seq for message in messages]})


def _encode(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
