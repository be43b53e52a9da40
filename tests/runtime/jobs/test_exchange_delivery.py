"""Delivery: in order, once, whoever dies or is down; what the peer does not take is kept with the reason."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.market_data.app import SERVICE
from shared.bootstrap import ServiceRuntime, scheduler
from shared.bootstrap.process import Process
from shared.jobs.exchange import delivery, line, outbox, requests
from shared.jobs.exchange.delivery import deliver_once
from shared.rpc import Peers
from shared.settings import ProcessSettings
from tests.runtime.jobs.peer import NAME, Peer, failing
from tests.runtime.jobs.site import TOKEN
from tests.runtime.jobs.waiting import eventually
from tests.stores import VALKEY_DATABASES, flush


def test_any_number_of_copies_deliver_in_order_and_each_message_once(peer: Peer) -> None:
    for number in range(3 * delivery.BATCH + 5):
        peer.send(number)

    with ThreadPoolExecutor(4) as pool:
        for turn in [pool.submit(peer.deliver) for _ in range(4)]:
            turn.result()
    peer.deliver()

    assert peer.taken == list(range(3 * delivery.BATCH + 5))
    assert set(peer.states) == {("sent", 1)}


def test_a_peer_that_is_down_costs_one_try_and_later_gets_everything_in_order(peer: Peer) -> None:
    peer.stop()
    messages = [peer.send(number) for number in range(3)]
    peer.deliver()
    while_down, error = peer.states, peer.message(messages[0]).error or {}
    deliver_once(peer.sender, peer.peers)
    not_due = peer.states

    peer.restart()

    def caught_up() -> bool:
        peer.make_due()
        peer.deliver()
        return {state for state, _ in peer.states} == {"sent"}

    eventually(caught_up)
    assert while_down == not_due == [("waiting", 1), ("waiting", 0), ("waiting", 0)]
    assert error["type"] == "PeerUnavailable"
    assert peer.taken == [0, 1, 2]


def test_a_peer_that_does_not_answer_in_time_is_tried_again(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "CALL_SECONDS", 0.2)
    message_id = peer.send(1)

    def hang(_request: Any) -> None:
        eventually(lambda: peer.states == [("waiting", 1)] and peer.message(message_id).error)

    peer.servicer.before = hang
    peer.deliver()

    assert "in time" in (peer.message(message_id).error or {})["message"]


@pytest.mark.parametrize(
    ("job", "args", "kind", "field"),
    [("plai", {}, "UnknownJob", "name"), ("play", {"nmber": 1}, "InvalidArgument", "args.nmber")],
)
def test_what_the_peer_refuses_is_final_at_once_with_its_reason_and_holds_nobody_up(
    peer: Peer, job: str, args: dict[str, Any], kind: str, field: str
) -> None:
    refused = outbox.submit_to(peer.sender, NAME, job, args)
    peer.send(2)

    with capture_logs() as lines:
        peer.deliver()

    message = peer.message(refused)
    assert peer.states == [("failed", 1), ("sent", 1)]
    assert (message.error or {})["type"] == kind
    assert (message.error or {})["field"] == field
    assert [line["log_level"] for line in lines if line["event"] == "message to another service failed"] == ["error"]


def test_a_message_that_the_peer_fails_on_is_passed_by_the_others_after_some_tries(peer: Peer) -> None:
    def fail_on_one(request: Any) -> None:
        if '"number": 1' in request.args_json:
            raise ZeroDivisionError

    peer.servicer.before = fail_on_one
    for number in (1, 2, 3):
        peer.send(number)

    for _ in range(delivery.ORDERED_ATTEMPTS - 1):
        peer.deliver()
        peer.make_due()
    held_up = peer.taken
    peer.deliver()

    assert held_up == []
    assert peer.taken == [2, 3]
    assert peer.states == [("waiting", delivery.ORDERED_ATTEMPTS), ("sent", 1), ("sent", 1)]


def test_a_message_whose_answer_was_lost_makes_one_job(peer: Peer) -> None:
    peer.servicer.after = failing(1)
    message_id = peer.send(1)

    peer.deliver()
    after_loss = peer.states
    peer.make_due()
    peer.deliver()

    assert (after_loss, peer.states) == ([("waiting", 1)], [("sent", 2)])
    assert peer.taken == [1]
    assert peer.servicer.asked == [message_id, message_id]


def test_a_copy_that_dies_after_sending_is_followed_by_another_and_makes_one_job(peer: Peer) -> None:
    peer.send(1)
    with peer.sender.database.unit_of_work() as work:
        (claimed,) = line.claim(work, NAME, limit=10)
    delivery._send(peer.sender, peer.peers, NAME, claimed)  # and then it is gone: nothing noted

    peer.deliver()
    before_its_lease_ends = peer.states
    peer.make_due()
    peer.deliver()

    assert before_its_lease_ends == [("waiting", 1)]
    assert peer.states == [("sent", 2)]
    assert peer.taken == [1]


def test_what_a_turn_had_no_time_for_is_left_as_it_was(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    peer.send(1)
    monkeypatch.setattr(delivery, "TURN_SECONDS", 60.0)

    delivery._deliver_to(peer.sender, peer.peers, NAME, ends_at=0.0)

    assert peer.states == [("waiting", 0)]
    assert peer.bench.sql("SELECT tried_at FROM outbox") == [(None,)]
    peer.deliver()
    assert peer.taken == [1]


def test_a_peer_down_for_half_a_day_fails_the_message_with_the_error(peer: Peer) -> None:
    peer.stop()
    message_id = peer.send(1)
    peer.age("created_at", delivery.GIVE_UP)

    peer.deliver()

    message = peer.message(message_id)
    assert (message.state, (message.error or {})["type"]) == ("failed", "PeerUnavailable")


def test_a_message_first_tried_too_long_ago_is_not_sent_again(peer: Peer) -> None:
    peer.servicer.before = failing(1)
    message_id = peer.send(1)
    peer.deliver()
    peer.age("tried_at", delivery.GIVE_UP)
    peer.make_due()

    peer.deliver()

    assert (peer.message(message_id).error or {})["type"] == "OutcomeUnknown"
    assert len(peer.servicer.asked) == 1


def test_a_message_is_not_tried_for_ever(peer: Peer) -> None:
    peer.servicer.before = failing(9)
    peer.send(1)
    peer.bench.sql("UPDATE outbox SET attempts = :attempts", attempts=delivery.ATTEMPTS_MAX - 1)

    peer.deliver()

    assert peer.states == [("failed", delivery.ATTEMPTS_MAX)]


def test_a_peer_the_sending_process_does_not_know_is_waited_for(peer: Peer) -> None:
    message_id = peer.send(1)
    stranger = Peers({}, TOKEN)

    deliver_once(peer.sender, stranger)

    message = peer.message(message_id)
    assert (message.state, (message.error or {})["type"]) == ("waiting", "UnknownService")
    assert "MILLRACE_SERVICES" in (message.error or {})["message"]


def test_the_scheduler_role_delivers_and_health_tells_what_failed(
    peer: Peer, runtime_for: Callable[..., ServiceRuntime], redis_url: str
) -> None:
    root, _, number = redis_url.rpartition("/")
    theirs = f"{root}/{(int(number) + 1) % VALKEY_DATABASES}"  # the peer is a service of the same name here
    flush(theirs)
    address = f"{NAME}=127.0.0.1:{peer.port}"
    runtime = runtime_for(SERVICE, MILLRACE_SERVICES=address, REDIS_URL=theirs, ENABLE_SCHEDULED_JOBS="no")
    process = Process("scheduler", ProcessSettings(service_token=TOKEN))
    stop = scheduler.start(process, [runtime])
    outbox.submit_to(runtime.jobs, NAME, "play", {"number": 5})
    outbox.submit_to(runtime.jobs, NAME, "plai", {})

    def failure() -> str | None:
        checks = {result.name: result for result in process.health.readiness().results}
        assert checks["market-data-outbox"].failure is None
        return checks["market-data.outbox-failures"].failure

    said = eventually(failure)
    stop()

    assert "plai to risk, UnknownJob" in (said or "")
    assert peer.taken == [5]
