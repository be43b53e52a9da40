"""The end of a node in another service comes back by event: whatever ends it, whoever is down, however often."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from protos.jobs.v1 import jobs_pb2, outcomes_pb2, outcomes_pb2_grpc
from shared.errors import Forbidden, InvalidArgument
from shared.jobs import JobContext
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.removals import remove
from shared.jobs.exchange import outbox_actions
from shared.jobs.flows.remote import follow_remote_once
from shared.jobs.flows.verbs import cancel_flow, get_flow, retry_flow
from shared.jobs.maintenance.expiry import expire_once
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.remote_outcomes import withdraw_node
from shared.jobs.testing import crash_at, drain
from tests.runtime.jobs.pair import AWAY, HOME, Pair, here, there
from tests.runtime.jobs.sample import Play
from tests.runtime.jobs.site import refusal
from tests.runtime.jobs.subjects import give_up
from tests.runtime.jobs.waiting import eventually


def echo(_ctx: JobContext, args: Play) -> Any:
    return {"from": args.note}


def made_there(pair: Pair) -> str:
    return str(pair.away.sql("SELECT id FROM job ORDER BY seq DESC LIMIT 1")[0][0])


def test_an_end_there_ends_the_node_here_and_nobody_asks(pair: Pair) -> None:
    seen: dict[str, Any] = {}
    pair.away.stage.act = echo
    pair.home.stage.act = lambda ctx, _args: seen.update(ctx.results())
    flow = pair.submit(there("a"), here("b", "a"))

    pair.turn()

    assert pair.states(flow) == {"a": "completed", "b": "completed"}
    assert seen["a"].result == {"from": "a"}
    assert (pair.messages(pair.home), pair.messages(pair.away)) == ([("node", "sent")], [("outcome", "sent")])
    assert pair.home.sql("SELECT count(*) FROM remote_node WHERE NOT is_over")[0][0] == 0


def expire(pair: Pair) -> None:
    pair.away.sql(
        "INSERT INTO job_limit (job_id, queue_ttl_ms, expires_at, look_at) SELECT id, 1, now(), now() FROM job"
    )
    expire_once(pair.away.jobs)


def die(pair: Pair) -> None:
    pair.away.stage.act = give_up
    drain(pair.away.runtime)


def cancel_and_remove(pair: Pair) -> None:
    cancel(pair.away.jobs, made_there(pair))
    remove(pair.away.jobs, made_there(pair))


@pytest.mark.parametrize(
    ("end", "state"), [(expire, "expired"), (die, "dead"), (cancel_and_remove, "cancelled")], ids=lambda one: str(one)
)
def test_any_end_is_told(pair: Pair, end: Callable[[Pair], None], state: str) -> None:
    flow = pair.submit(there("a"), here("b", "a"))
    pair.send(pair.home.jobs)

    end(pair)
    pair.send(pair.away.jobs)

    assert pair.states(flow)["a"] == state
    assert "in market-data: " in get_flow(pair.home.jobs, flow.id).node("a").error_message
    assert get_flow(pair.home.jobs, flow.id).live == 0


def test_the_end_and_its_word_are_one_commit(pair: Pair) -> None:
    flow = pair.submit(there("a"))
    pair.send(pair.home.jobs)
    pair.away.run()

    with crash_at("edges.followed"):
        settle_once(pair.away.jobs)
    assert (pair.made(), pair.messages(pair.away)) == (["queued"], [])
    pair.away.settle()
    assert (pair.made(), pair.messages(pair.away)) == (["completed"], [("outcome", "waiting")])

    pair.send(pair.away.jobs)
    assert pair.states(flow) == {"a": "completed"}


def test_word_that_comes_twice_is_taken_once(pair: Pair) -> None:
    flow = pair.submit(there("a"), here("b", "a"))
    pair.turn()

    pair.away.sql("UPDATE outbox SET state = 'waiting', next_at = now()")
    pair.send(pair.away.jobs)
    pair.home.sql("DELETE FROM inbox")  # as after 48 hours
    pair.away.sql("UPDATE outbox SET state = 'waiting', next_at = now()")
    pair.send(pair.away.jobs)

    assert pair.states(flow) == {"a": "completed", "b": "completed"}
    assert (pair.messages(pair.away), len(pair.home.stage.runs)) == ([("outcome", "sent")], 1)


def test_late_word_of_an_earlier_turn_changes_nothing(pair: Pair) -> None:
    pair.away.stage.act = give_up
    flow = pair.submit(there("a"))
    pair.turn()
    late = pair.away.sql("SELECT id FROM outbox")[0][0]
    retry_flow(pair.home.jobs, flow.id)

    pair.home.sql("DELETE FROM inbox")
    pair.away.sql("UPDATE outbox SET state = 'waiting', next_at = now() WHERE id = :id", id=late)
    pair.send(pair.away.jobs)
    assert pair.states(flow) == {"a": "blocked"}

    pair.away.stage.act = echo
    pair.turn()
    assert pair.states(flow) == {"a": "completed"}


def test_a_home_that_is_down_is_told_when_it_is_back(pair: Pair) -> None:
    flow = pair.submit(there("a"))
    pair.send(pair.home.jobs)
    drain(pair.away.runtime)
    pair.stop(HOME)
    pair.send(pair.away.jobs)
    assert pair.messages(pair.away) == [("outcome", "waiting")]

    pair.away.sql("UPDATE outbox SET created_at = created_at - interval '1 hour', attempts = 20")
    pair.restart(HOME)

    def told() -> bool:  # the channel waits between two tries to connect
        pair.make_due(pair.away)
        pair.send(pair.away.jobs)
        return pair.states(flow) == {"a": "completed"}

    assert eventually(told)


def test_a_lost_index_on_either_side_loses_no_end(pair: Pair) -> None:
    flow = pair.submit(there("a"), here("b", "a"))
    pair.send(pair.home.jobs)
    pair.away.run()
    pair.away.redis.flushdb()  # the outcome that was not in its row yet as well
    for bench in (pair.home, pair.away):
        reconcile_once(bench.jobs)
    drain(pair.away.runtime)
    pair.home.redis.flushdb()
    for bench in (pair.home, pair.away):
        reconcile_once(bench.jobs)

    pair.turn()

    assert pair.states(flow) == {"a": "completed", "b": "completed"}


def test_what_was_missed_is_asked_for(pair: Pair) -> None:
    flow = pair.submit(there("a"))
    pair.send(pair.home.jobs)
    drain(pair.away.runtime)
    pair.away.sql("DELETE FROM outbox")

    follow_remote_once(pair.home.jobs, pair.peers)

    assert pair.states(flow) == {"a": "completed"}


def test_a_cancelled_flow_withdraws_its_job_or_never_sends_it(pair: Pair) -> None:
    sent = pair.submit(there("a"))
    pair.send(pair.home.jobs)
    never = pair.submit(there("b"))
    cancel_flow(pair.home.jobs, sent.id)
    cancel_flow(pair.home.jobs, never.id)

    pair.turn()

    assert pair.made() == ["cancelled"]
    assert "its flow in home" in (pair.away.row(made_there(pair)).error or {})["message"]
    assert pair.messages(pair.home) == [("node", "sent"), ("withdrawal", "sent")]
    assert pair.away.stage.runs == []


def test_a_job_that_is_withdrawn_before_it_came_is_never_made(pair: Pair) -> None:
    pair.submit(there("a"))
    message_id = str(pair.home.sql("SELECT id FROM outbox")[0][0])

    assert not withdraw_node(pair.away.jobs, source=HOME, message_id=message_id, reason="")
    pair.turn()

    assert (pair.made(), pair.messages(pair.home)) == ([], [("node", "sent")])


def test_what_is_refused_or_given_up_ends_its_node_in_that_commit(pair: Pair) -> None:
    refused, given_up = pair.submit(there("a")), pair.submit(there("b"))
    pair.home.sql("UPDATE outbox SET job = 'gone' WHERE seq = (SELECT min(seq) FROM outbox)")
    last = pair.home.sql("SELECT id FROM outbox ORDER BY seq DESC LIMIT 1")[0][0]
    outbox_actions.give_up(pair.home.jobs, str(last), reason="never mind")
    pair.send(pair.home.jobs)

    assert (pair.states(refused), pair.states(given_up)) == ({"a": "dead"}, {"b": "dead"})
    assert "did not take it" in get_flow(pair.home.jobs, refused.id).node("a").error_message


def tell(pair: Pair, **fields: Any) -> Any:
    """A service says how the job of the newest message has ended."""
    given = {
        "source": AWAY, "id": str(uuid.uuid4()), "job_id": str(uuid.uuid4()), "state": jobs_pb2.JOB_STATE_COMPLETED,
        "message_id": str(pair.home.sql("SELECT message_id FROM remote_node")[0][0]), "result_json": "1",
    }  # fmt: skip
    stub: Any = pair.peers.stub(outcomes_pb2_grpc.OutcomeServiceStub, HOME)
    return stub.TellOutcome(outcomes_pb2.TellOutcomeRequest(**{**given, **fields}))


def test_a_service_may_only_tell_of_jobs_that_were_sent_to_it(pair: Pair) -> None:
    flow = pair.submit(there("a"))
    assert isinstance(refusal(lambda: tell(pair, source="another")), Forbidden)
    pair.send(pair.home.jobs)
    assert isinstance(refusal(lambda: tell(pair)), Forbidden)  # not the job that the message has made
    assert not tell(pair, message_id=str(uuid.uuid4())).is_news

    assert pair.states(flow) == {"a": "blocked"}
    assert pair.home.sql("SELECT count(*) FROM inbox")[0][0] == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"state": jobs_pb2.JOB_STATE_RUNNING}, "state"),
        ({"state": 0}, "state"),
        ({"state": 99}, "state"),
        ({"message_id": "x"}, "message_id"),
        ({"job_id": "' OR 1=1"}, "job_id"),
        ({"id": ""}, "id"),
        ({"result_json": "{"}, "result_json"),
        ({"result_json": '"\\u0000"'}, "result_json"),
        ({"result_json": "1" * 300_000}, "result_json"),
    ],
)
def test_word_that_cannot_be_is_refused_by_field(pair: Pair, fields: dict[str, Any], field: str) -> None:
    flow = pair.submit(there("a"))

    error = refusal(lambda: tell(pair, **fields))

    assert (isinstance(error, InvalidArgument), error.field) == (True, field)
    assert pair.states(flow) == {"a": "blocked"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"message_id": "x"}, "message_id"), ({"source": ""}, "source"), ({"source": "a\nb"}, "source")],
)
def test_a_withdrawal_that_cannot_be_is_refused_by_field(pair: Pair, fields: dict[str, str], field: str) -> None:
    given = {"source": HOME, "message_id": str(uuid.uuid4()), **fields}
    stub: Any = pair.peers.stub(outcomes_pb2_grpc.OutcomeServiceStub, AWAY)

    error = refusal(lambda: stub.WithdrawNode(outcomes_pb2.WithdrawNodeRequest(**given)))

    assert (isinstance(error, InvalidArgument), error.field) == (True, field)
    assert pair.away.sql("SELECT count(*) FROM inbox")[0][0] == 0


def test_a_service_cannot_withdraw_what_another_has_sent(pair: Pair) -> None:
    flow = pair.submit(there("a"))
    pair.send(pair.home.jobs)
    message_id = str(pair.home.sql("SELECT message_id FROM remote_node")[0][0])

    assert not withdraw_node(pair.away.jobs, source="another", message_id=message_id, reason="")
    pair.turn()

    assert pair.states(flow) == {"a": "completed"}


def test_a_message_that_this_build_cannot_read_fails_alone(pair: Pair) -> None:
    first, second = pair.submit(there("a")), pair.submit(there("b"))
    pair.send(pair.home.jobs)
    drain(pair.away.runtime)
    pair.away.sql("UPDATE outbox SET args = '{}' WHERE seq = (SELECT min(seq) FROM outbox)")

    pair.send(pair.away.jobs)

    assert pair.messages(pair.away) == [("outcome", "failed"), ("outcome", "sent")]
    follow_remote_once(pair.home.jobs, pair.peers)
    assert (pair.states(first), pair.states(second)) == ({"a": "completed"}, {"b": "completed"})
