"""Owns another service as a sender meets it: the bench's JobService behind gRPC, with faults on the way.

It must never answer in the service's place.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc

from protos.jobs.v1 import jobs_pb2_grpc
from shared.errors import Transient
from shared.jobs import Jobs, MessageId, submit_to
from shared.jobs.exchange import outbox_reads
from shared.jobs.exchange.delivery import deliver_once
from shared.jobs.exchange.outbox_reads import Message
from shared.jobs.servicer import JobServicer
from shared.rpc import Peers, RpcServer, Servicer, StreamSlots
from tests.runtime.jobs.sample import Bench
from tests.runtime.jobs.site import JOB_SERVICE, TOKEN

NAME = "risk"


def nothing(_request: Any) -> None:
    """No fault."""


class FaultyServicer(JobServicer):
    """The real servicer; `before` and `after` may raise or wait around its SubmitJob."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__(jobs, StreamSlots(1))
        self.before: Callable[[Any], None] = nothing
        self.after: Callable[[Any], None] = nothing
        self.asked: list[str] = []

    def SubmitJob(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # gRPC's name
        self.asked.append(request.idempotency_key)
        self.before(request)
        response = super().SubmitJob(request, context)
        self.after(request)
        return response


@dataclass
class Peer:
    """The bench as `risk`, and a service that sends to it from the same stores."""

    bench: Bench
    sender: Jobs
    servicer: FaultyServicer
    peers: Peers
    port: int
    server: RpcServer = field(repr=False)

    def send(self, number: int = 0, **options: Any) -> MessageId:
        """One `play` for the peer."""
        return submit_to(self.sender, NAME, "play", {"number": number}, **options)

    def deliver(self) -> None:
        """Every turn that has something to do."""
        while deliver_once(self.sender, self.peers):
            continue

    def make_due(self) -> None:
        """The time of every next try has come; what a dead copy had claimed is free again."""
        self.bench.sql("UPDATE outbox SET next_at = clock_timestamp() WHERE state = 'waiting'")

    def message(self, message_id: str) -> Message:
        with self.sender.database.unit_of_work() as work:
            found = outbox_reads.get(work, message_id)
        assert found is not None
        return found

    def age(self, column: str, by: timedelta) -> None:
        """Every message lies so much further back in this respect."""
        self.bench.sql(f"UPDATE outbox SET {column} = {column} - CAST(:by AS interval)", by=by)

    @property
    def states(self) -> list[tuple[str, int]]:
        """State and tries of every message, in order."""
        return [tuple(row) for row in self.bench.sql("SELECT state, attempts FROM outbox ORDER BY seq")]

    @property
    def taken(self) -> list[int]:
        """The numbers of the jobs that the peer has made, in its order."""
        return [row[0] for row in self.bench.sql("SELECT (args->>'number')::int FROM job ORDER BY seq")]

    def stop(self) -> None:
        """The peer is down."""
        self.server.stop(0)

    def restart(self) -> None:
        """It is back where it was; a channel to it is given time by its caller's next tries."""
        self.server = serve(self.servicer, self.port)
        self.server.start()


def serve(servicer: FaultyServicer, port: int = 0) -> RpcServer:
    service = Servicer(jobs_pb2_grpc.add_JobServiceServicer_to_server, servicer, JOB_SERVICE)
    return RpcServer((service,), host="127.0.0.1", port=port, token=TOKEN, name=NAME)


@contextmanager
def open_peer(bench: Bench) -> Iterator[Peer]:
    """The bench as a peer on a free port."""
    servicer = FaultyServicer(bench.jobs)
    server = serve(servicer)
    port = server.start()
    sender = Jobs(bench.jobs.catalogue, bench.jobs.database, bench.jobs.scripts, peers=(NAME,))
    peers = Peers({NAME: f"127.0.0.1:{port}"}, TOKEN)
    peer = Peer(bench, sender, servicer, peers, port, server)
    yield peer
    peers.close()
    peer.server.stop(0)


def failing(times: int, error: Exception | None = None) -> Callable[[Any], None]:
    """A fault that happens so often, then no more."""
    left = threading.Semaphore(times)

    def fail(_request: Any) -> None:
        if left.acquire(blocking=False):
            raise error or Transient("not now")

    return fail
