"""Owns what a run left behind, read from both stores past the proxies. It must never judge it."""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from shared.db.engine import psycopg_url
from shared.jobs.entries import decode_entry, decode_kept
from shared.jobs.index_ids import from_index
from shared.jobs.keys import Keys
from tools.faults.acknowledgements import Promises
from tools.faults.assembly import NAME
from tools.faults.jobs import QUEUES
from tools.faults.oracle import Line
from tools.faults.records import Record
from tools.faults.remains import Remains, read_remains
from tools.faults.valkey_faults import Loss
from tools.faults.watch import Seen
from tools.faults.wishes import Wished

_ROWS = """
SELECT id::text, generation, name, queue, state, finished_at IS NOT NULL, priority, (args->>'n')::bigint,
       coalesce(error->>'reason', ''), crashes, (extract(epoch FROM tick) * 1000)::bigint, parent_id::text,
       scheduled_for > clock_timestamp() + interval '5 minutes', coalesce(args->>'key', ''), attempts_made,
       coalesce((args->>'fails')::integer, 0)
FROM job WHERE queue NOT LIKE '@%'
"""
_CALLS = "SELECT job_id::text, max(calls) FROM job_effect GROUP BY job_id"
_MESSAGES = "SELECT coalesce((args->>'n')::bigint, -1), state FROM outbox WHERE state <> 'sent'"


@dataclass(frozen=True, slots=True)
class Row:
    """A job's row. `is_far` = not due before the run is over, so it is rightly live."""

    id: str
    generation: int
    name: str
    queue: str
    state: str
    is_final: bool
    priority: int
    n: int
    reason: str = ""
    crashes: int = 0
    tick_ms: int | None = None
    parent_id: str | None = None
    is_far: bool | None = False
    key: str = ""
    attempts: int = 0
    #: Attempts that fail as they should.
    fails: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """One fired instant of a schedule."""

    schedule: str
    at_ms: int
    job_id: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the trigger saw: a row became final, or a final row changed."""

    job_id: str
    generation: int
    before: str
    after: str
    at_ms: float = 0


@dataclass(frozen=True, slots=True)
class Index:
    """The index: entries that are no tombstones as (generation, state), and every set that names jobs."""

    entries: dict[str, tuple[int, str]] = field(default_factory=dict)
    ready: dict[str, frozenset[str]] = field(default_factory=dict)
    delayed: dict[str, frozenset[str]] = field(default_factory=dict)
    running: dict[str, frozenset[str]] = field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything the checker judges."""

    promises: Promises
    wished: Wished = field(default_factory=Wished)
    rows: tuple[Row, ...] = ()
    effects: tuple[tuple[str, int], ...] = ()
    #: (job, generation) of each committed step.
    steps: tuple[tuple[str, int], ...] = ()
    #: Job -> how often its effect says that the outside world was called.
    counted_calls: dict[str, int] = field(default_factory=dict)
    #: Submissions whose message to a peer is on its way, and whose message was given up.
    unsent: frozenset[int] = frozenset()
    unsendable: frozenset[int] = frozenset()
    outcomes: tuple[Outcome, ...] = ()
    ticks: tuple[Tick, ...] = ()
    #: Schedule -> the last instant it says it has fired.
    last_runs: dict[str, int] = field(default_factory=dict)
    intents: frozenset[int] = frozenset()
    #: What the labours noted, and what they left.
    noted: tuple[Record, ...] = ()
    remains: Remains = field(default_factory=Remains)
    index: Index = field(default_factory=Index)
    lines: tuple[Line, ...] = ()
    seen: tuple[Seen, ...] = ()
    losses: tuple[Loss, ...] = ()
    #: When Redis was killed with its log left as it was, in milliseconds.
    kills: tuple[int, ...] = ()
    #: Jobs with an attempt that a circuit or a budget let through unasked, since Redis was away.
    unasked: frozenset[str] = frozenset()
    #: Process -> what it says is wrong, long after the last fault.
    unwell: dict[str, str] = field(default_factory=dict)
    #: Process -> exit codes that nothing explains, and threads that an exception ended.
    deaths: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_ledger(url: str) -> dict[str, Any]:
    """The PostgreSQL part of an Evidence."""
    with psycopg.connect(psycopg_url(url), options=f"-c search_path={NAME}", connect_timeout=5) as connection:

        def ask(statement: str) -> list[tuple[Any, ...]]:
            return connection.execute(statement.encode()).fetchall()

        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        ticks = (
            "SELECT schedule, (extract(epoch FROM tick) * 1000)::bigint, job_id::text FROM schedule_tick "
            "WHERE outcome = 'fired'"
        )
        last = (
            "SELECT name, (extract(epoch FROM last_run_at) * 1000)::bigint FROM schedule WHERE last_run_at IS NOT NULL"
        )
        outcomes = (
            "SELECT job_id::text, generation, before, after, (extract(epoch FROM at) * 1000)::float8 "
            "FROM outcome ORDER BY at"
        )
        return {
            "rows": tuple(Row(*row) for row in ask(_ROWS)),
            "effects": tuple((row[0], row[1]) for row in ask("SELECT job_id::text, generation FROM effect")),
            "steps": tuple((row[0], row[1]) for row in ask("SELECT job_id::text, generation FROM step_effect")),
            "counted_calls": {row[0]: row[1] for row in ask(_CALLS)},
            "unsent": frozenset(row[0] for row in ask(_MESSAGES) if row[1] == "waiting"),
            "unsendable": frozenset(row[0] for row in ask(_MESSAGES) if row[1] == "failed"),
            "outcomes": tuple(Outcome(*row) for row in ask(outcomes)),
            "ticks": tuple(Tick(*row) for row in ask(ticks)),
            "last_runs": {row[0]: row[1] for row in ask(last)},
            "remains": read_remains(ask),
            "intents": frozenset(row[0] for row in ask("SELECT n FROM intent")),
        }


def read_index(client: Any) -> Index:
    """The Valkey part of an Evidence."""
    keys = Keys(NAME)

    def names(raw: Any) -> frozenset[str]:
        return frozenset(from_index(each) for each in raw)

    def sets(kind: str) -> dict[str, frozenset[str]]:
        return {queue.name: names(client.zrange(keys.of_queue(queue.name, kind), 0, -1)) for queue in QUEUES}

    def parked(queue: str) -> frozenset[str]:
        members = client.zrange(keys.of_queue(queue, "parked"), 0, -1)
        return names(member.rpartition(b"\0")[2] for member in members)

    kept = {from_index(name): raw for name, raw in client.hgetall(keys.of("jobs")).items()}
    records = {job_id: decode_entry(raw) for job_id, raw in kept.items()}
    short = frozenset(job_id for job_id, raw in kept.items() if decode_kept(raw).body is not None)
    return Index(
        entries={job_id: (one.generation, one.state) for job_id, one in records.items() if not one.is_tomb},
        ready={queue: ids | parked(queue) for queue, ids in sets("ready").items()},
        delayed=sets("delayed"),
        running=sets("running"),
        unsettled=names(client.zrange(keys.of("unsettled"), 0, -1)),
        outcomes=names(client.hkeys(keys.of("outcomes"))),
        bodies=names(client.hkeys(keys.of("bodies"))) | short,
    )
