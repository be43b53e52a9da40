"""Why a job does not run: each cause against the real stores, and the first one is the one that matters."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.errors import NotFound
from shared.jobs import JobContext, RateLimited, Snooze, minutes, submit
from shared.jobs.control.limiter_edits import LimiterChange, change_limiter
from shared.jobs.control.queue_edits import Limits, edit, pause, resume
from shared.jobs.exchange.outbox import submit_to
from shared.jobs.gate_settings import Gate, GateChange, change_gate, limit_gate, pause_gate
from shared.jobs.grants import Wanted
from shared.jobs.limiters import lease
from shared.jobs.presence import tell
from shared.jobs.why.answer import Answer, why
from shared.jobs.why.causes import Reason
from tests.runtime.jobs.metered import PROVIDER, open_metered, play_metered
from tests.runtime.jobs.sample import Bench, Play, jobs_of
from tests.runtime.jobs.subjects import job_in
from tools.stores import temporary_valkey

PLAY, ACME = Gate("work", "job", "play"), Gate("work", "group", "acme")


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with a metered job, and a live worker that never asks."""
    with open_metered(empty_url, redis_url) as opened:
        tell(opened.jobs, "by-hand")
        yield opened


def reasons(bench: Bench, job_id: str) -> list[Reason]:
    return [cause.reason for cause in why(bench.jobs, job_id).causes]


def act_of(error: Exception) -> Any:
    def act(_ctx: JobContext, _args: Play) -> None:
        raise error

    return act


def test_nothing_keeps_a_job_that_is_next(bench: Bench) -> None:
    assert reasons(bench, bench.submit().id) == [Reason.NEXT]


def test_a_paused_queue_tells_until_when_and_comes_before_all_else(bench: Bench) -> None:
    until = clock.now().replace(microsecond=0) + timedelta(hours=1)
    job_id = bench.submit(group="acme").id
    pause_gate(bench.jobs, ACME)
    bench.claim()
    pause(bench.jobs, "work", until=until)

    answer = why(bench.jobs, job_id)

    assert [cause.reason for cause in answer.causes] == [Reason.QUEUE_PAUSED, Reason.GROUP_PAUSED]
    assert (answer.causes[0].until, answer.causes[1].until, answer.state) == (until, None, "queued")
    resume(bench.jobs, "work")
    assert reasons(bench, job_id) == [Reason.GROUP_PAUSED]


@pytest.mark.parametrize(("gate", "reason"), [(PLAY, Reason.JOB_LIMIT), (ACME, Reason.GROUP_LIMIT)])
def test_a_limit_tells_how_many_run(bench: Bench, gate: Gate, reason: Reason) -> None:
    limit_gate(bench.jobs, gate, 2)
    for number in range(2):
        bench.submit(number, group="acme")
    bench.claim()
    last = bench.submit(3, group="acme").id

    before = why(bench.jobs, last).causes[0]
    bench.claim()
    parked = why(bench.jobs, last).causes[0]

    assert before == parked
    assert (parked.reason, parked.running, parked.limit) == (reason, 2, 2)
    assert "2 of 2 running" in parked.text


def test_a_paused_job_name_is_told(bench: Bench) -> None:
    until = clock.now().replace(microsecond=0) + timedelta(hours=1)
    change_gate(bench.jobs, PLAY, GateChange(is_paused=True, paused_until=until))
    [cause] = why(bench.jobs, bench.submit().id).causes

    assert (cause.reason, cause.until) == (Reason.JOB_PAUSED, until)


def test_a_gate_that_has_opened_is_not_blamed(bench: Bench) -> None:
    pause_gate(bench.jobs, PLAY)
    job_id = bench.submit().id
    bench.claim()
    change_gate(bench.jobs, PLAY, GateChange(is_paused=False))

    assert reasons(bench, job_id) == [Reason.GATE_OPENED]
    bench.claim()
    assert reasons(bench, job_id) == [Reason.RUNNING]


def test_the_queues_limit_and_rate_tell_numbers_and_the_next_start(bench: Bench) -> None:
    edit(bench.jobs, "work", Limits(max_running=1, rate=1, window_ms=60_000))
    bench.submit()
    started_ms = bench.claim()[0].entry.started

    limit, rate = why(bench.jobs, bench.submit().id).causes

    assert (limit.reason, limit.running, limit.limit) == (Reason.QUEUE_LIMIT, 1, 1)
    assert (rate.reason, rate.until) == (Reason.QUEUE_RATE, clock.from_epoch_ms(started_ms + 60_000))


def test_a_provider_that_closed_the_queue_is_told(bench: Bench) -> None:
    bench.jobs.scripts.close("work", closed_ms=60_000)

    assert reasons(bench, bench.submit().id) == [Reason.QUEUE_CLOSED]


def test_a_limiter_out_of_points_tells_when_more_may_come(bench: Bench) -> None:
    job_id = submit(bench.jobs, play_metered, Play()).id
    assert reasons(bench, job_id) == [Reason.NEXT]
    before_ms = bench.jobs.scripts.time_ms()
    lease(bench.jobs.scripts, PROVIDER.name, Wanted(6, 2))

    [cause] = why(bench.jobs, job_id).causes

    assert (cause.reason, cause.limit) == (Reason.LIMITER_SPENT, 6)
    assert cause.until is not None
    assert 61_000 <= clock.epoch_ms(cause.until) - before_ms < 71_000


def test_a_paused_limiter_is_told(bench: Bench) -> None:
    change_limiter(bench.jobs, PROVIDER.name, LimiterChange(is_paused=True))

    assert reasons(bench, submit(bench.jobs, play_metered, Play()).id) == [Reason.LIMITER_PAUSED]
    assert reasons(bench, bench.submit().id) == [Reason.BEHIND_OTHERS]


def test_those_ahead_and_taken_slots_are_counted(bench: Bench) -> None:
    for number in range(4):
        bench.submit(number)
    bench.claim()
    bench.submit(5, priority=1)
    bench.submit(6)
    slots, behind = why(bench.jobs, bench.submit(7).id).causes

    assert (slots.reason, slots.running, slots.limit) == (Reason.SLOTS_TAKEN, 4, 4)
    assert (behind.reason, behind.ahead) == (Reason.BEHIND_OTHERS, 2)


def test_no_live_worker_is_told_and_one_that_comes_counts_at_once(bench: Bench) -> None:
    tell(bench.jobs, "by-hand", life_ms=0)
    job_id = bench.submit().id

    assert reasons(bench, job_id) == [Reason.NO_WORKER]
    tell(bench.jobs, "another")
    assert reasons(bench, job_id) == [Reason.NEXT]


def test_waits_for_a_time_tell_which_and_why(bench: Bench) -> None:
    later = clock.now().replace(microsecond=0) + timedelta(minutes=5)
    far = later + timedelta(days=3)

    scheduled = why(bench.jobs, bench.submit(scheduled_for=later).id)
    not_pushed = why(bench.jobs, bench.submit(scheduled_for=far).id)
    retrying = why(bench.jobs, job_in(bench, "retrying"))

    assert [(cause.reason, cause.until) for cause in scheduled.causes] == [(Reason.SCHEDULED, later)]
    assert [(cause.reason, cause.until) for cause in not_pushed.causes] == [(Reason.SCHEDULED, far)]
    assert (retrying.state, retrying.causes[0].reason) == ("retrying", Reason.RETRYING)
    assert "attempt 1 of 3" in retrying.causes[0].text


@pytest.mark.parametrize(
    ("error", "word"), [(Snooze(minutes(1)), "snoozed"), (RateLimited(minutes(1), scope="job"), "rate_limited")]
)
def test_what_was_put_off_tells_its_word(bench: Bench, error: Exception, word: str) -> None:
    job_id = bench.submit().id
    bench.stage.act = act_of(error)
    bench.run()

    [cause] = why(bench.jobs, job_id).causes

    assert (cause.reason, word in cause.text) == (Reason.POSTPONED, True)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("completed", Reason.ENDED), ("dead", Reason.ENDED), ("cancelled", Reason.ENDED), ("expired", Reason.ENDED),
        ("running", Reason.RUNNING), ("blocked", Reason.BLOCKED),
    ],
)  # fmt: skip
def test_a_state_that_says_it_all_is_told(bench: Bench, state: str, reason: Reason) -> None:
    assert reasons(bench, job_in(bench, state)) == [reason]


def test_an_end_that_is_being_recorded_and_a_lease_that_ran_out_are_told(bench: Bench) -> None:
    ended = bench.submit().id
    bench.run()
    lost = bench.submit().id
    bench.claim()
    bench.expire_leases()

    assert reasons(bench, ended) == [Reason.ENDING]
    assert reasons(bench, lost) == [Reason.LEASE_EXPIRED]


def test_a_job_without_an_entry_tells_who_brings_it(bench: Bench) -> None:
    job_id = bench.submit().id
    bench.scripts.drop(job_id, "work", generation=1)

    bench.sql("UPDATE job SET pushed_at = NULL")
    assert reasons(bench, job_id) == [Reason.NOT_PUSHED]
    bench.sql("UPDATE job SET pushed_at = clock_timestamp()")
    assert reasons(bench, job_id) == [Reason.NOT_IN_INDEX]


def test_closed_claims_and_a_lost_redis_are_told(bench: Bench, empty_url: str) -> None:
    job_id = bench.submit().id
    bench.redis.flushdb()

    closed = reasons(bench, job_id)

    assert closed[0] is Reason.INDEX_CLOSED
    with temporary_valkey() as server:
        other = jobs_of(bench.jobs.database, server.url())
        server.stop()
        assert [cause.reason for cause in why(other, job_id).causes] == [Reason.INDEX_UNREACHABLE]
        other.scripts.client.close()


def test_a_message_that_is_not_delivered_yet_tells_its_tries(bench: Bench) -> None:
    bench.jobs.peers = ("risk",)
    message = submit_to(bench.jobs, "risk", "assess", {"coin": 1})

    def answer() -> Answer:
        return why(bench.jobs, message)

    assert answer().causes[0].reason is Reason.MESSAGE_WAITING
    bench.sql("UPDATE outbox SET state = 'sent', peer_job_id = :id", id=str(uuid.uuid4()))
    assert answer().causes[0].reason is Reason.MESSAGE_SENT
    bench.sql('UPDATE outbox SET state = \'failed\', error = \'{"type": "NotFound", "message": "no job"}\'')
    assert (answer().state, "NotFound: no job" in answer().causes[0].text) == ("failed", True)


def test_an_unknown_id_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        why(bench.jobs, str(uuid.uuid4()))


def test_the_answer_costs_the_same_whatever_waits(bench: Bench) -> None:
    pause_gate(bench.jobs, PLAY)
    few = bench.submit().id
    commands = commands_of(bench, few)
    for number in range(300):
        bench.submit(number)
    bench.claim()

    assert commands_of(bench, bench.submit().id) == commands


def commands_of(bench: Bench, job_id: str) -> int:
    def count() -> int:
        return int(bench.redis.info("stats")["total_commands_processed"])

    before = count()
    why(bench.jobs, job_id)
    return count() - before
