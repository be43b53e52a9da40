"""Promises of the lease: it lasts while it is extended, ends by Redis' clock, and a crash costs no attempt."""

import msgspec
import pytest

from shared.jobs.ledger.records import OutcomeRecord
from shared.jobs.scripts import CRASHES_MAX, LEASE_MS, OVERTIME_MS, RECLAIM_GRACE_MS, Held
from tests.runtime.jobs.kept_entries import change_record
from tests.runtime.jobs.scripts.index import Index, Q, view


def lease_of(index: Index, job_id: str) -> float:
    return float(index.client.zscore(index.keys.of_queue(Q, "running"), job_id))


def test_a_heartbeat_extends_the_lease_by_its_full_length(index: Index) -> None:
    held = index.started("a")
    index.expire("a")

    assert index.scripts.extend([held]) == [1]

    assert abs(lease_of(index, "a") - index.scripts.time_ms() - LEASE_MS) < 5_000


def test_a_heartbeat_answers_for_each_attempt_over_queues(index: Index) -> None:
    good, lost, doomed = (index.started(name, queue=f"q-{name}") for name in ("good", "lost", "doomed"))
    index.crash(lost)
    index.scripts.drop("doomed", "q-doomed", generation=1)

    assert index.scripts.extend([lost, doomed, good]) == [0, 2, 1]


def test_the_lease_of_a_job_far_past_its_time_limit_is_not_extended(index: Index) -> None:
    in_time, zombie = index.started("a", timeout_ms=60_000), index.started("b", timeout_ms=1)
    move_start_back(index, "a", by_ms=OVERTIME_MS + 50_000)
    move_start_back(index, "b", by_ms=OVERTIME_MS + 50_000)
    before = lease_of(index, "b")

    assert index.scripts.extend([in_time, zombie]) == [1, 3]
    assert lease_of(index, "b") == before


def test_an_expired_lease_goes_back_to_its_old_position_without_costing_an_attempt(index: Index) -> None:
    held = index.started("first")
    index.push_all("second")

    assert index.crash(held) == (1, 0)

    seen = index.view()
    assert (seen.ready, seen.running) == (["first", "second"], [])
    [claimed] = index.claim().jobs
    assert (claimed.held.id, claimed.attempt, claimed.crashes, claimed.must_check) == ("first", 1, 1, True)
    assert claimed.held.token != held.token
    [event] = index.events("reclaimed")
    assert (event.state, event.token) == ("queued", held.token)


def test_a_lease_is_taken_back_only_after_the_grace(index: Index) -> None:
    index.started("a")
    running = index.keys.of_queue(Q, "running")
    now = index.scripts.time_ms()

    index.client.zadd(running, {"a": now - RECLAIM_GRACE_MS + 2_000})
    too_early = index.scripts.reclaim(Q)
    index.client.zadd(running, {"a": now - RECLAIM_GRACE_MS})
    in_time = index.scripts.reclaim(Q)

    assert (too_early, in_time) == ((0, 0), (1, 0))


def test_a_job_whose_process_died_three_times_is_dead_and_says_so(index: Index) -> None:
    index.push_all("a", attempts=1)

    for crash in range(CRASHES_MAX):
        [held] = index.take()
        assert index.crash(held) == ((0, 1) if crash == CRASHES_MAX - 1 else (1, 0))

    seen = index.view()
    assert (seen.states, seen.unsettled, seen.ready, seen.running) == ({"a": (1, "dead")}, ["a"], [], [])
    assert seen.count["dead"] == 1
    outcome = msgspec.json.decode(seen.outcomes["a"], type=OutcomeRecord)
    assert (outcome.state, outcome.reason, outcome.crashes, outcome.attempts) == ("dead", "crashed", CRASHES_MAX, 1)
    assert (outcome.token, outcome.worker, outcome.generation) == (held.token, "w1", 1)
    assert outcome.error_type == "ProcessCrashed"
    assert 0 < outcome.started <= outcome.finished <= index.scripts.time_ms()
    assert seen.bodies == {"a": "body of a"}


def test_crashes_are_counted_through_retries(index: Index) -> None:
    held = index.started("a")
    index.crash(held)
    [held] = index.take()
    index.retry(held)
    index.make_due("a")

    [claimed] = index.claim().jobs

    assert (claimed.attempt, claimed.crashes) == (2, 1)


def test_the_reaper_takes_no_more_than_its_limit_a_turn(index: Index) -> None:
    names = [f"job-{n}" for n in range(10)]
    index.push_all(*names)
    index.take(10)
    index.expire(*names)

    turns = [index.scripts.reclaim(Q, limit=4) for _ in range(4)]

    assert turns == [(4, 0), (4, 0), (2, 0), (0, 0)]
    assert index.view().ready == sorted(names)


def test_a_lease_without_an_entry_is_cleared_away(index: Index) -> None:
    index.client.zadd(index.keys.of_queue(Q, "running"), {"ghost": 1})

    assert index.scripts.reclaim(Q) == (0, 0)
    assert index.view() == view()


def report(done: float) -> str:
    return msgspec.json.encode({"done": done, "total": 100, "note": "n"}).decode()


def progress(index: Index, held: Held, done: float) -> int:
    return index.scripts.progress(held, report(done), done=done)


def test_progress_is_kept_and_told(index: Index) -> None:
    held = index.started("a")

    assert progress(index, held, 40) == 1

    assert index.entry("a").progress == report(40)
    [event] = index.events("progress")
    assert (event.extra, event.state, event.token) == (report(40), "running", held.token)


@pytest.mark.parametrize(("before", "after", "status"), [(40, 39.5, -1), (40, 40, 1), (0.25, 0.5, 1), (1e15, 7, -1)])
def test_progress_of_one_attempt_never_decreases(index: Index, before: float, after: float, status: int) -> None:
    held = index.started("a")
    progress(index, held, before)

    assert progress(index, held, after) == status
    assert index.entry("a").progress == report(after if status == 1 else before)


def test_the_next_attempt_starts_its_progress_anew(index: Index) -> None:
    held = index.started("a")
    progress(index, held, 90)
    index.retry(held)
    index.make_due("a")
    [held] = index.take()

    assert progress(index, held, 5) == 1


def move_start_back(index: Index, job_id: str, *, by_ms: int) -> None:
    """As if the attempt had started that much earlier."""
    change_record(index.scripts, job_id, lambda one: msgspec.structs.replace(one, started=one.started - by_ms))
