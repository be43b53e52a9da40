"""Ages, breaches and goals of freshness over REST and the command line, before a real service on real stores."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from protos.jobs.v1 import freshness_pb2_grpc
from services.gateway import cli
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from shared.db import Database
from shared.jobs import Arguments, Catalogue, Entity, Goal, JobContext, Jobs, Queue, job, minutes, seconds, track
from shared.jobs.connection import connect
from shared.jobs.freshness.servicer import FRESHNESS, FreshnessServicer
from shared.jobs.freshness.settings import declare_goals
from shared.jobs.freshness.watching import watch_once
from shared.jobs.scripts import Scripts
from shared.rpc import RpcServer, Servicer
from shared.security.tokens import generate_api_key
from tools.stores import PostgresServer, ValkeyServer

SERVICE = "bakery"
OVENS = Queue("ovens", slots=1)
ROOT = "/api/v1/freshness/goals"
HOSTILE = "<script>alert(1)</script>"


class Bake(Arguments, frozen=True):
    """What."""

    loaf: str = ""


@job(queue=OVENS, name="bake", timeout=seconds(5))
def bake(ctx: JobContext, args: Bake) -> None:
    """Never runs here."""


LOAVES = Goal(name="loaves", job="bake", argument="loaf", max_age=minutes(5), hot=minutes(1))


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway before one service that keeps bread fresh."""

    client: httpx.Client
    jobs: Jobs
    key: str

    def items(self, path: str, **params: Any) -> list[Any]:
        answer = self.client.get(f"{ROOT}{path}", params=params)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["items"]
        return found


@pytest.fixture(scope="module")
def place(postgres: PostgresServer, valkey: ValkeyServer, database: Database) -> Iterator[Place]:
    with ExitStack() as stack:
        ledger = Database(migrated(postgres, SERVICE), "gateway")
        stack.callback(ledger.close)
        catalogue = Catalogue(SERVICE, (bake,), (OVENS,), freshness=(LOAVES,))
        jobs = Jobs(catalogue, ledger, Scripts(connect(valkey.url(), name=SERVICE), SERVICE))
        with ledger.unit_of_work() as work:
            declare_goals(work, catalogue)
            track(work, LOAVES, [Entity("rye"), Entity("oat"), Entity(HOSTILE)])
            work.connection.exec_driver_sql(
                "UPDATE freshness_entity SET created_at = created_at - interval '10 min', "
                "breach_at = breach_at - interval '10 min' WHERE entity <> 'oat'"
            )
        watch_once(jobs)
        add = freshness_pb2_grpc.add_FreshnessServiceServicer_to_server
        servicer = Servicer(add, FreshnessServicer(jobs), FRESHNESS)
        server = RpcServer([servicer], host="127.0.0.1", port=0, token=TOKEN, name=SERVICE)
        addresses = {SERVICE: f"127.0.0.1:{server.start()}"}
        stack.callback(server.stop, grace=0)
        key = generate_api_key()
        settings = settings_for(addresses, key)
        url = stack.enter_context(serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))))
        client = httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False)
        yield Place(stack.enter_context(client), jobs, key.reveal())


def test_ages_and_breaches_are_listed_with_their_cause(place: Place) -> None:
    [goal] = place.items("")
    every = place.items("/loaves/entities", limit=2)
    worst = place.items("/loaves/entities", breached="true", order="overrun")
    breaches = place.items("/loaves/breaches", entity="rye")

    assert (goal["name"], goal["service"], goal["max_age_ms"], goal["hot_ms"]) == ("loaves", SERVICE, 300_000, 60_000)
    assert [one["name"] for one in every] == [HOSTILE, "oat"]
    assert {one["name"] for one in worst} == {"rye", HOSTILE}
    assert all(one["ratio"] > 1 and one["cause"] == "unplanned" and one["reason"] for one in worst)
    assert [(one["entity"], one["ended_at"], one["cause"]) for one in breaches] == [("rye", None, "unplanned")]


def test_a_change_of_a_goal_holds_and_is_kept_with_its_reason(place: Place) -> None:
    changed = place.client.patch(f"{ROOT}/loaves", json={"max_age_ms": 240_000, "hot_ms": 0, "reason": "less flour"})
    back = place.client.patch(f"{ROOT}/loaves", json={"max_age_ms": 300_000, "hot_ms": 60_000, "paused": False})

    assert (changed.json()["max_age_ms"], changed.json()["hot_ms"]) == (240_000, None)
    assert back.json()["hot_ms"] == 60_000
    newest = place.client.get("/api/v1/audit").json()["items"]
    kept = [(row["action"], row["target"], row["reason"]) for row in newest]
    assert ("UpdateGoal", "loaves", "less flour") in kept


def test_a_look_makes_hot_and_what_is_unknown_is_left_out(place: Place) -> None:
    noted = place.client.post(f"{ROOT}/loaves/touch", json={"entities": ["oat", "cake"]})

    assert noted.json() == {"noted": 1}
    assert {one["name"]: one["tier"] for one in place.items("/loaves/entities")}["oat"] == "hot"


@pytest.mark.parametrize(
    ("status", "method", "path", "sent"),
    [(404, "GET", "/cakes/entities", None), (422, "GET", "/loaves/entities?order=sideways", None),
     (422, "GET", "/loaves/entities?cursor=nonsense", None), (422, "GET", "/loaves/entities?color=red", None),
     (422, "GET", "/loaves/entities?order=overrun&cursor=WyJyeWUiXQ==", None), (422, "PATCH", "/loaves", {}),
     (422, "PATCH", "/loaves", {"max_age_ms": 5}), (422, "PATCH", "/loaves", {"hot_ms": 300_001}),
     (422, "PATCH", "/loaves", {"cold_ms": 299_999}), (422, "POST", "/loaves/touch", {"entities": []}),
     (422, "POST", "/loaves/touch", {"entities": ["a\nb"]}), (404, "PATCH", "/cakes", {"paused": True})],
)  # fmt: skip
def test_bad_input_is_a_problem_and_changes_nothing(
    place: Place, status: int, method: str, path: str, sent: object
) -> None:
    before = place.items("")

    answer = place.client.request(method, ROOT + path, json=sent)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert place.items("") == before


def test_the_command_line_lists_and_changes(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(place.client.base_url))
    monkeypatch.setenv("MILLRACE_API_KEY", place.key)

    shown = []
    for words in (
        ["freshness"], ["freshness-ages", "loaves", "--breached", "--order", "overrun"],
        ["freshness-breaches", "loaves", "--entity", "rye"],
        ["--json", "freshness-change", "loaves", "--pause", "--reason", "holiday"],
    ):  # fmt: skip
        assert cli.main(words) == 0
        shown.append(capsys.readouterr().out)

    assert "loaves" in shown[0]
    assert "unplanned" in shown[1]
    assert "rye" in shown[2]
    assert json.loads(shown[3])["paused"] is True
