"""Owns ConcurrencyService: what was decided of a queue's slots, over gRPC. It must never decide anything."""

from typing import Any

import grpc

from protos.jobs.v1 import concurrency_pb2, concurrency_pb2_grpc
from shared.errors import InvalidArgument
from shared.jobs import wire
from shared.jobs.control.subjects import known_queue
from shared.jobs.maintenance.steering import DECISIONS_MAX, Taken, decisions
from shared.jobs.queue_settings import read
from shared.jobs.submission import Jobs

FULL_NAME = str(concurrency_pb2.DESCRIPTOR.services_by_name["ConcurrencyService"].full_name)
DEFAULT = 20


class ConcurrencyServicer(concurrency_pb2_grpc.ConcurrencyServiceServicer):
    """Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def ListDecisions(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        if not 0 <= request.limit <= DECISIONS_MAX:
            raise InvalidArgument(f"limit must be from 1 to {DECISIONS_MAX}", field="limit")
        known_queue(self._jobs, request.queue)
        queue = self._jobs.catalogue.queues[request.queue]
        with self._jobs.database.unit_of_work() as work:
            slots = {setting.queue: setting.slots for setting in read(work)}.get(queue.name, queue.slots)
        taken = decisions(self._jobs, queue.name, limit=request.limit or DEFAULT)
        rule = queue.adaptive
        return concurrency_pb2.ListDecisionsResponse(
            adaptive=rule is not None,
            min_slots=rule.min_slots if rule else 0,
            max_slots=rule.max_slots if rule else 0,
            slots=slots,
            decisions=[_decision(one) for one in taken],
        )


def _decision(one: Taken) -> Any:
    return concurrency_pb2.Decision(
        at=wire.timestamp(one.at), slots_before=one.before, slots_after=one.after, reason=one.reason, **one.measures
    )
