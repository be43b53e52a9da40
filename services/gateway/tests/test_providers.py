"""Circuits and budgets over REST and the command line, before real services on real stores."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest

from protos.jobs.v1 import providers_pb2_grpc
from services.gateway import cli
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.domain import instants
from services.gateway.domain.roles import Role
from services.gateway.store import KeyStore
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from shared import clock
from shared.db import Database
from shared.jobs import Breaker, Budget, Catalogue, Guards, Jobs, hours
from shared.jobs.budgets import declare_budgets
from shared.jobs.circuit_settings import declare_circuits
from shared.jobs.connection import connect
from shared.jobs.provider_servicer import FULL_NAME, ProviderServicer
from shared.jobs.scripts import Scripts
from shared.rpc import RpcServer, Servicer
from shared.security.tokens import generate_api_key, hash_secret
from tools.stores import PostgresServer, ValkeyServer

SERVICES = ("bellows", "tongs")
SMITHY = Breaker("smithy")
COAL = Budget("coal", points=1000, per=hours(24))


@pytest.fixture(scope="module")
def place(postgres: PostgresServer, valkey: ValkeyServer, database: Database) -> Iterator[httpx.Client]:
    """A gateway before two services that share a circuit and a budget."""
    with ExitStack() as stack:
        addresses = {}
        for service in SERVICES:
            ledger = Database(migrated(postgres, service), "gateway")
            stack.callback(ledger.close)
            catalogue = Catalogue(service, (), (), breakers=(SMITHY,), budgets=(COAL,))
            jobs = Jobs(catalogue, ledger, Scripts(connect(valkey.url(), name=service), service))
            with ledger.unit_of_work() as work:
                declare_circuits(work, catalogue)
                declare_budgets(work, catalogue)
            Guards(jobs).of(breaker=SMITHY, budget=COAL).enter(100)
            add = providers_pb2_grpc.add_ProviderServiceServicer_to_server
            servicer = Servicer(add, ProviderServicer(jobs), FULL_NAME)
            server = RpcServer([servicer], host="127.0.0.1", port=0, token=TOKEN, name=service)
            addresses[service] = f"127.0.0.1:{server.start()}"
            stack.callback(server.stop, grace=0)
        key = generate_api_key()
        settings = settings_for(addresses, key)
        url = stack.enter_context(serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))))
        yield stack.enter_context(httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False))


def test_a_circuit_is_opened_and_closed_for_all_that_share_it_and_each_act_is_kept(place: httpx.Client) -> None:
    until = instants.render(clock.now() + timedelta(hours=1))

    opened = place.post("/api/v1/circuits/smithy/open", json={"until": until, "reason": "<b>maintenance</b>"}).json()
    listed = place.get("/api/v1/circuits").json()["items"]
    closed = place.post("/api/v1/circuits/smithy/close", json={"service": "tongs"}).json()
    after = place.get("/api/v1/circuits").json()["items"]

    assert [(one["service"], one["state"], one["forced"]) for one in opened["items"]] == [
        ("bellows", "open", True), ("tongs", "open", True)
    ]  # fmt: skip
    assert [one["state"] for one in listed] == ["open", "open"]
    assert [(one["service"], one["state"]) for one in closed["items"]] == [("tongs", "closed")]
    assert [one["state"] for one in after] == ["closed", "closed"]
    rows = place.get("/api/v1/audit").json()["items"][:3]
    assert [(row["action"], row["service"], row["outcome"]) for row in rows] == [
        ("CloseCircuit", "tongs", "done"), ("OpenCircuit", "tongs", "done"), ("OpenCircuit", "bellows", "done")
    ]  # fmt: skip
    assert rows[2]["reason"] == "<b>maintenance</b>"


def test_a_budget_is_read_with_its_forecast_and_changed(place: httpx.Client) -> None:
    before = place.get("/api/v1/budgets").json()["items"]

    changed = place.patch("/api/v1/budgets/coal", json={"points": 500, "soft": 0.5}).json()["items"]

    assert [(one["service"], one["spent"], one["points"]) for one in before] == [
        ("bellows", 200, 1000), ("tongs", 200, 1000)
    ]  # fmt: skip
    assert {(one["points"], one["soft_points"]) for one in changed} == {(500, 250)}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/api/v1/circuits/nobody/open", {}, 404, None),
        ("POST", "/api/v1/circuits/smithy/open", {"until": "yesterday"}, 400, "until"),
        ("POST", "/api/v1/circuits/smithy/open", {"until": "2020-01-01T00:00:00Z"}, 400, "until"),
        ("POST", "/api/v1/circuits/smithy/open", {"untill": "x"}, 400, "untill"),
        ("POST", "/api/v1/circuits/smithy/close", {"service": "nobody"}, 400, "service"),
        ("PATCH", "/api/v1/budgets/coal", {}, 400, "points"),
        ("PATCH", "/api/v1/budgets/coal", {"points": 0}, 400, "points"),
        ("PATCH", "/api/v1/budgets/coal", {"soft": 2}, 400, "soft"),
        ("GET", "/api/v1/circuits?limit=3", None, 400, "limit"),
    ],
)
def test_bad_wishes_are_refused_with_the_field_and_change_nothing(
    place: httpx.Client, method: str, path: str, body: object, status: int, field: str | None
) -> None:
    answer = place.request(method, path, json=body)

    assert (answer.status_code // 100, status // 100) == (4, 4)
    assert answer.json().get("field") == field
    assert [one["state"] for one in place.get("/api/v1/circuits").json()["items"]] == ["closed", "closed"]


def test_a_viewer_may_look_and_not_touch(place: httpx.Client, database: Database) -> None:
    key = generate_api_key()
    KeyStore(database).add(key.id, hash_secret(key.secret), name="v", role=Role.VIEWER, expires_at=None)
    viewer = {"X-API-Key": key.reveal()}

    assert place.get("/api/v1/circuits", headers=viewer).status_code == 200
    assert place.post("/api/v1/circuits/smithy/open", headers=viewer).status_code == 403
    assert place.patch("/api/v1/budgets/coal", json={"points": 9}, headers=viewer).status_code == 403


def test_the_command_line_lists_and_steers(
    place: httpx.Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(place.base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", place.headers["X-API-Key"])

    assert cli.main(["open-circuit", "smithy", "--reason", "looks bad"]) == 0
    said = capsys.readouterr().out  # a service of this process may have logged before
    assert json.loads(said[said.index("{") :])["items"][0]["state"] == "open"
    assert cli.main(["circuits"]) == 0
    assert "looks bad" in capsys.readouterr().out
    assert cli.main(["close-circuit", "smithy"]) == 0
    assert cli.main(["budget", "coal", "--points", "700"]) == 0
    capsys.readouterr()
    assert cli.main(["budgets"]) == 0
    assert "700" in capsys.readouterr().out
