"""Owns the gateway's calls to the services: one, or all at once.
It must never wait longer than a call's own deadline."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import grpc

from shared.errors import InvalidArgument, PeerUnavailable, PlatformError, Transient, UnknownService
from shared.logs import get_logger
from shared.rpc.channel import Peers
from shared.rpc.status import from_rpc_error
from shared.settings import Secret

log = get_logger(__name__)
T = TypeVar("T")
StubT = TypeVar("StubT")
#: Of calls that ask every service: a caller waits for the slowest.
FAN_OUT_SECONDS = 3.0
#: Fields of the protos that REST calls otherwise.
REST_WORDS = {"args_json": "args", "result_json": "result", "page_token": "cursor", "page_size": "limit"}


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What one service said: a value, or why there is none."""

    service: str
    value: T | None
    error: PlatformError | None

    @property
    def is_unavailable(self) -> bool:
        """True when the service did not answer, which says nothing about what it holds."""
        return isinstance(self.error, Transient)


class Fleet:
    """The services this gateway knows, by display name."""

    def __init__(self, addresses: Mapping[str, str], token: Secret) -> None:
        self.names = tuple(sorted(addresses))
        self._peers = Peers(addresses, token)

    def stub(self, kind: Callable[[grpc.Channel], StubT], service: str) -> StubT:
        """A service's client. Raises UnknownService naming the known ones."""
        if service not in self.names:
            raise UnknownService(f"no service {service!r} here", field="service", allowed=self.names)
        return self._peers.stub(kind, service)

    def ask_each(self, services: Sequence[str], start: Callable[[str], Any]) -> Iterator[Answer[Any]]:
        """Call every service at once by `start`, which returns a gRPC future; answers come as they arrive.

        Leaving the loop early cancels what is still under way.
        """
        answers: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        calls = []
        for service in services:
            call = start(service)
            calls.append(call)
            call.add_done_callback(lambda done, service=service: answers.put((service, done)))
        try:
            for _ in calls:
                service, done = answers.get()
                yield _answer(service, done)
        finally:
            for call in calls:
                call.cancel()

    def close(self) -> None:
        """Close every channel."""
        self._peers.close()


def ask(method: Callable[..., T], request: Any, *, peer: str) -> T:
    """Call one service within the default deadline; its refusals name the fields as REST does."""
    try:
        return method(request)
    except grpc.RpcError as error:
        raise _for_callers(from_rpc_error(error, peer=peer), peer) from error


def unavailable(services: Sequence[str]) -> PeerUnavailable:
    """The error for an answer that only services that are down could have given."""
    return PeerUnavailable(f"no answer from {', '.join(sorted(services))}; what was asked for may be there")


def _answer(service: str, call: Any) -> Answer[Any]:
    try:
        return Answer(service, call.result(), None)
    except grpc.RpcError as error:
        return Answer(service, None, _for_callers(from_rpc_error(error, peer=service), service))


def _for_callers(error: PlatformError, peer: str) -> PlatformError:
    """A service's error in REST's words, without what it says of addresses and stores; that is for the log."""
    if isinstance(error, Transient):
        log.warning("peer unavailable", peer=peer, reason=str(error))
        return PeerUnavailable(f"{peer} does not answer")
    if isinstance(error, InvalidArgument) and error.field in REST_WORDS:
        word = REST_WORDS[error.field]
        error.args = (str(error).replace(error.field, word),)
        error.field = word
    return error
