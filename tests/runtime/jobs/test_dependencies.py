"""Jobs that wait for others: released once, settled by policy, in the transaction of the end they wait for."""

import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.errors import InvalidArgument
from shared.jobs import Dependency, Job, JobContext, submit
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.requeues import requeue
from shared.jobs.dependencies import Policy
from shared.jobs.ended_outside import tell_ended
from shared.jobs.ledger import event_rows
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.testing import crash_at
from tests.runtime.jobs.sample import Bench, Play, play, write_effect
from tests.runtime.jobs.subjects import give_up
from tests.runtime.jobs.waiting import eventually

_HOUR = timedelta(hours=1)


def test_a_job_waits_in_postgresql_until_all_it_depends_on_has_completed(bench: Bench) -> None:
    first, second = bench.submit(1), bench.submit(2)
    child = bench.submit(3, depends_on=[first.id, second.id])

    assert (child.state, child.wait_reason, child.attempts_made) == ("blocked", "dependencies", 0)
    assert bench.entry(child.id) is None
    bench.attempt(bench.claim(1)[0])
    bench.settle()
    assert bench.row(child.id).state == "blocked"
    bench.run()
    bench.settle()

    assert bench.row(child.id).state == "queued"
    assert bench.state(child.id) == "queued"
    bench.run()
    assert bench.stage.numbers == [1, 2, 3]


def test_a_unit_of_work_releases_in_its_own_commit(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        with ctx.unit_of_work() as work:
            write_effect(work, args.number)

    bench.stage.act = act
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])

    bench.run()

    assert bench.row(child.id).state == "queued"
    assert bench.state(child.id) == "queued"


def test_a_time_in_the_future_still_holds_after_the_release(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id], scheduled_for=bench.jobs.from_now(_HOUR))

    bench.run()
    bench.settle()

    assert (bench.row(child.id).state, bench.row(child.id).wait_reason) == ("scheduled", "delay")


@pytest.mark.parametrize(
    ("policy", "state", "reason"),
    [("fail_parent", "dead", "dependency"), ("continue", "queued", ""), ("ignore", "blocked", ""),
     ("remove", "blocked", "")],
)  # fmt: skip
def test_a_dead_parent_settles_its_child_by_policy(bench: Bench, policy: str, state: str, reason: str) -> None:
    dead, other = bench.submit(1), bench.submit(2, queue="side")
    child = bench.submit(3, depends_on=[Dependency(dead.id, Policy(policy)), other.id])
    grandchild = bench.submit(4, depends_on=[child.id])
    bench.stage.act = give_up

    bench.run()
    bench.settle()

    row = bench.row(child.id)
    assert (row.state, (row.error or {}).get("reason", "")) == (state, reason)
    assert bench.row(grandchild.id).state == ("dead" if state == "dead" else "blocked")


def test_a_cancelled_parent_cancels_what_waits_for_it(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    grandchild = bench.submit(3, depends_on=[child.id])

    cancel(bench.jobs, parent.id)

    assert [bench.row(job.id).state for job in (child, grandchild)] == ["cancelled", "cancelled"]
    error = bench.row(child.id).error
    assert error is not None
    assert parent.id in error["message"]


def test_who_ends_while_it_waits_is_told_of_once(bench: Bench) -> None:
    dead, parent = bench.submit(1), bench.submit(2, queue="side")
    killed, grandchild = bench.submit(3, depends_on=[dead.id]), bench.submit(4, depends_on=[parent.id])
    by_hand = bench.submit(5, depends_on=[parent.id])
    bench.stage.act = give_up

    bench.run()
    bench.settle()
    cancel(bench.jobs, by_hand.id)
    cancel(bench.jobs, parent.id)
    tell_ended(bench.jobs.scripts, [bench.row(killed.id)])

    assert [bench.kinds(job.id) for job in (killed, grandchild, by_hand)] == [["dead"], ["dropped"], ["dropped"]]
    bench.write_history()
    with bench.jobs.database.unit_of_work() as work:
        (told,) = event_rows.read(work, killed.id, after="", limit=10)
    assert (told.event, told.generation) == ("dead", 1)
    assert dead.id in told.reason
    assert bench.row(killed.id).state == "dead"


def test_a_job_that_was_requeued_and_dies_waiting_again_is_told_of_again(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    bench.stage.act = give_up
    bench.run()
    bench.settle()

    requeue(bench.jobs, child.id)
    bench.run()

    assert bench.kinds(child.id) == ["dead", "enqueued", "started", "dead"]


def test_what_ended_before_counts_at_submit(bench: Bench) -> None:
    well, dead = bench.submit(1), bench.submit(2, queue="side")
    bench.run()
    bench.stage.act = give_up
    bench.run(queue="side")
    bench.settle()

    assert bench.submit(3, depends_on=[well.id]).state == "queued"
    assert bench.submit(4, depends_on=[well.id, dead.id]).state == "dead"
    assert bench.submit(5, depends_on=[Dependency(dead.id, Policy.IGNORE)]).state == "queued"


def test_a_share_of_successes_is_enough(bench: Bench) -> None:
    def half(_ctx: JobContext, args: Play) -> None:
        if args.number % 5 == 0:
            give_up(_ctx, args)

    bench.stage.act = half
    parents = [bench.submit(number) for number in range(10)]
    ids = [Dependency(job.id, Policy.IGNORE) for job in parents]
    enough = bench.submit(11, depends_on=ids, min_success_ratio=0.8)
    too_few = bench.submit(12, depends_on=ids, min_success_ratio=Decimal("0.81"))

    bench.run()
    bench.settle()

    assert (bench.row(enough.id).state, bench.row(too_few.id).state) == ("queued", "dead")


def test_a_job_released_but_not_pushed_is_healed_by_the_relay(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    bench.run()
    with crash_at("submit.committed"):
        bench.settle()
    assert bench.entry(child.id) is None

    bench.age()
    relay_once(bench.jobs)

    assert bench.state(child.id) == "queued"


def test_a_crash_before_the_commit_of_the_end_releases_nothing_and_then_once(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    bench.run()
    with crash_at("edges.followed"):
        bench.settle()
    assert (bench.row(parent.id).state, bench.row(child.id).state) == ("queued", "blocked")

    bench.settle()

    assert (bench.row(parent.id).state, bench.row(child.id).state) == ("completed", "queued")


def test_a_lost_index_neither_starts_nor_forgets_what_waits(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    bench.redis.flushall()
    reconcile_once(bench.jobs)
    assert bench.entry(child.id) is None

    bench.run()
    bench.settle()

    assert bench.state(child.id) == "queued"


def test_a_cancelled_waiting_job_is_not_released(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])

    cancel(bench.jobs, child.id)
    bench.run()
    bench.settle()

    assert bench.row(child.id).state == "cancelled"
    assert bench.run() == []


def test_a_parent_run_again_settles_nothing_twice(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    bench.stage.act = give_up
    bench.run()
    bench.settle()
    assert bench.row(child.id).state == "dead"

    bench.stage.act = lambda _ctx, _args: None
    requeue(bench.jobs, parent.id)
    late = bench.submit(3, depends_on=[parent.id])
    bench.run()
    bench.settle()

    assert [bench.row(job.id).state for job in (parent, child, late)] == ["completed", "dead", "queued"]


def test_a_parent_that_ends_twice_counts_once(bench: Bench) -> None:
    first, other = bench.submit(1), bench.submit(2, queue="side")
    child = bench.submit(3, depends_on=[first.id, other.id])

    for _ in range(2):
        bench.run()
        bench.settle()
        assert bench.row(child.id).state == "blocked"
        requeue(bench.jobs, first.id)
    bench.run(queue="side")
    bench.settle()

    assert bench.row(child.id).state == "queued"


def test_a_settled_child_runs_at_once_when_a_person_asks_for_it(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    cancel(bench.jobs, parent.id)

    assert requeue(bench.jobs, child.id).state == "queued"
    assert len(bench.run()) == 1


@pytest.mark.parametrize("wrong", ["no-id", str(uuid.uuid4()), "{" + str(uuid.uuid4()) + "}"])
def test_what_is_no_job_here_is_refused_and_nothing_is_written(bench: Bench, wrong: str) -> None:
    parent = bench.submit(1)

    with pytest.raises(InvalidArgument) as caught:
        bench.submit(2, depends_on=[parent.id, wrong])

    assert caught.value.field == "depends_on"
    assert bench.sql("SELECT count(*) FROM job")[0][0] == 1


def test_a_refused_dependency_leaves_nothing_in_the_callers_transaction(bench: Bench) -> None:
    with bench.jobs.database.unit_of_work() as work, pytest.raises(InvalidArgument):
        submit(bench.jobs, play, Play(), depends_on=[str(uuid.uuid4())], within=work)

    assert bench.sql("SELECT count(*) FROM job")[0][0] == 0


def test_a_repeated_submission_with_one_key_is_one_waiting_job(bench: Bench) -> None:
    parent = bench.submit(1)

    def again() -> Job:
        return bench.submit(2, depends_on=[parent.id], idempotency_key="one")

    assert again().id == again().id
    assert bench.sql("SELECT count(*) FROM job_edge")[0][0] == 1


def test_an_edge_to_a_job_that_is_just_ending_is_not_forgotten(bench: Bench) -> None:
    parent = bench.submit(1)
    bench.submit(2, depends_on=[parent.id])  # from here on the row is marked, and an edge need not write to it
    bench.run()
    settling = threading.Thread(target=bench.settle)

    with bench.jobs.database.unit_of_work() as work:
        child = submit(bench.jobs, play, Play(number=3), depends_on=[parent.id], within=work)
        settling.start()
        waits = "SELECT FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
        eventually(lambda: bench.sql(waits) or not settling.is_alive())
    settling.join(10)

    assert bench.row(child.id).state == "queued"
