"""Retention of rows that answer a repeated submission: keyed jobs and children outlast count and age while they may."""

import sqlalchemy as sa

from shared.jobs import Keep, Queue, Retention, hours
from shared.jobs.maintenance import sweeper
from shared.jobs.maintenance.sweeper import sweep_once
from tests.runtime.jobs.sample import Bench, jobs_of, location

NONE_KEPT = Retention(completed=Keep(hours(1), 0))
_ROWS = """
INSERT INTO job (id, name, queue, state, priority, args, attempts_max, timeout_ms, is_keyed, parent_id, finished_at)
SELECT gen_random_uuid(), 'play', 'work', 'completed', 3, '{}', 3, 1000, :is_keyed, :parent,
       clock_timestamp() - make_interval(hours => :hours, secs => n)
FROM generate_series(1, :count) AS n
"""


def add(bench: Bench, count: int, *, hours: int, is_keyed: bool = False, parent: str | None = None) -> None:
    bench.sql(_ROWS, count=count, hours=hours, is_keyed=is_keyed, parent=parent)


def sweep(bench: Bench, retention: Retention = NONE_KEPT) -> int:
    """How many jobs that have finished are left."""
    queues = (Queue("work", slots=1, retention=retention), Queue("side", slots=1))
    jobs = jobs_of(bench.jobs.database, location(bench), queues=queues)
    while sweep_once(jobs):
        continue
    jobs.scripts.client.close()
    return int(bench.sql("SELECT count(*) FROM job WHERE finished_at IS NOT NULL")[0][0])


def test_a_keyed_job_is_kept_for_the_life_of_its_key_whatever_the_queue_says(bench: Bench) -> None:
    add(bench, 3, hours=23, is_keyed=True)
    add(bench, 2, hours=24, is_keyed=True)

    assert sweep(bench) == 3


def test_a_keyed_submission_is_marked_and_others_are_not(bench: Bench) -> None:
    bench.submit(1, idempotency_key="order-1")
    bench.submit(2)

    assert bench.sql("SELECT is_keyed, is_owed FROM job ORDER BY seq") == [(True, True), (False, False)]


def test_a_finished_child_is_kept_while_its_parent_is_live(bench: Bench) -> None:
    parent = bench.submit()
    add(bench, 4, hours=24 * 40, parent=parent.id)

    kept = sweep(bench)
    bench.cancel(parent.id)

    assert kept == 4
    assert sweep(bench) == 1  # the parent


def test_kept_ones_count_among_the_newest_and_do_not_save_others(bench: Bench) -> None:
    add(bench, 5, hours=0, is_keyed=True)
    add(bench, 3, hours=1)

    assert sweep(bench, Retention(completed=Keep(hours(24), 4))) == 5


def test_a_hundred_thousand_kept_jobs_are_passed_over_without_being_looked_at(bench: Bench) -> None:
    add(bench, 100_000, hours=1, is_keyed=True)
    add(bench, 2_500, hours=2)
    bench.sql("ANALYZE job")
    which = {"queue": "work", "state": "completed"}
    first = bench.sql(str(sweeper._FIRST_SURPLUS), **which, count=1000)[0]._mapping

    plans = {
        "first": plan(bench, sweeper._FIRST_SURPLUS, **which, count=1000),
        "surplus": plan(bench, sweeper._DELETE_SURPLUS, **which, **first),
        "owed": plan(bench, sweeper._DELETE_OWED, **which, **first, age="24 hours"),
        "queues": plan(bench, sweeper._QUEUES),
    }

    assert {name: most for name, most in plans.items() if most > 2_002} == {}


def plan(bench: Bench, statement: sa.TextClause, **values: object) -> int:
    """The most rows that any step of a statement has read; it is rolled back."""
    with bench.jobs.database.unit_of_work() as work, work.connection.begin_nested() as step:
        (found,) = work.connection.execute(sa.text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"), values).one()
        step.rollback()
    return most_rows(found[0]["Plan"])


def most_rows(node: dict[str, object]) -> int:
    loops = int(str(node["Actual Loops"]))
    rows = (float(str(node["Actual Rows"])) + float(str(node.get("Rows Removed by Filter", 0)))) * loops
    children = node.get("Plans", [])
    assert isinstance(children, list)
    assert (node["Node Type"], node.get("Relation Name")) != ("Seq Scan", "job"), node
    return max([round(rows), *(most_rows(child) for child in children)])
