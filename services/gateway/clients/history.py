"""Owns the gateway's reads of what happened to a job and what it logged. It must never keep any of it."""

from typing import Any

from protos.jobs.v1 import history_pb2, history_pb2_grpc
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet
from services.gateway.clients.search import first_found

#: The proto's values to the words of the REST API, lightest first.
LEVEL_WORDS = {value: name.removeprefix("LOG_LEVEL_").lower() for name, value in history_pb2.LogLevel.items() if value}


class History:
    """Asks every service at once: the one that has the job answers."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def logs(self, job_id: str, *, attempt: int, level: str, limit: int, cursor: str) -> history_pb2.GetJobLogsResponse:
        """One page of lines; `attempt` 0 and empty `level` mean all. Raises as Jobs.get does."""
        request = history_pb2.GetJobLogsRequest(
            id=job_id,
            attempt=attempt,
            min_level=f"LOG_LEVEL_{(level or 'unspecified').upper()}",
            page_size=limit,
            page_token=cursor,
        )
        found: history_pb2.GetJobLogsResponse = self._ask("GetJobLogs", request, job_id)
        return found

    def events(self, job_id: str, *, limit: int, cursor: str) -> history_pb2.GetJobEventsResponse:
        """One page of events. Raises as Jobs.get does."""
        request = history_pb2.GetJobEventsRequest(id=job_id, page_size=limit, page_token=cursor)
        found: history_pb2.GetJobEventsResponse = self._ask("GetJobEvents", request, job_id)
        return found

    def _ask(self, method: str, request: Any, job_id: str) -> Any:
        def start(service: str) -> Any:
            stub = self._fleet.stub(history_pb2_grpc.HistoryServiceStub, service)
            return getattr(stub, method).future(request, timeout=FAN_OUT_SECONDS)

        return first_found(self._fleet, start, missing=f"no job {job_id}")
