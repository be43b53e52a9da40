"""Lists of jobs: right whatever they are narrowed to, and read from an index, never by walking the table."""

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.ledger import queries
from shared.jobs.ledger.queries import Filter
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench

_ROWS = """
INSERT INTO job (id, name, queue, state, priority, args, attempts_max, timeout_ms, finished_at)
SELECT gen_random_uuid(), 'job' || (n % 3), CASE WHEN n < 20 THEN 'gone' ELSE 'q' || (n % 4) END,
       CASE WHEN n < 10 THEN 'dead' WHEN n % 7 = 0 THEN 'completed' ELSE 'queued' END, 3, '{}', 3, 1000,
       CASE WHEN n < 10 OR n % 7 = 0 THEN clock_timestamp() END
FROM generate_series(1, :count) AS n
"""
FILTERS = [
    Filter(queue=queue, state=state, name=name)
    for queue in (None, "q1", "gone", "none")
    for state in (None, State.DEAD, State.QUEUED, State.EXPIRED)
    for name in (None, "job1")
]


def numbers(bench: Bench, wanted: Filter, *, limit: int, before_seq: int | None) -> list[int]:
    with bench.jobs.database.unit_of_work() as work:
        return [job.seq for job in queries.page(work, wanted, limit=limit, before_seq=before_seq)]


def expected(bench: Bench, wanted: Filter) -> list[int]:
    rows = bench.sql("SELECT seq, queue, state, name FROM job ORDER BY seq DESC")
    asked = (wanted.queue, wanted.state, wanted.name)
    return [row[0] for row in rows if all(value in (None, is_) for value, is_ in zip(asked, row[1:], strict=True))]


def test_pages_hold_what_was_asked_for_newest_first(bench: Bench) -> None:
    bench.sql(_ROWS, count=200)

    for wanted in FILTERS:
        matching = expected(bench, wanted)
        assert numbers(bench, wanted, limit=1000, before_seq=None) == matching
        if len(matching) > 5:
            assert numbers(bench, wanted, limit=3, before_seq=matching[1]) == matching[2:5]


def test_a_page_of_an_empty_ledger_is_empty(bench: Bench) -> None:
    assert [numbers(bench, wanted, limit=10, before_seq=None) for wanted in FILTERS] == [[]] * len(FILTERS)


def plan_of(work: UnitOfWork, wanted: Filter) -> str:
    statement, values = queries.page_statement(wanted, limit=50, before_seq=None)
    rows = work.connection.execute(sa.text("EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) " + statement), values)
    return "\n".join(row[0] for row in rows)


def test_what_is_rare_is_found_through_the_index(bench: Bench) -> None:
    rare = [Filter(queue="gone"), Filter(state=State.DEAD), Filter(state=State.EXPIRED), Filter("q1", State.DEAD)]
    bench.sql(_ROWS, count=20_000)

    with bench.jobs.database.unit_of_work() as work:
        work.connection.execute(sa.text("ANALYZE job"))
        work.connection.execute(sa.text("SET LOCAL plan_cache_mode = force_generic_plan"))
        plans = [plan_of(work, wanted) for wanted in rare]

    for plan in plans:
        assert "ix_job_listing" in plan
        assert "Seq Scan" not in plan
        assert "pk_job" not in plan
