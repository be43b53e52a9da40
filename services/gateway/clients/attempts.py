"""Owns the gateway's reads of a job's attempts. It must never keep any of them."""

from typing import Any

from protos.jobs.v1 import attempts_pb2, attempts_pb2_grpc
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet
from services.gateway.clients.search import first_found


def attempts_of(fleet: Fleet, job_id: str, *, limit: int, cursor: str) -> attempts_pb2.ListAttemptsResponse:
    """One page of attempts; every service is asked at once. Raises as Jobs.get does."""
    request = attempts_pb2.ListAttemptsRequest(id=job_id, page_size=limit, page_token=cursor)

    def start(service: str) -> Any:
        return fleet.stub(attempts_pb2_grpc.AttemptServiceStub, service).ListAttempts.future(
            request, timeout=FAN_OUT_SECONDS
        )

    found: attempts_pb2.ListAttemptsResponse = first_found(fleet, start, missing=f"no job {job_id}")
    return found
