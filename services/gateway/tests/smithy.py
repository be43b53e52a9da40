"""Owns a gateway before one real service that keeps jobs and runs none, for what is steered there.

It must never hold a promise of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import sqlalchemy as sa

from protos.jobs.v1 import jobs_pb2_grpc
from services.gateway.tests.stand_ins import TOKEN
from shared.db import Database
from shared.jobs import Arguments, Catalogue, JobContext, Jobs, Limiter, Queue, job, minutes, queue_settings, seconds
from shared.jobs.connection import connect
from shared.jobs.control.drains import drain
from shared.jobs.gate_settings import declare_gates
from shared.jobs.limiters import declare_limiters
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.scripts import Scripts
from shared.jobs.servicer import JobServicer
from shared.jobs.steering import steering_servicers
from shared.rpc import RpcServer, Servicer, StreamSlots
from shared.security.tokens import ApiKey, generate_api_key

SERVICE = "smithy"
ROOT = f"/api/v1/services/{SERVICE}"
LIMITER = Limiter("smithy-provider", points=10, per=minutes(1))
WORK = Queue("smithy-work", slots=2)


class Nothing(Arguments, frozen=True):
    pass


@job(queue=WORK, name="forge", timeout=seconds(5), attempts=2, max_running=5)
def forge(ctx: JobContext, args: Nothing) -> None:
    """Never run here: these tests have no worker."""


@job(queue=WORK, name="quench", timeout=seconds(5), attempts=2, limiter=LIMITER, cost=3)
def quench(ctx: JobContext, args: Nothing) -> None:
    """Never run here either."""


@dataclass(frozen=True, slots=True)
class Smithy:
    """A gateway before one service that keeps jobs and runs none."""

    client: httpx.Client
    jobs: Jobs
    database: Database

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def patch(self, path: str, **body: Any) -> Any:
        answer = self.client.patch(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def submit(self) -> str:
        return str(self.client.post("/api/v1/jobs", json={"name": "forge"}).json()["id"])

    def sql(self, text: str, **values: object) -> None:
        with self.jobs.database.unit_of_work() as work:
            work.connection.execute(sa.text(text), values)

    def audit(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("/api/v1/audit")["items"]
        return items


#: A gateway before services at these addresses, its bootstrap key given; yields its URL.
Gateway = Callable[[dict[str, str], ApiKey], AbstractContextManager[str]]


@contextmanager
def open_smithy(ledger: Database, redis_url: str, database: Database, gateway: Gateway) -> Iterator[Smithy]:
    """The smithy on its own ledger; `database` is the gateway's."""
    with ExitStack() as stack:
        client = connect(redis_url, name=SERVICE)
        stack.callback(client.close)
        catalogue = Catalogue(SERVICE, (forge, quench), (WORK,))
        jobs = Jobs(catalogue, ledger, Scripts(client, SERVICE), peers=("risk",))
        with ledger.unit_of_work() as work:
            queue_settings.declare(work, (WORK,))
            declare_gates(work, catalogue)
            declare_limiters(work, catalogue)
        reconcile_once(jobs)
        add = jobs_pb2_grpc.add_JobServiceServicer_to_server
        servicer = Servicer(add, JobServicer(jobs, StreamSlots(8)), "millrace.jobs.v1.JobService")
        server = RpcServer([servicer, *steering_servicers(jobs)], host="127.0.0.1", port=0, token=TOKEN, name=SERVICE)
        key = generate_api_key()
        url = stack.enter_context(gateway({SERVICE: f"127.0.0.1:{server.start()}"}, key))
        stack.callback(server.stop, grace=0)
        http = httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False)
        yield Smithy(stack.enter_context(http), jobs, database)


def emptied(smithy: Smithy) -> Smithy:
    """The smithy with nothing in its audit log, and nothing on its way."""
    with smithy.database.unit_of_work() as work:
        work.connection.execute(sa.text("DELETE FROM audit"))
    drain(smithy.jobs, WORK.name, reason="the test is over")
    for table in ("outbox", "job", "gate_setting WHERE kind = 'group'"):
        smithy.sql(f"DELETE FROM {table}")  # constant names
    return smithy
