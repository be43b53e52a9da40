"""Gates, limiters and the answer to why, over REST and the command line, before a real service."""

import json
import uuid
from datetime import timedelta
from typing import Any, get_args

import pytest

from services.gateway import cli
from services.gateway.domain import instants
from services.gateway.domain.roles import Role
from services.gateway.rest.why import ReasonWord
from services.gateway.store import KeyStore
from services.gateway.tests.smithy import ROOT, SERVICE, Smithy
from shared import clock
from shared.jobs.exchange.outbox import submit_to
from shared.jobs.why.causes import Reason
from shared.security.tokens import generate_api_key, hash_secret


def test_a_job_name_is_paused_limited_and_reset_and_each_is_kept(smithy: Smithy) -> None:
    path, until = f"{ROOT}/gates/jobs/forge", instants.render(clock.now() + timedelta(hours=1))

    before = smithy.get(path)
    paused = smithy.patch(path, paused=True, until=until, reason="deploy")
    limited = smithy.patch(path, max_running=2)
    resumed = smithy.patch(path, paused=False, max_running=None)
    reset = smithy.patch(path, reset=True)

    assert (before["queue"], before["paused"], before["max_running"]) == ("smithy-work", False, 5)
    assert (paused["paused"], paused["paused_until"], paused["max_running"]) == (True, until, 5)
    assert (limited["paused_until"], limited["max_running"]) == (until, 2)
    assert (resumed["paused"], resumed["paused_until"], resumed["max_running"]) == (False, None, None)
    assert (reset["max_running"], smithy.get(path)) == (5, reset)
    rows = smithy.audit()
    assert [(row["action"], row["target"]) for row in rows] == [("UpdateGate", "smithy-work/job/forge")] * 4
    assert (rows[-1]["before"]["paused"], rows[-1]["after"]["paused"], rows[-1]["reason"]) == (False, True, "deploy")


@pytest.mark.parametrize("key", ["acme", "a/b%2Fc?d=e#f", "<script>", "äöü 1"])
def test_a_group_of_any_name_is_limited_and_listed(smithy: Smithy, key: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in key.encode())

    limited = smithy.patch(f"{ROOT}/gates/groups/smithy-work/{quoted}", max_running=3)
    page = smithy.get(f"{ROOT}/gates", kind="group", queue="smithy-work")

    assert (limited["name"], limited["kind"], limited["max_running"], limited["parked"]) == (key, "group", 3, 0)
    assert page["items"] == [limited]


def test_gates_are_listed_in_pages_each_once(smithy: Smithy) -> None:
    for number in range(5):
        smithy.patch(f"{ROOT}/gates/groups/smithy-work/tenant-{number}", paused=True)

    names: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        page = smithy.get(f"{ROOT}/gates", limit=2, **({"cursor": cursor} if cursor else {}))
        names += [gate["name"] for gate in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1

    assert names == [*(f"tenant-{number}" for number in range(5)), "forge", "quench"]
    assert pages == 4


def test_a_limiter_is_changed_paused_and_reset_for_all(smithy: Smithy) -> None:
    path, until = f"{ROOT}/limiters/smithy-provider", instants.render(clock.now() + timedelta(hours=1))

    raised = smithy.patch(path, points=20, reason="contract")
    paused = smithy.patch(path, paused=True, until=until)
    resumed = smithy.patch(path, paused=False)
    reset = smithy.patch(path, reset=True)
    listed = smithy.get(f"{ROOT}/limiters")["items"]

    assert (raised["points"], raised["effective_points"], raised["window_ms"], raised["edited"]) == (
        20,
        20,
        60_000,
        True,
    )
    assert (paused["paused"], paused["paused_until"], paused["opens_at"], paused["points"]) == (True, until, until, 20)
    assert (resumed["paused"], resumed["opens_at"], resumed["jobs"]) == (False, None, ["quench"])
    assert (reset["points"], reset["effective_points"], reset["edited"]) == (10, 10, False)
    assert listed == [reset]
    assert [row["action"] for row in smithy.audit()] == ["UpdateLimiter"] * 4


def test_why_is_answered_for_a_job_and_for_a_message(smithy: Smithy) -> None:
    smithy.patch(f"{ROOT}/gates/jobs/forge", paused=True)
    job_id, message = smithy.submit(), submit_to(smithy.jobs, "risk", "assess", {"coin": 1})

    answer = smithy.get(f"/api/v1/jobs/{job_id}/why")
    smithy.patch(f"{ROOT}/gates/jobs/forge", paused=False)
    of_message = smithy.get(f"/api/v1/jobs/{message}/why")
    missing = smithy.client.get(f"/api/v1/jobs/{uuid.uuid4()}/why")

    assert (answer["reason"], answer["state"], answer["service"]) == ("no_worker", "queued", SERVICE)
    assert [cause["reason"] for cause in answer["causes"]] == ["no_worker", "job_paused"]
    assert (of_message["reason"], of_message["state"], missing.status_code) == ("message_waiting", "waiting", 404)


def test_every_reason_is_described() -> None:
    assert set(get_args(ReasonWord)) == {str(reason) for reason in Reason}


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", "/gates/jobs/forge", {}, "change"),
        ("PATCH", "/gates/jobs/nope", {"paused": True}, "name"),
        ("PATCH", "/gates/jobs/forge", {"paused": True, "queue": "nope"}, "queue"),
        ("PATCH", "/gates/jobs/forge", {"paused": "yes"}, "paused"),
        ("PATCH", "/gates/jobs/forge", {"until": "2999-01-01T00:00:00Z"}, "until"),
        ("PATCH", "/gates/jobs/forge", {"paused": True, "until": "2020-01-01T00:00:00Z"}, "until"),
        ("PATCH", "/gates/jobs/forge", {"max_running": -1}, "max_running"),
        ("PATCH", "/gates/jobs/forge", {"max_running": 1, "reset": True}, "reset"),
        ("PATCH", "/gates/groups/smithy-work/acme", {"max_running": 100_001}, "max_running"),
        ("PATCH", "/gates/groups/smithy-work/", {"paused": True}, "name"),
        ("PATCH", "/gates/groups/smithy-work/nul%00", {"paused": True}, "group"),
        ("PATCH", "/gates/groups/nope/acme", {"paused": True}, "queue"),
        ("PATCH", "/limiters/smithy-provider", {}, "change"),
        ("PATCH", "/limiters/smithy-provider", {"points": 2}, "points"),
        ("PATCH", "/limiters/smithy-provider", {"window_ms": 99}, "window_ms"),
        ("PATCH", "/limiters/nope", {"points": 5}, "name"),
        ("GET", "/gates?kind=queue", None, "kind"),
        ("GET", "/gates?cursor=x", None, "cursor"),
        ("GET", "/gates?limit=501", None, "limit"),
        ("GET", "/messages?state=sent", None, "state"),
        ("GET", "/messages?cursor=WyJhIiwgImIiXQ==", None, "cursor"),
        ("GET", "/effects?older_than_seconds=-1", None, "older_than_seconds"),
        ("POST", "/messages/7/retry", None, "id"),
    ],
)
def test_a_bad_request_names_its_field_and_changes_nothing(
    smithy: Smithy, method: str, path: str, body: Any, field: str
) -> None:
    before = smithy.get(f"{ROOT}/gates"), smithy.get(f"{ROOT}/limiters")

    answer = smithy.client.request(method, f"{ROOT}{path}", json=body)

    assert (answer.status_code, answer.json().get("field")) == (422, field), answer.text
    assert (smithy.get(f"{ROOT}/gates"), smithy.get(f"{ROOT}/limiters")) == before


def test_an_unknown_service_is_refused_with_the_known_ones(smithy: Smithy) -> None:
    answer = smithy.client.get("/api/v1/services/nope/gates")

    assert (answer.status_code, answer.json()["allowed"]) == (422, [SERVICE])


def test_a_viewer_sees_and_an_operator_steers(smithy: Smithy) -> None:
    reads = [f"{ROOT}/gates", f"{ROOT}/limiters", f"{ROOT}/messages", f"{ROOT}/effects", f"{ROOT}/gates/jobs/forge"]
    writes = [f"{ROOT}/gates/jobs/forge", f"{ROOT}/gates/groups/smithy-work/x", f"{ROOT}/limiters/smithy-provider"]

    def statuses(role: Role) -> tuple[set[int], set[int]]:
        key = generate_api_key()
        KeyStore(smithy.database).add(key.id, hash_secret(key.secret), name=role.word, role=role, expires_at=None)
        head = {"X-API-Key": key.reveal()}
        answers = [smithy.client.get(path, headers=head).status_code for path in reads]
        return set(answers), {
            smithy.client.patch(path, json={"paused": False}, headers=head).status_code for path in writes
        }

    assert statuses(Role.VIEWER) == ({200}, {403})
    assert statuses(Role.OPERATOR) == ({200}, {200})


def test_the_command_line_has_the_verbs(
    smithy: Smithy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(smithy.client.base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", smithy.client.headers["x-api-key"])
    job_id, message = smithy.submit(), submit_to(smithy.jobs, "risk", "assess", {})

    def run(*words: str) -> Any:
        assert cli.main(["--json", *words]) == 0, capsys.readouterr().err
        out = capsys.readouterr().out
        return json.loads(out) if out else None

    assert run("job", "why", job_id)["reason"] == "no_worker"
    assert run("job", job_id)["id"] == job_id
    assert run("gate", "job", SERVICE, "forge", "--pause", "--reason", "deploy")["paused"] is True
    assert run("gate", "job", SERVICE, "forge", "--queue", "smithy-work")["paused"] is True
    assert run("gate", "job", SERVICE, "forge", "--resume")["paused"] is False
    assert run("gate", "group", SERVICE, "smithy-work", "a/b", "--max-running", "1")["name"] == "a/b"
    assert run("gate", "group", SERVICE, "smithy-work", "a/b")["max_running"] == 1
    assert run("gates", SERVICE, "--kind", "group")["items"][0]["name"] == "a/b"
    assert run("limiters", SERVICE)["items"][0]["name"] == "smithy-provider"
    assert run("limiter", SERVICE, "smithy-provider", "--points", "9")["points"] == 9
    assert run("limiter", SERVICE, "smithy-provider", "--reset")["points"] == 10
    assert run("messages", SERVICE, "--state", "waiting")["items"][0]["id"] == message
    assert run("message", "give-up", SERVICE, message, "--reason", "no")["state"] == "failed"
    assert run("message", "retry", SERVICE, message)["state"] == "waiting"
    assert cli.main(["message", "forget", SERVICE, message]) == 1
    assert run("effects", SERVICE)["items"] == []
