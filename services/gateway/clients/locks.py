"""Owns the gateway's view of named locks over all services. It must never keep one."""

from dataclasses import dataclass
from typing import Any

from protos.jobs.v1 import locks_pb2, locks_pb2_grpc
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet, ask
from shared.errors import NotFound, UnknownService


@dataclass(frozen=True, slots=True)
class LockView:
    """The locks of the services that answered, by service and name, and the services that did not."""

    locks: tuple[locks_pb2.Lock, ...]
    unavailable: tuple[str, ...]


class Locks:
    """List and release named locks, wherever they are."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def list(self, service: str) -> LockView:
        """The locks of one service, or of all for empty text."""
        if service and service not in self._fleet.names:
            raise UnknownService(f"no service {service[:80]!r}", field="service", allowed=self._fleet.names)

        def start(name: str) -> Any:
            stub: Any = self._fleet.stub(locks_pb2_grpc.LockServiceStub, name)
            return stub.ListLocks.future(locks_pb2.ListLocksRequest(), timeout=FAN_OUT_SECONDS)

        found: list[locks_pb2.Lock] = []
        down = []
        for answer in self._fleet.ask_each([service] if service else self._fleet.names, start):
            if answer.value is not None:
                found.extend(answer.value.locks)
            else:
                down.append(answer.service)
        return LockView(tuple(sorted(found, key=lambda lock: (lock.service, lock.name))), tuple(sorted(down)))

    def get(self, service: str, name: str) -> locks_pb2.Lock:
        """A lock that is held now. Raises UnknownService, NotFound, or PeerUnavailable."""
        stub: Any = self._fleet.stub(locks_pb2_grpc.LockServiceStub, service)
        for lock in ask(stub.ListLocks, locks_pb2.ListLocksRequest(), peer=service).locks:
            if lock.name == name:
                return lock  # type: ignore[no-any-return]  # stubs are untyped
        raise NotFound(f"lock {name[:200]} of {service} is not held")

    def release(self, service: str, name: str) -> None:
        """Take it from whoever holds it. Raises as get does."""
        stub: Any = self._fleet.stub(locks_pb2_grpc.LockServiceStub, service)
        ask(stub.ReleaseLock, locks_pb2.ReleaseLockRequest(name=name), peer=service)
