"""Owns LockService, served by every service for its own named locks. It must never take one."""

from typing import Any

import grpc

from protos.jobs.v1 import locks_pb2, locks_pb2_grpc
from shared.jobs import locks, wire
from shared.jobs.submission import Jobs

LOCK_SERVICE = str(locks_pb2.DESCRIPTOR.services_by_name["LockService"].full_name)


class LockServicer(locks_pb2_grpc.LockServiceServicer):
    """Show and break locks. Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def ListLocks(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        found = [
            locks_pb2.Lock(
                name=lock.name,
                service=self._jobs.service,
                owner=lock.owner,
                since=wire.timestamp(lock.since),
                until=wire.timestamp(lock.until),
            )
            for lock in locks.listed(self._jobs.scripts)
        ]
        return locks_pb2.ListLocksResponse(locks=found)

    def ReleaseLock(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        locks.release(self._jobs.scripts, request.name)
        return locks_pb2.ReleaseLockResponse()
