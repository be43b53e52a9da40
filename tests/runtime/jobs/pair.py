"""Owns two services with stores of their own: one whose flow has nodes in the other. It must never share a row."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from protos.jobs.v1 import flows_pb2_grpc, jobs_pb2_grpc, outcomes_pb2_grpc
from shared.db import Database
from shared.jobs import Catalogue, Jobs, Node, fixed
from shared.jobs.connection import connect
from shared.jobs.exchange.delivery import deliver_once
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.reads import Flow
from shared.jobs.flows.servicer import FlowServicer
from shared.jobs.flows.verbs import get_flow
from shared.jobs.outcome_servicer import FULL_NAME, OutcomeServicer
from shared.jobs.scripts import Scripts
from shared.jobs.servicer import JobServicer
from shared.jobs.testing import drain
from shared.rpc import Peers, RpcServer, Servicer, StreamSlots
from tests.runtime.jobs.sample import DEFINITIONS, NAME, SERVICE, Bench, Play, open_bench
from tests.runtime.jobs.site import JOB_SERVICE, TOKEN
from tests.stores import service_url
from tools.stores import PostgresServer

HOME, AWAY = "home", SERVICE.display


@dataclass
class Pair:
    """`home` has flows; `away` runs nodes of them. Loops are turned by hand."""

    home: Bench
    away: Bench
    peers: Peers
    servers: dict[str, RpcServer]
    ports: dict[str, int]

    def submit(self, *nodes: Node, **options: Any) -> Flow:
        return submit_flow(self.home.jobs, "f", nodes, peers=self.peers, **options)

    def send(self, jobs: Jobs) -> None:
        """The outbox of one of them, until nothing moves."""
        while deliver_once(jobs, self.peers):
            continue

    def turn(self) -> None:
        """Messages there, runs, messages back, until nothing moves; nobody asks."""
        for _ in range(3):
            self.send(self.home.jobs)
            drain(self.away.runtime)
            self.send(self.away.jobs)
            drain(self.home.runtime)

    def states(self, flow: Flow) -> dict[str, str]:
        return {each.key: str(each.state) for each in get_flow(self.home.jobs, flow.id).nodes}

    def made(self) -> list[str]:
        """The states of the jobs that `away` has made, in order."""
        return [row[0] for row in self.away.sql("SELECT state FROM job ORDER BY seq")]

    def messages(self, bench: Bench) -> list[tuple[str, str]]:
        """Kind and state of what a bench's outbox has, in order."""
        return [(row[0], row[1]) for row in bench.sql("SELECT kind, state FROM outbox ORDER BY seq")]

    def make_due(self, bench: Bench) -> None:
        bench.sql("UPDATE outbox SET next_at = clock_timestamp() WHERE state = 'waiting'")

    def stop(self, name: str) -> None:
        self.servers[name].stop(0)

    def restart(self, name: str) -> None:
        self.servers[name] = _serve(self.home.jobs if name == HOME else self.away.jobs, name, self.ports[name])
        self.servers[name].start()


def there(key: str, *after: str, **options: Any) -> Node:
    """A node that `away` runs."""
    return Node(key=key, job="play", args={"note": key}, depends_on=after, service=AWAY, **options)


def here(key: str, *after: str, **options: Any) -> Node:
    """One that runs at home."""
    return Node(key=key, job="play", args=Play(note=key), depends_on=after, **options)


def home_database(postgres: PostgresServer, template: str) -> str:
    """A new migrated database for the service that has the flows; returns its URL."""
    name = f"home_{secrets.token_hex(4)}"
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return service_url(postgres, name, NAME)


@contextmanager
def open_pair(away: Bench, home_url: str, redis_url: str, more: tuple[Any, ...] = ()) -> Iterator[Pair]:
    """The bench as `away`, and a home beside it."""
    catalogue = Catalogue(HOME, (*DEFINITIONS, *more), SERVICE.queues, attempts=3, backoff=fixed(60))
    database = Database(home_url, NAME, pool_size=8)
    home = open_bench(Jobs(catalogue, database, Scripts(connect(redis_url, name=HOME), HOME), peers=(AWAY,)))
    servers = {name: _serve(jobs, name) for name, jobs in ((HOME, home.jobs), (AWAY, away.jobs))}
    ports = {name: server.start() for name, server in servers.items()}
    peers = Peers({name: f"127.0.0.1:{port}" for name, port in ports.items()}, TOKEN)
    pair = Pair(home, away, peers, servers, ports)
    try:
        yield pair
    finally:
        peers.close()
        for server in pair.servers.values():
            server.stop(0)
        home.jobs.scripts.client.close()
        database.close()


def _serve(jobs: Jobs, name: str, port: int = 0) -> RpcServer:
    contracts: list[tuple[Callable[..., Any], Any, str]] = [
        (jobs_pb2_grpc.add_JobServiceServicer_to_server, JobServicer(jobs, StreamSlots(1)), JOB_SERVICE),
        (flows_pb2_grpc.add_FlowServiceServicer_to_server, FlowServicer(jobs), "millrace.jobs.v1.FlowService"),
        (outcomes_pb2_grpc.add_OutcomeServiceServicer_to_server, OutcomeServicer(jobs), FULL_NAME),
    ]  # fmt: skip
    return RpcServer(
        [Servicer(*contract) for contract in contracts], host="127.0.0.1", port=port, token=TOKEN, name=name
    )
