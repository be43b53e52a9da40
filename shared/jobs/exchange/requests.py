"""Owns the calls that messages to other services become, by their kind. It must never decide what an answer means."""

from typing import Any

import msgspec

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc, outcomes_pb2, outcomes_pb2_grpc
from shared.jobs import wire
from shared.jobs.exchange.line import Claimed
from shared.jobs.states import State
from shared.rpc import Peers

CALL_SECONDS = 5.0


class _Outcome(msgspec.Struct, frozen=True):
    """The arguments of a message of kind `outcome`, as ledger/ends_told.py writes them."""

    message_id: str
    job_id: str
    state: str
    error: str
    result: msgspec.Raw = msgspec.Raw(b"null")


class _Withdrawal(msgspec.Struct, frozen=True):
    """Those of a `withdrawal`."""

    message_id: str
    reason: str


_outcome = msgspec.json.Decoder(_Outcome).decode
_withdrawal = msgspec.json.Decoder(_Withdrawal).decode


def deliver(service: str, peers: Peers, peer: str, message: Claimed) -> str | None:
    """Call the peer; which job it has made of a message that asked for one. Raises what the stub raises."""
    if message.kind == "outcome":
        _tell(service, peers, peer, message)
        return None
    if message.kind == "withdrawal":
        given = _withdrawal(message.args_json)
        request = outcomes_pb2.WithdrawNodeRequest(source=service, message_id=given.message_id, reason=given.reason)
        peers.stub(outcomes_pb2_grpc.OutcomeServiceStub, peer).WithdrawNode(request, timeout=CALL_SECONDS)
        return None
    return _submit(service, peers, peer, message)


def _submit(service: str, peers: Peers, peer: str, message: Claimed) -> str | None:
    request = jobs_pb2.SubmitJobRequest(
        name=message.job,
        args_json=message.args_json,
        queue=message.queue,
        priority=message.priority,
        scheduled_for=wire.timestamp(message.scheduled_for),
        idempotency_key=message.id,
        source=service,
        outcome_wanted=message.kind == "node",
    )
    response: Any = peers.stub(jobs_pb2_grpc.JobServiceStub, peer).SubmitJob(request, timeout=CALL_SECONDS)
    return response.job.id or None


def _tell(service: str, peers: Peers, peer: str, message: Claimed) -> None:
    given = _outcome(message.args_json)
    state = State(given.state)
    request = outcomes_pb2.TellOutcomeRequest(
        source=service,
        id=message.id,
        message_id=given.message_id,
        job_id=given.job_id,
        state=wire.STATES[state],
        result_json=bytes(given.result).decode() if state is State.COMPLETED else "",
        error_message=given.error,
    )
    peers.stub(outcomes_pb2_grpc.OutcomeServiceStub, peer).TellOutcome(request, timeout=CALL_SECONDS)
