"""The outbox: commit sends, rollback leaves nothing; what it holds can be seen, sent again, and goes in time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import AlreadyExists, InvalidArgument, NotReady, PayloadTooLarge, UnknownService
from shared.jobs import JobContext, Priority, hours
from shared.jobs.exchange import delivery, outbox, outbox_reads
from shared.jobs.maintenance import Maintenance
from shared.jobs.maintenance.listener import Listener
from shared.jobs.maintenance.sweeper import sweep_once
from tests.runtime.jobs.peer import NAME, Peer, failing
from tests.runtime.jobs.sample import Play
from tests.runtime.jobs.waiting import eventually


def test_a_commit_sends_with_all_that_was_asked_for(peer: Peer) -> None:
    with peer.sender.database.unit_of_work() as work:
        message_id = peer.send(7, queue="side", priority=Priority.HIGH, within=work)

    peer.deliver()

    message = peer.message(message_id)
    job = peer.bench.row(message.peer_job_id or "")
    assert (message.state, message.attempts, message.error) == ("sent", 1, None)
    assert (job.name, job.queue, job.priority, job.args) == ("play", "side", 2, {"number": 7, "note": ""})


def test_a_rollback_leaves_nothing(peer: Peer) -> None:
    work = peer.sender.database.begin()
    peer.send(1, within=work)
    work.rollback()

    peer.deliver()

    assert (peer.states, peer.taken) == ([], [])


def test_a_delayed_job_waits_at_the_peer(peer: Peer) -> None:
    due = peer.sender.from_now(hours(2))

    message_id = peer.send(scheduled_for=due)
    peer.deliver()

    assert peer.bench.row(peer.message(message_id).peer_job_id or "").scheduled_for == due


@pytest.mark.parametrize(
    ("fields", "kind", "field"),
    [
        ({"peer": "rsik"}, UnknownService, "peer"),
        ({"job": "Play!"}, InvalidArgument, "job"),
        ({"queue": "a b"}, InvalidArgument, "queue"),
        ({"priority": 6}, InvalidArgument, "priority"),
        ({"key": "\n"}, InvalidArgument, "idempotency_key"),
        ({"args": {"number": float("nan")}}, InvalidArgument, "args"),
        ({"args": {"note": "x" * 300_000}}, PayloadTooLarge, "args"),
    ],
)
def test_what_no_peer_takes_is_refused_at_once_naming_the_field(
    peer: Peer, fields: dict[str, Any], kind: type[InvalidArgument], field: str
) -> None:
    wanted: dict[str, Any] = {"peer": NAME, "job": "play", "args": {}} | fields
    with pytest.raises(kind) as caught:
        outbox.submit_to(peer.sender, **wanted)

    assert caught.value.field == field
    assert peer.states == []


def test_an_unknown_peer_is_told_the_known_ones(peer: Peer) -> None:
    with pytest.raises(UnknownService, match="MILLRACE_SERVICES names no service 'rsik'; allowed: risk") as caught:
        outbox.submit_to(peer.sender, "rsik", "play", {})

    assert caught.value.allowed == (NAME,)


def test_one_key_is_one_message_and_other_arguments_under_it_are_refused(peer: Peer) -> None:
    first = peer.send(1, key="order-1")
    again = peer.send(1, key="order-1")
    with pytest.raises(AlreadyExists):
        peer.send(2, key="order-1")

    peer.deliver()

    assert again == first
    assert peer.taken == [1]


def test_a_job_s_message_is_sent_once_over_all_its_attempts(peer: Peer) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        ctx.submit_to(NAME, "play-aside", {"number": 9}, key="child")
        if ctx.attempt == 1:
            raise ValueError("not yet")

    peer.bench.stage.act = act
    peer.bench.jobs.peers = peer.sender.peers
    peer.bench.submit()
    peer.bench.run()
    peer.deliver()
    peer.bench.make_due()
    peer.bench.run()
    peer.deliver()

    assert peer.states == [("sent", 1)]


def test_a_message_inside_the_final_transaction_shares_its_fate(peer: Peer) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        with ctx.unit_of_work():
            ctx.submit_to(NAME, "play", {"number": 9}, key="child")
        if ctx.attempt == 1:
            raise ValueError("not yet")

    peer.bench.stage.act = act
    peer.bench.jobs.peers = peer.sender.peers
    peer.bench.submit()
    peer.bench.run()
    after_failure = peer.states
    peer.bench.make_due()
    peer.bench.run()

    assert (after_failure, peer.states) == ([], [("waiting", 0)])


def test_a_committed_message_wakes_the_scheduler(peer: Peer) -> None:
    heard: list[int] = []
    listener = Listener(peer.sender.database, {outbox.CHANNEL: lambda: heard.append(1)})
    listener.start()
    eventually(lambda: heard)  # its first look, which it takes once it listens
    before = len(heard)

    peer.send(1)

    eventually(lambda: len(heard) > before)
    listener.stop()


def test_of_what_wakes_the_scheduler_the_outbox_wakes_its_own_loop(peer: Peer) -> None:
    maintenance = Maintenance(peer.sender, consumer="test", fires_schedules=False, peers=peer.peers)
    loops = {loop.name: loop for loop in maintenance.loops}

    wake = maintenance._listener._wakes[f"{outbox.CHANNEL}_{peer.sender.database.schema}"]

    assert wake == loops["market-data-outbox"].wake


def fail_some(peer: Peer, count: int) -> list[str]:
    failed: list[str] = [outbox.submit_to(peer.sender, NAME, "plai", {"at": number}) for number in range(count)]
    peer.deliver()
    return failed


def test_failures_are_listed_newest_first_in_pages_and_told_in_health(peer: Peer) -> None:
    failed = fail_some(peer, 3)
    peer.bench.sql("UPDATE outbox SET finished_at = clock_timestamp() - make_interval(secs => 100 - seq)")

    with peer.sender.database.unit_of_work() as work:
        page = outbox_reads.failures(work, limit=2)
        rest = outbox_reads.failures(work, limit=2, before=page[-1].finished_at)
        advice = outbox_reads.advice(work)

    assert [message.id for message in [*page, *rest]] == failed[::-1]
    assert "plai to risk, UnknownJob: market-data has no job 'plai'" in (advice or "")


def test_what_waits_is_counted_for_each_peer(peer: Peer) -> None:
    peer.send(1)
    peer.send(2)

    with peer.sender.database.unit_of_work() as work:
        waiting, advice = outbox_reads.waiting(work), outbox_reads.advice(work)

    assert (waiting, advice) == ({NAME: 2}, None)


def test_a_failed_message_can_be_sent_again_and_a_sent_one_cannot(peer: Peer) -> None:
    peer.servicer.before = failing(1)
    message_id = peer.send(1)
    peer.age("created_at", delivery.GIVE_UP)
    peer.deliver()
    failed = peer.states

    with peer.sender.database.unit_of_work() as work:
        outbox.send_again(work, message_id)
    peer.deliver()

    assert (failed, peer.states, peer.taken) == ([("failed", 1)], [("sent", 1)], [1])
    with pytest.raises(NotReady), peer.sender.database.unit_of_work() as work:
        outbox.send_again(work, message_id)


@pytest.mark.parametrize(("make", "days"), [(lambda peer: peer.send(1), 2), (lambda peer: fail_some(peer, 1), 30)])
def test_messages_go_when_they_have_been_kept_long_enough(peer: Peer, make: Callable[[Peer], Any], days: int) -> None:
    make(peer)
    peer.deliver()
    peer.age("finished_at", timedelta(days=days) - timedelta(hours=1))
    sweep_once(peer.bench.jobs)
    kept = len(peer.states)

    peer.age("finished_at", timedelta(hours=1))
    sweep_once(peer.bench.jobs)

    assert (kept, peer.states) == (1, [])


def test_a_waiting_message_is_never_swept(peer: Peer) -> None:
    peer.send(1)
    peer.age("created_at", timedelta(days=400))

    sweep_once(peer.bench.jobs)

    assert peer.states == [("waiting", 0)]
