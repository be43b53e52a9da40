"""Owns the rows by which jobs wait for others (rule 12), and what the end of one does to them.

It must never decide: dependencies.verdict does. It must never be called but in the transaction of that end.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.dependencies import Dependency, Policy, Tally, Verdict, effect_of, verdict
from shared.jobs.ledger import ends_told, flow_rows, remote_rows
from shared.jobs.ledger.records import Job
from shared.jobs.ledger.rows import COLUMNS, job_from_row
from shared.jobs.states import FINAL, State

#: A death may end all that waits for it, and what waits for that. What one transaction does not reach is left to
#: `lock_left`, whose loop is woken: a chain without end must not hold a worker's commit.
LEVELS_MAX = 100
EDGES_MAX = 5_000
CHANNEL = "millrace_dependencies"
_COUNTS = ("succeeded", "failed", "starting", "killing", "cancelling")

#: The parents' locks keep their ends waiting until the edges are committed (FOR SHARE would do; marking them follows).
_LOCK_PARENTS = sa.text("""
SELECT id::text, state FROM job WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")

#: is_keyed: retention keeps them for a day, for their results are asked for.
_MARK_PARENTS = sa.text("""
UPDATE job SET is_awaited = TRUE, is_keyed = TRUE
WHERE id = ANY(CAST(:ids AS uuid[])) AND NOT is_awaited
""")

_ADD_EDGES = sa.text("""
INSERT INTO job_edge (parent_id, child_id, policy)
SELECT s.parent, s.child, s.policy
FROM json_to_recordset(CAST(:batch AS json)) AS s (parent uuid, child uuid, policy text)
""")

_ADD_WAITS = sa.text("""
INSERT INTO job_wait (job_id, open, min_success_ratio, is_death_watch)
SELECT s.id, s.open, s.ratio, s.watch
FROM json_to_recordset(CAST(:batch AS json)) AS s (id uuid, open integer, ratio numeric, watch boolean)
""")

#: A blocked row is not the relay's work: as long as it is blocked it counts as pushed.
_BLOCK = sa.text(f"""
UPDATE job SET state = 'blocked', wait_reason = 'dependencies', pushed_at = clock_timestamp()
WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING {COLUMNS}
""")  # noqa: S608  # COLUMNS is a constant of this package

_ATTACHED = "attached"
_TELL = sa.text(f"""
WITH {ends_told.PARTS}, told AS (
  UPDATE job_edge AS e SET outcome = s.state
  FROM (SELECT edge.parent_id, edge.child_id, ended.state
        FROM ended JOIN job_edge AS edge ON edge.parent_id = ended.id
        WHERE edge.outcome IS NULL LIMIT :limit) AS s
  WHERE e.parent_id = s.parent_id AND e.child_id = s.child_id AND e.outcome IS NULL
  RETURNING e.child_id, e.parent_id, e.policy, e.outcome
)
SELECT child_id::text, policy, outcome, min(parent_id::text), count(*) FROM told GROUP BY child_id, policy, outcome
UNION ALL SELECT id::text, '{_ATTACHED}', state, '', 0 FROM attached
""")  # noqa: S608  # constants of this package

#: Locked in the order of ids, as all batches are.
_COUNT = sa.text("""
WITH locked AS MATERIALIZED (
  SELECT s.* FROM json_to_recordset(CAST(:batch AS json))
    AS s (id uuid, over integer, succeeded integer, failed integer, starting integer, killing integer,
          cancelling integer)
  JOIN job_wait ON job_wait.job_id = s.id ORDER BY s.id FOR NO KEY UPDATE OF job_wait
)
UPDATE job_wait SET open = job_wait.open - s.over, succeeded = job_wait.succeeded + s.succeeded,
  failed = job_wait.failed + s.failed, starting = job_wait.starting + s.starting,
  killing = job_wait.killing + s.killing, cancelling = job_wait.cancelling + s.cancelling
FROM locked AS s WHERE job_wait.job_id = s.id
RETURNING job_wait.job_id::text, job_wait.open, job_wait.succeeded, job_wait.failed, job_wait.starting,
          job_wait.killing, job_wait.cancelling, job_wait.min_success_ratio, job_wait.is_death_watch
""")

_START = sa.text(f"""
WITH locked AS MATERIALIZED (
  SELECT id AS its_id FROM job WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'blocked'
    AND wait_reason = 'dependencies'
  ORDER BY id FOR NO KEY UPDATE
)
UPDATE job SET state = CASE WHEN scheduled_for > clock_timestamp() THEN 'scheduled' ELSE 'queued' END,
               wait_reason = CASE WHEN scheduled_for > clock_timestamp() THEN 'delay' ELSE '' END, pushed_at = NULL
FROM locked WHERE job.id = its_id AND state = 'blocked'
RETURNING {COLUMNS}
""")  # noqa: S608  # COLUMNS is a constant of this package

_END = sa.text(f"""
WITH locked AS MATERIALIZED (
  SELECT s.* FROM json_to_recordset(CAST(:batch AS json)) AS s (its_id uuid, its_state text, its_error jsonb)
  JOIN job ON job.id = s.its_id WHERE job.state = 'blocked' AND job.wait_reason = 'dependencies'
  ORDER BY s.its_id FOR NO KEY UPDATE OF job
)
UPDATE job SET state = its_state, error = its_error, finished_at = clock_timestamp(), wait_reason = ''
FROM locked WHERE job.id = its_id AND state = 'blocked'
RETURNING {COLUMNS}
""")  # noqa: S608  # COLUMNS is a constant of this package

#: All edges of these children, those to parents that are live again open once more.
_REOPEN = sa.text("""
WITH again AS (
  UPDATE job_edge SET outcome = NULL FROM job AS parent
  WHERE job_edge.child_id = ANY(CAST(:ids AS uuid[])) AND job_edge.outcome IS NOT NULL
    AND parent.id = job_edge.parent_id AND parent.finished_at IS NULL
  RETURNING job_edge.parent_id, job_edge.child_id
)
SELECT edge.child_id::text, edge.policy, CASE WHEN again.child_id IS NULL THEN edge.outcome END
FROM job_edge AS edge LEFT JOIN again ON again.parent_id = edge.parent_id AND again.child_id = edge.child_id
WHERE edge.child_id = ANY(CAST(:ids AS uuid[]))
""")

_RECOUNT = sa.text("""
UPDATE job_wait SET open = s.open, succeeded = s.succeeded, failed = s.failed, starting = s.starting,
                    killing = s.killing, cancelling = s.cancelling
FROM json_to_recordset(CAST(:batch AS json))
  AS s (id uuid, open integer, succeeded integer, failed integer, starting integer, killing integer,
        cancelling integer)
WHERE job_wait.job_id = s.id
""")

_LEFT = sa.text("""
SELECT parent.id::text, parent.state FROM job_edge JOIN job AS parent ON parent.id = job_edge.parent_id
WHERE job_edge.outcome IS NULL AND parent.finished_at IS NOT NULL
LIMIT :limit FOR NO KEY UPDATE OF parent SKIP LOCKED
""")

_ORPHANS = sa.text("""
SELECT DISTINCT parent_id::text FROM job_edge
WHERE outcome IS NULL AND NOT EXISTS (SELECT FROM job WHERE job.id = job_edge.parent_id) LIMIT :limit
""")

Ends = Sequence[tuple[str, State]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A row that is to wait, and for what."""

    job_id: str
    parents: Sequence[Dependency]
    min_success_ratio: Decimal | None = None
    is_death_watch: bool = False


def lock_parents(work: UnitOfWork, ids: Sequence[str]) -> dict[str, State]:
    """Keep jobs from ending until the edges to them are committed; their states. Raises InvalidArgument."""
    found = {row[0]: State(row[1]) for row in work.connection.execute(_LOCK_PARENTS, {"ids": list(ids)})}
    missing = [job_id for job_id in ids if job_id not in found]
    if missing:
        shown = ", ".join(missing[:5])
        raise InvalidArgument(f"depends_on: there is no job {shown} here, or no longer", field="depends_on")
    return found


def block(work: UnitOfWork, waits: Sequence[Wait]) -> list[Job]:
    """Make new rows wait; the caller holds the parents locked, or has written them in this transaction."""
    parents = sorted({parent.job_id for wait in waits for parent in wait.parents})
    work.connection.execute(_MARK_PARENTS, {"ids": parents})
    edges = [{"parent": p.job_id, "child": wait.job_id, "policy": p.policy} for wait in waits for p in wait.parents]
    work.connection.execute(_ADD_EDGES, _batch(edges))
    rows = [
        {
            "id": wait.job_id,
            "open": len(wait.parents),
            "ratio": None if wait.min_success_ratio is None else str(wait.min_success_ratio),
            "watch": wait.is_death_watch,
        }
        for wait in waits
    ]
    work.connection.execute(_ADD_WAITS, _batch(rows))
    blocked = work.connection.execute(_BLOCK, {"ids": [wait.job_id for wait in waits]})
    return [job_from_row(row) for row in blocked]


def follow(work: UnitOfWork, ends: Ends, *, were_live: bool) -> tuple[list[Job], list[Job]]:
    """Settle what waits for these jobs, and for those that end by that; returns who may start now, and who has ended.

    `were_live`: this transaction ended them, so that their flows have to count them.
    """
    over = [job_id for job_id, _ in ends] if were_live else []
    started: list[Job] = []
    gone: list[Job] = []
    is_left = False
    for _ in range(LEVELS_MAX):
        told, attached = _tell(work, ends)
        is_left |= sum(count for *_, count in told) >= EDGES_MAX
        begun, ended = _judge(work, told) if told else ([], [])
        started += begun
        gone += ended
        over += [job.id for job in ended] + [job_id for job_id, _ in attached]
        ends = [*((job.id, job.state) for job in ended if job.is_awaited), *attached]
        if not ends:
            break
    flow_rows.count_ended(work, over)
    remote = [job for job in started if remote_rows.stands_for_another(job)]
    if remote:
        remote_rows.send(work, remote)
        started = [job for job in started if not remote_rows.stands_for_another(job)]
    if ends or is_left:
        tell_loop(work)
    return started, gone


def tell_loop(work: UnitOfWork) -> None:
    """Wake the loop that follows what one transaction did not reach."""
    work.connection.execute(sa.text(f"SELECT pg_notify('{CHANNEL}_' || current_schema(), current_schema())"))


def block_again(work: UnitOfWork, ids: Sequence[str]) -> list[str]:
    """Let those of these jobs wait once more that have live parents; the caller holds all of them locked.

    `ids`: jobs that have just begun anew, or are blocked still. Returns those that wait.
    """
    rows = list(work.connection.execute(_REOPEN, {"ids": list(ids)}))
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("open", *_COUNTS), 0))
    for child, policy, outcome in rows:
        effect = "open" if outcome is None else effect_of(Policy(policy), State(outcome))
        if effect != "removed":
            counts[child][effect] += 1
    waiting = {child: count for child, count in counts.items() if count["open"]}
    work.connection.execute(_RECOUNT, _batch([{"id": child, **count} for child, count in counts.items()]))
    work.connection.execute(_BLOCK, {"ids": list(waiting)})
    return list(waiting)


def lock_left(work: UnitOfWork, *, limit: int) -> list[tuple[str, State]]:
    """Ended jobs that something still waits for, locked; those whose rows are gone count as cancelled."""
    left = {row[0]: State(row[1]) for row in work.connection.execute(_LEFT, {"limit": limit})}
    gone = {row[0]: State.CANCELLED for row in work.connection.execute(_ORPHANS, {"limit": limit})}
    return [*left.items(), *gone.items()]


def _tell(work: UnitOfWork, ends: Ends) -> tuple[list[tuple[str, Policy, State, str, int]], Ends]:
    """Close edges; what of it which child has to know: (child, policy, outcome, one such parent, how many).

    And those that have ended with them.
    """
    batch = [{"id": job_id, "state": state} for job_id, state in ends if state in FINAL]
    rows = list(work.connection.execute(_TELL, {**_batch(batch), "limit": EDGES_MAX}))
    told = [(row[0], Policy(row[1]), State(row[2]), row[3], row[4]) for row in rows if row[1] != _ATTACHED]
    return told, [(row[0], State(row[2])) for row in rows if row[1] == _ATTACHED]


def _judge(work: UnitOfWork, told: Sequence[tuple[str, Policy, State, str, int]]) -> tuple[list[Job], list[Job]]:
    """Count in the children's rows and act: who starts, and who ends."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("over", *_COUNTS), 0))
    culprits: dict[str, str] = {}
    for child, policy, outcome, parent, count in told:
        effect = effect_of(policy, outcome)
        sums[child]["over"] += count
        if effect in _COUNTS:
            sums[child][effect] += count
        if effect in ("killing", "cancelling"):
            culprits.setdefault(child, f"{parent} is {outcome}")
    counted = work.connection.execute(_COUNT, _batch([{"id": child, **row} for child, row in sums.items()]))
    verdicts = {row[0]: (verdict(tally), tally) for row in counted for tally in [_tally(row)]}
    starting = [child for child, (word, _) in verdicts.items() if word is Verdict.START]
    ending = [
        {"its_id": child, "its_state": str(word), "its_error": _error(word, tally, culprits.get(child, ""))}
        for child, (word, tally) in verdicts.items()
        if word in (Verdict.DEAD, Verdict.CANCELLED)
    ]
    begun = work.connection.execute(_START, {"ids": starting}) if starting else ()
    ended = work.connection.execute(_END, _batch(ending)) if ending else ()
    return [job_from_row(row) for row in begun], [job_from_row(row) for row in ended]


def _tally(row: Any) -> Tally:
    counts = dict(zip(_COUNTS, row[2:7], strict=True))
    return Tally(open=row[1], **counts, min_success_ratio=row[7], is_death_watch=row[8])


def _error(word: Verdict, tally: Tally, culprit: str) -> dict[str, str]:
    ratio = tally.min_success_ratio
    if culprit:
        message = f"it waited for {culprit}"
    elif tally.is_death_watch:
        message = "it waited for a death, and there was none"
    else:
        message = f"{tally.failed} of those it waited for did not end well; {ratio} of them have to"
    reason = "cancelled" if word is Verdict.CANCELLED else "dependency"
    return {"type": "DependencyFailed", "message": message, "traceback": "", "reason": reason}


def _batch(rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    return {"batch": msgspec.json.encode(rows).decode()}
