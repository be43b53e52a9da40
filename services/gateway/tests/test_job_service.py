"""The gateway before the real JobService, with a ledger in PostgreSQL and an index in Valkey."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from protos.jobs.v1 import jobs_pb2_grpc
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from shared.db import Database
from shared.jobs import Arguments, Catalogue, JobContext, Jobs, Queue, Result, job, queue_settings, seconds
from shared.jobs.connection import connect
from shared.jobs.scripts import Scripts
from shared.jobs.servicer import JobServicer
from shared.rpc import RpcServer, Servicer, StreamSlots
from shared.security.tokens import generate_api_key
from tools.stores import PostgresServer, ValkeyServer

SERVICES = ("barn", "mill")


class Grind(Arguments, frozen=True):
    grain: str
    sacks: int = 1


class Ground(Result, frozen=True):
    flour: int


def catalogue(service: str) -> Catalogue:
    """One queue and one job, each named after the service."""
    queue = Queue(f"{service}-work", slots=1)

    @job(queue=queue, name=f"grind-in-{service}", timeout=seconds(5), attempts=2)
    def grind(ctx: JobContext, args: Grind) -> Ground:
        """Never run here: these tests have no worker."""
        return Ground(flour=args.sacks)

    return Catalogue(service, (grind,), (queue,))


@pytest.fixture(scope="module")
def client(postgres: PostgresServer, valkey: ValkeyServer, database: Database) -> Iterator[httpx.Client]:
    """A gateway before two services that keep jobs and run none."""
    with ExitStack() as stack:
        addresses = {}
        for service in SERVICES:
            addresses[service] = stack.enter_context(job_service(service, postgres, valkey.url()))
        key = generate_api_key()
        settings = settings_for(addresses, key)
        url = stack.enter_context(serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))))
        yield stack.enter_context(httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False))


@contextmanager
def job_service(service: str, postgres: PostgresServer, redis_url: str) -> Iterator[str]:
    # The gateway's revisions bring the ledger's tables along, which is all a JobService needs.
    database = Database(migrated(postgres, service), "gateway")
    jobs = Jobs(catalogue(service), database, Scripts(connect(redis_url, name=service), service))
    with database.unit_of_work() as work:
        queue_settings.declare(work, tuple(jobs.catalogue.queues.values()))
    servicer = Servicer(
        jobs_pb2_grpc.add_JobServiceServicer_to_server, JobServicer(jobs, StreamSlots(8)), "millrace.jobs.v1.JobService"
    )
    server = RpcServer([servicer], host="127.0.0.1", port=0, token=TOKEN, name=service)
    try:
        yield f"127.0.0.1:{server.start()}"
    finally:
        server.stop(grace=0)
        database.close()


def submit(client: httpx.Client, where: str, **fields: object) -> httpx.Response:
    body = {"name": f"grind-in-{where}", "args": {"grain": "rye"}, **fields}
    return client.post("/api/v1/jobs", json=body)


def test_an_accepted_job_can_be_read_at_once(client: httpx.Client) -> None:
    accepted = submit(client, "mill", args={"grain": "rye", "sacks": 3}, priority=2)

    read = client.get(accepted.headers["location"]).json()
    assert accepted.status_code == 202
    assert (read["service"], read["queue"], read["state"]) == ("mill", "mill-work", "queued")
    assert (read["args"], read["priority"], read["attempts_max"]) == ({"grain": "rye", "sacks": 3}, 2, 2)
    assert (read["result"], read["error"], read["progress"], read["finished_at"]) == (None, None, None, None)


def test_a_job_for_later_is_scheduled(client: httpx.Client) -> None:
    accepted = submit(client, "mill", scheduled_for="2027-06-01T00:00:00Z")

    assert accepted.json()["state"] == "scheduled"
    assert client.get(accepted.headers["location"]).json()["scheduled_for"] == "2027-06-01T00:00:00.000Z"


def test_the_same_idempotency_key_gives_the_same_job(client: httpx.Client) -> None:
    body = {"name": "grind-in-mill", "args": {"grain": "oat"}}
    first, second = (client.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": "order-1"}) for _ in range(2))

    assert first.json()["id"] == second.json()["id"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"args": {}}, "args.grain"),
        ({"args": {"grain": 7}}, "args.grain"),
        ({"args": {"grain": "rye", "colour": "red"}}, "args.colour"),
        ({"queue": "barn-work", "service": "mill"}, "queue"),
        ({"scheduled_for": "2099-01-01T00:00:00Z"}, "scheduled_for"),
    ],
)
def test_what_the_service_refuses_is_told_by_field(client: httpx.Client, fields: dict[str, object], field: str) -> None:
    answer = submit(client, "mill", **fields)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_every_job_is_listed_once_while_others_are_submitted(client: httpx.Client) -> None:
    before = {submit(client, service).json()["id"] for _ in range(15) for service in SERVICES}
    stop = threading.Event()

    def keep_submitting() -> None:
        while not stop.is_set():
            submit(client, "barn")

    busy = threading.Thread(target=keep_submitting)
    busy.start()
    try:
        listed = all_pages(client, limit=4)
    finally:
        stop.set()
        busy.join()

    assert len(listed) == len(set(listed))
    assert before <= set(listed)


def test_a_list_follows_its_filters_over_pages(client: httpx.Client) -> None:
    ids = {submit(client, "barn").json()["id"] for _ in range(5)}

    listed = all_pages(client, limit=2, queue="barn-work", state="queued", name="grind-in-barn")

    assert ids <= set(listed)
    assert all_pages(client, limit=500, queue="barn-work", service="mill") == []


def all_pages(client: httpx.Client, **query: str | int) -> list[str]:
    """The ids of a whole list."""
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/api/v1/jobs", params={**query, **({"cursor": cursor} if cursor else {})}).json()
        ids += [job["id"] for job in page["items"]]
        cursor = page["next_cursor"]
    return ids
