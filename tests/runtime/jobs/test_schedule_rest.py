"""Schedules over HTTP, from the gateway to the row and back: the real gateway before the real service."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.gateway import cli
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from shared.db import Database
from shared.jobs.schedules.firing import fire_once
from shared.security.tokens import generate_api_key
from tests.runtime.jobs.sample import Bench
from tests.runtime.jobs.schedule_site import open_schedule_site
from tools.stores import PostgresServer

ROOT = "/api/v1/schedules"


@pytest.fixture(scope="module")
def gateway_database(postgres: PostgresServer) -> Iterator[Database]:
    database = Database(migrated(postgres, "gateway_schedules"), "gateway")
    yield database
    database.close()


@pytest.fixture
def client(bench: Bench, gateway_database: Database) -> Iterator[httpx.Client]:
    key = generate_api_key()
    with open_schedule_site(bench, TOKEN) as site:
        settings = settings_for({"market-data": f"127.0.0.1:{site.port}"}, key)
        app = assemble(settings, gateway_database, Fleet(settings.addresses, TOKEN))
        headers = {"Authorization": f"Bearer {key.reveal()}"}
        with serving(app) as url, httpx.Client(base_url=url, headers=headers, trust_env=False) as opened:
            yield opened


def create(client: httpx.Client, **body: Any) -> httpx.Response:
    rhythm = {} if body.keys() & {"cron", "at"} else {"every_ms": 600_000}
    return client.post(ROOT, json={"name": "tick", "job": "play"} | rhythm | body)


def test_a_schedule_is_made_read_fired_and_its_history_told(client: httpx.Client, bench: Bench) -> None:
    made = create(client, cron="@hourly", args={"number": 4}, overlap="buffer_one")
    bench.sql("UPDATE schedule SET next_run_at = date_trunc('milliseconds', clock_timestamp())")
    fire_once(bench.jobs)
    read = client.get(f"{ROOT}/tick", params={"next_runs": 3}).json()
    history = client.get(f"{ROOT}/tick/history").json()

    assert (made.status_code, made.headers["Location"]) == (201, f"{ROOT}/tick")
    assert (made.json()["args"], made.json()["overlap"], made.json()["state"]) == (
        {"number": 4},
        "buffer_one",
        "active",
    )
    assert len(read["next_runs"]) == 3
    assert read["runs_made"] == 1
    (ticked,) = history["items"]
    assert (ticked["outcome"], ticked["cause"], ticked["job_id"]) == ("fired", "clock", read["last_job_id"])
    assert client.get(f"/api/v1/jobs/{ticked['job_id']}").json()["args"] == {"number": 4, "note": ""}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": "0 3 * * *", "timezone": "Mars/Olympus"}, "timezone"),
        ({"starts_at": "2031-01-01T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}, "ends_at"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"at": "tomorrow"}, "at"),
        ({"at": "2020-01-01T00:00:00Z"}, "at"),
        ({"every_ms": 10}, "every_ms"),
        ({"every_ms": "5"}, "every_ms"),
        ({"job": "plai"}, "job"),
        ({"args": {"numbr": 1}}, "args.numbr"),
        ({"overlap": "maybe"}, "overlap"),
        ({"name": "a/b"}, "name"),
        ({"service": "nope"}, "service"),
        ({"crno": "x"}, "crno"),
    ],
)
def test_a_bad_schedule_is_a_problem_that_names_the_field(
    client: httpx.Client, bench: Bench, body: dict[str, Any], field: str
) -> None:
    answer = create(client, **body)

    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert bench.sql("SELECT count(*) FROM schedule") == [(0,)]


def test_a_second_one_is_a_conflict_and_an_unknown_one_not_found(client: httpx.Client) -> None:
    create(client)

    assert create(client).status_code == 409
    for path in ("nope", "nope/history"):
        assert client.get(f"{ROOT}/{path}").status_code == 404
    assert client.post(f"{ROOT}/nope/trigger").status_code == 404


def test_a_schedule_is_changed_stopped_started_triggered_and_deleted(client: httpx.Client, bench: Bench) -> None:
    create(client, max_runs=3)

    changed = client.patch(f"{ROOT}/tick", json={"max_runs": None, "cron": "0 3 * * *", "timezone": "Asia/Tokyo"})
    stopped = client.post(f"{ROOT}/tick/stop", json={"reason": "holiday"})
    triggered = client.post(f"{ROOT}/tick/trigger")
    started = client.post(f"{ROOT}/tick/start")
    deleted = client.delete(f"{ROOT}/tick")

    assert (changed.json()["max_runs"], changed.json()["every_ms"], changed.json()["edited"]) == (None, None, True)
    assert changed.json()["next_run_at"].endswith("T18:00:00.000Z")
    assert (stopped.json()["state"], stopped.json()["stop_reason"]) == ("stopped", "holiday")
    assert (triggered.status_code, triggered.json()["queue"]) == (202, "work")
    assert bench.row(triggered.json()["job_id"]).name == "play"
    assert started.json()["state"] == "active"
    assert (deleted.status_code, client.get(f"{ROOT}/tick").status_code) == (204, 404)
    actions = [entry["action"] for entry in client.get("/api/v1/audit").json()["items"]]
    assert actions[:5] == ["DeleteSchedule", "StartSchedule", "TriggerSchedule", "StopSchedule", "UpdateSchedule"]


def test_a_past_time_is_made_up_for_once(client: httpx.Client) -> None:
    create(client)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    body = {"start": (hour - timedelta(hours=1)).isoformat(), "end": hour.isoformat()}

    answers = [client.post(f"{ROOT}/tick/backfill", json=body).json() for _ in range(2)]

    nothing = {"fired": 0, "buffered": 0, "known": 0, "coalesced": 0}
    assert answers == [{**nothing, "fired": 6}, {**nothing, "known": 6}]
    refused = client.post(f"{ROOT}/tick/backfill", json=body | {"end": body["start"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "end")


def test_a_preview_tells_words_and_runs_or_what_is_wrong(client: httpx.Client) -> None:
    answer = client.post(f"{ROOT}/preview", json={"cron": "0 8 * * 1", "after": "2026-01-01T00:00:00Z", "next_runs": 2})
    refused = client.post(f"{ROOT}/preview", json={"cron": "0 25 * * 1"})

    assert answer.json()["description"].startswith("At 08:00 on Monday, UTC time")
    assert answer.json()["next_runs"] == ["2026-01-05T08:00:00.000Z", "2026-01-12T08:00:00.000Z"]
    assert (refused.status_code, refused.json()["field"]) == (422, "cron")
    assert "hour '25'; allowed: 0-23" in refused.json()["detail"]


def test_schedules_are_listed_in_pages(client: httpx.Client) -> None:
    for number in range(3):
        create(client, name=f"tick-{number}")

    first = client.get(ROOT, params={"limit": 2}).json()
    rest = client.get(ROOT, params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [item["name"] for item in first["items"]] == ["tick-0", "tick-1"]
    assert ([item["name"] for item in rest["items"]], rest["next_cursor"]) == (["tick-2"], None)
    for cursor in ("x", "market-data x", "market-data !!"):
        assert client.get(ROOT, params={"cursor": cursor}).status_code == 422


def test_the_command_line_has_the_same_verbs(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(client.base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", client.headers["Authorization"].removeprefix("Bearer "))

    def run(*words: str) -> Any:
        assert cli.main(words) == 0, capsys.readouterr().err
        out = capsys.readouterr().out
        return json.loads(out) if out.startswith("{") else out

    made = run("schedule-create", "tick", "--job", "play", "--cron", "0 3 * * *", "--args", '{"number": 2}')
    assert (made["cron"], made["args"]) == ("0 3 * * *", {"number": 2})
    assert run("schedule-change", "tick", "--every-ms", "5000")["every_ms"] == 5000
    assert run("schedule-change", "tick", "--max-runs", "7", "--pause-after", "3")["max_runs"] == 7
    cleared = run("schedule-change", "tick", "--clear", "max-runs", "--clear", "pause-after")
    assert (cleared["max_runs"], cleared["pause_after"]) == (None, None)
    assert "Every 5 seconds" in run("schedules")
    assert run("schedule-stop", "tick", "--reason", "x")["state"] == "stopped"
    assert run("schedule-trigger", "tick")["queue"] == "work"
    assert "trigger" in run("schedule-history", "tick")
    assert run("schedule-start", "tick")["state"] == "active"
    assert len(run("schedule", "tick", "--next-runs", "2")["next_runs"]) == 2
    assert len(run("schedule-preview", "--cron", "EVERY_HOUR")["next_runs"]) == 5
    run("schedule-delete", "tick")
    assert cli.main(["schedule-create", "t", "--job", "play", "--cron", "nope"]) == 1
    assert "bad cron expression" in capsys.readouterr().err
