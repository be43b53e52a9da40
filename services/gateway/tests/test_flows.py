"""Flows and dependencies over REST and the command line, before a real service that keeps jobs and runs none."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from protos.jobs.v1 import flows_pb2_grpc, jobs_pb2_grpc
from services.gateway import cli
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from shared.db import Database
from shared.jobs import Arguments, Catalogue, JobContext, Jobs, Queue, job, queue_settings, seconds
from shared.jobs.connection import connect
from shared.jobs.flows.servicer import FlowServicer
from shared.jobs.scripts import Scripts
from shared.jobs.servicer import JobServicer
from shared.rpc import RpcServer, Servicer, StreamSlots
from shared.security.tokens import generate_api_key
from tools.stores import PostgresServer, ValkeyServer

BENCH = Queue("bench", slots=1)


class Weave(Arguments, frozen=True):
    share: float = 0


@job(queue=BENCH, name="weave", timeout=seconds(5), attempts=2)
def weave(ctx: JobContext, args: Weave) -> None:
    """Never run here: these tests have no worker."""


@pytest.fixture(scope="module")
def stores(postgres: PostgresServer, valkey: ValkeyServer) -> Iterator[Jobs]:
    ledger = Database(migrated(postgres, "weaver"), "gateway")
    jobs = Jobs(Catalogue("weaver", (weave,), (BENCH,)), ledger, Scripts(connect(valkey.url(), name="w"), "weaver"))
    with ledger.unit_of_work() as work:
        queue_settings.declare(work, tuple(jobs.catalogue.queues.values()))
    yield jobs
    ledger.close()


@pytest.fixture(scope="module")
def client(stores: Jobs, database: Database) -> Iterator[httpx.Client]:
    with ExitStack() as stack:
        add = jobs_pb2_grpc.add_JobServiceServicer_to_server
        servicers = [
            Servicer(add, JobServicer(stores, StreamSlots(8)), "millrace.jobs.v1.JobService"),
            Servicer(
                flows_pb2_grpc.add_FlowServiceServicer_to_server, FlowServicer(stores), "millrace.jobs.v1.FlowService"
            ),
        ]
        server = RpcServer(servicers, host="127.0.0.1", port=0, token=TOKEN, name="weaver")
        key = generate_api_key()
        settings = settings_for({"weaver": f"127.0.0.1:{server.start()}"}, key)
        stack.callback(server.stop, grace=0)
        url = stack.enter_context(serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))))
        yield stack.enter_context(httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False))


def count(jobs: Jobs, table: str = "job") -> int:
    with jobs.database.unit_of_work() as work:
        return int(work.connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())  # ours


def diamond(**fields: Any) -> dict[str, Any]:
    nodes = [
        {"key": "start", "name": "weave"},
        {"key": "left", "name": "weave", "depends_on": ["start"]},
        {"key": "right", "name": "weave", "depends_on": [{"key": "start", "on_failure": "ignore"}]},
        {"key": "end", "name": "weave", "depends_on": ["left", "right"], "min_success_ratio": 0.5},
    ]
    return {"name": "diamond", "nodes": nodes, **fields}


def test_a_flow_is_submitted_read_cancelled_and_retried(client: httpx.Client) -> None:
    accepted = client.post(
        "/api/v1/flows", json=diamond(on_complete={"name": "weave"}, timeout_ms=60_000),
        headers={"X-Request-Id": "from-a-person"},
    )  # fmt: skip

    flow = accepted.json()
    path = accepted.headers["location"]
    assert (accepted.status_code, path) == (202, f"/api/v1/flows/{flow['id']}")
    assert (flow["state"], flow["live"], flow["request_id"]) == ("running", 5, "from-a-person")
    assert [(node["key"], node["state"]) for node in flow["nodes"]] == [
        ("start", "queued"), ("left", "blocked"), ("right", "blocked"), ("end", "blocked"), ("on_complete()", "blocked")
    ]  # fmt: skip
    assert flow["nodes"][3]["depends_on"] == ["left", "right"]
    cancelled = client.post(f"{path}/cancel", json={"reason": "wrong loom"}).json()
    assert (cancelled["state"], cancelled["live"], cancelled["reason"]) == ("cancelled", 0, "wrong loom")
    again = client.post(f"{path}/retry").json()
    assert (again["state"], again["live"], again["nodes"][0]["state"]) == ("running", 5, "queued")
    assert client.get(path).json() == again
    assert client.post(f"{path}/retry").status_code == 409
    rows = client.get("/api/v1/audit").json()["items"]
    assert [row["action"] for row in rows[:3]] == ["RetryFlow", "RetryFlow", "CancelFlow"]


def test_arguments_of_nodes_keep_their_digits(client: httpx.Client, stores: Jobs) -> None:
    nodes = b'[{"key": "a", "name": "weave", "args": {"share": 0.1}}, {"key": "b", "name": "weave"}]'
    body = b'{"name": "f", "nodes": ' + nodes + b"}"

    flow = client.post("/api/v1/flows", content=body, headers={"Content-Type": "application/json"}).json()

    job_id = flow["nodes"][0]["job_id"]
    assert client.get(f"/api/v1/jobs/{job_id}").json()["args"] == {"share": 0.1}


@pytest.mark.parametrize(
    ("body", "field", "word"),
    [
        ({"name": "f", "nodes": [{"key": "a", "name": "weave", "depends_on": ["a"]}]}, "nodes", "a → a"),
        ({"name": "f", "nodes": [{"key": "a", "name": "weave", "depends_on": ["b"]}]}, "nodes[0].depends_on", "'b'"),
        ({"name": "f", "nodes": [{"key": "a", "name": "weave", "args": {"x": 1}}]}, "nodes[0].args.x", "x"),
        (
            {"name": "f", "nodes": [{"key": "a", "name": "weave"}, {"key": "b", "name": "spin"}]},
            "nodes[1].name",
            "spin",
        ),
        (
            {
                "name": "f",
                "nodes": [{"key": "a", "name": "weave"}, {"key": "b", "name": "weave", "scheduled_for": "x"}],
            },
            "nodes[1].scheduled_for",
            "RFC 3339",
        ),
        ({**diamond(), "on_death": {"name": "weave", "scheduled_for": "x"}}, "on_death.scheduled_for", "RFC 3339"),
        ({"name": "f", "nodes": []}, "nodes", ""),
        ({"name": "f"}, "nodes", ""),
        ({**diamond(), "timeout_ms": 0}, "timeout_ms", ""),
        ({**diamond(), "on_fire": {}}, "on_fire", ""),
        ({"name": "f", "nodes": [{"key": "a", "name": "weave", "on_failure": "shrug"}]}, "nodes[0].on_failure", ""),
    ],
)
def test_a_bad_flow_is_refused_as_a_whole_and_names_the_field(
    client: httpx.Client, stores: Jobs, body: dict[str, Any], field: str, word: str
) -> None:
    before = count(stores)

    answer = client.post("/api/v1/flows", json=body)

    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, field)
    assert word in problem["detail"]
    assert count(stores) == before


def test_one_idempotency_key_is_one_flow(client: httpx.Client, stores: Jobs) -> None:
    before = count(stores, "flow")
    key = {"Idempotency-Key": str(uuid.uuid4())}

    answers = [client.post("/api/v1/flows", json=diamond(), headers=key) for _ in range(2)]
    other = client.post("/api/v1/flows", json=diamond(on_death={"name": "weave"}), headers=key)

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert (other.status_code, count(stores, "flow")) == (409, before + 1)


def test_what_is_no_flow_is_not_found(client: httpx.Client) -> None:
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        assert client.request(method, f"/api/v1/flows/{uuid.uuid4()}{path}").status_code == 404
    assert client.get("/api/v1/flows/nonsense").json()["field"] == "id"


def test_a_job_waits_for_others_over_rest(client: httpx.Client, stores: Jobs) -> None:
    parent = client.post("/api/v1/jobs", json={"name": "weave"}).json()["id"]
    waits = {"name": "weave", "depends_on": [{"job_id": parent, "on_failure": "continue"}], "min_success_ratio": 1}

    child = client.post("/api/v1/jobs", json=waits).json()

    assert child["state"] == "blocked"
    client.post(f"/api/v1/jobs/{parent}/cancel")
    assert client.get(f"/api/v1/jobs/{child['id']}").json()["state"] == "queued"


@pytest.mark.parametrize("wrong", ["nonsense", str(uuid.UUID(int=7)), "x" * 100])
def test_what_is_no_job_cannot_be_waited_for(client: httpx.Client, stores: Jobs, wrong: str) -> None:
    before = count(stores)

    answer = client.post("/api/v1/jobs", json={"name": "weave", "depends_on": [wrong]})

    assert (answer.status_code, answer.json()["field"], count(stores)) == (422, "depends_on", before)


def test_the_command_line_submits_shows_and_steers_a_flow(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(client.base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", client.headers["X-API-Key"])
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(diamond()))

    assert cli.main(["submit-flow", str(file)]) == 0
    flow_id = json.loads(capsys.readouterr().out)["id"]
    assert cli.main(["cancel-flow", flow_id, "--reason", "tea"]) == 0
    assert json.loads(capsys.readouterr().out)["reason"] == "tea"
    assert cli.main(["retry-flow", flow_id]) == 0
    capsys.readouterr()
    assert cli.main(["flow", flow_id]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "running"
    assert cli.main(["retry-flow", flow_id]) == 1


def test_the_command_line_says_what_a_job_waits_for(
    client: httpx.Client, stores: Jobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(client.base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", client.headers["X-API-Key"])
    first, second = (client.post("/api/v1/jobs", json={"name": "weave"}).json()["id"] for _ in range(2))
    after = ["--depends-on", first, "--depends-on", f"{second}=continue"]

    assert cli.main(["submit", "weave", *after]) == 0
    child = json.loads(capsys.readouterr().out)
    with stores.database.unit_of_work() as work:
        edges = work.connection.execute(
            sa.text("SELECT parent_id::text, policy FROM job_edge WHERE child_id = CAST(:id AS uuid)"), child
        )
        assert {tuple(row) for row in edges} == {(first, "fail_parent"), (second, "continue")}
    assert child["state"] == "blocked"

    assert cli.main(["submit", "weave", "--depends-on", f"{first}=shrug"]) == 1
    assert "fail_parent" in capsys.readouterr().err


def test_flows_are_listed_newest_first_in_pages_and_found_by_their_jobs(client: httpx.Client) -> None:
    made = [client.post("/api/v1/flows", json=diamond(name=f"listed-{number}")).json() for number in range(3)]
    client.post(f"/api/v1/flows/{made[1]['id']}/cancel")

    first = client.get("/api/v1/flows", params={"limit": 2}).json()
    rest = client.get("/api/v1/flows", params={"limit": 500, "cursor": first["next_cursor"]}).json()
    live = client.get("/api/v1/flows", params={"live": True}).json()["items"]
    (found,) = client.get("/api/v1/flows", params={"job_id": made[1]["nodes"][2]["job_id"]}).json()["items"]

    assert [flow["id"] for flow in first["items"]] == [made[2]["id"], made[1]["id"]]
    assert (rest["items"][0]["id"], rest["next_cursor"]) == (made[0]["id"], None)
    assert {made[0]["id"], made[2]["id"]} <= {flow["id"] for flow in live}
    assert {flow["state"] for flow in live} == {"running"}
    assert (found["id"], found["state"], "nodes" in found) == (made[1]["id"], "cancelled", False)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"job_id": "nonsense"}, "job_id"),
        ({"cursor": "weaver bm9uc2Vuc2U="}, "cursor"),
        ({"cursor": "nobody x"}, "cursor"),
        ({"service": "nobody"}, "service"),
        ({"limit": 0}, "limit"),
        ({"lives": "true"}, "lives"),
    ],
)
def test_a_list_of_flows_that_cannot_be_is_refused_by_field(
    client: httpx.Client, query: dict[str, Any], field: str
) -> None:
    answer = client.get("/api/v1/flows", params=query)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_the_command_line_lists_flows(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(client.base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", client.headers["X-API-Key"])
    flow = client.post("/api/v1/flows", json=diamond()).json()

    assert cli.main(["flows", "--live", "--job-id", flow["nodes"][0]["job_id"]]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[1].split()[:3]) == (2, [flow["id"], "weaver", "diamond"])
