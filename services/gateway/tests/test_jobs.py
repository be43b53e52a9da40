"""Jobs over HTTP, before services that answer over real gRPC."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from protos.jobs.v1 import jobs_pb2
from services.gateway.rest.schemas import JobAnswer, StateWord
from services.gateway.tests.conftest import Platform
from services.gateway.tests.stand_ins import START, stamp

ABSENT = str(uuid.UUID(int=1))


def test_a_submitted_job_is_accepted_where_its_name_is_known(platform: Platform) -> None:
    answer = platform.client.post("/api/v1/jobs", json={"name": "scrape-social-data", "args": {"coin_id": 1}})

    job = platform.social.jobs[0]
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/jobs/{job.id}"
    assert answer.json() == {
        "id": job.id, "state": "queued", "queue": "social-scraping", "name": "scrape-social-data", "service": "social",
        "already_existed": False,
    }  # fmt: skip


def test_everything_given_reaches_the_service(platform: Platform) -> None:
    body = {"name": "tidy", "args": {"days": 90}, "queue": "maintenance", "service": "market-data", "priority": 1,
            "scheduled_for": "2026-01-01T01:00:00+01:00"}  # fmt: skip

    platform.client.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": "order 17"})

    sent = platform.market_data.requests[0]
    assert (sent.name, sent.args_json, sent.queue, sent.priority) == ("tidy", '{"days":90}', "maintenance", 1)
    assert sent.scheduled_for == stamp(START)
    assert sent.idempotency_key == "order 17"


@pytest.mark.parametrize(
    ("body", "service"),
    [
        ({"name": "sweep"}, "social"),
        ({"name": "sweep", "queue": "maintenance"}, "social"),
        ({"name": "tidy", "queue": "maintenance"}, "market-data"),
        ({"name": "tidy", "queue": "price-updates"}, "market-data"),
    ],
)
def test_a_job_is_routed_by_its_queue_else_by_its_name(platform: Platform, body: dict[str, str], service: str) -> None:
    assert platform.client.post("/api/v1/jobs", json=body).json()["service"] == service


def test_an_unknown_name_is_refused_with_the_known_ones(platform: Platform) -> None:
    job = platform.client.post("/api/v1/jobs", json={"name": "nope"}).json()
    queue = platform.client.post("/api/v1/jobs", json={"name": "tidy", "queue": "nope"}).json()
    service = platform.client.post("/api/v1/jobs", json={"name": "tidy", "service": "nope"}).json()

    assert (job["field"], job["allowed"]) == ("name", ["scrape-social-data", "sweep", "tidy", "update-coin-price"])
    assert (queue["field"], queue["allowed"]) == ("queue", ["maintenance", "price-updates", "social-scraping"])
    assert (service["field"], service["allowed"]) == ("service", ["market-data", "social"])


def test_a_misspelt_field_is_told_with_the_allowed_ones_although_another_is_missing(platform: Platform) -> None:
    answer = platform.client.post("/api/v1/jobs", json={"nam": "tidy"})

    assert answer.status_code == 422
    assert answer.json()["field"] == "nam"
    assert "name" in answer.json()["allowed"]


@pytest.mark.parametrize("key", ["x" * 201, "é", "a\tb"])
def test_a_bad_idempotency_key_is_refused(platform: Platform, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = platform.client.post("/api/v1/jobs", json={"name": "tidy"}, headers=headers)  # type: ignore[arg-type]  # raw bytes on purpose

    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")
    assert platform.market_data.jobs == []


def test_a_job_reads_as_promised(platform: Platform) -> None:
    job = platform.market_data.add(
        "update-coin-price",
        "price-updates",
        state="JOB_STATE_DEAD",
        attempts_made=3, crashes=2,
        args_json='{"coin_id": 1}',
        progress=jobs_pb2.Progress(done=50, total=100, note="half"),
        error=jobs_pb2.JobError(type="UpstreamUnavailable", message="no", reason="exhausted", traceback="Traceback …"),
        started_at=stamp(START + timedelta(milliseconds=1234)), finished_at=stamp(START + timedelta(seconds=2)),
        request_id="from-a-person", wait_reason="lock",
    )  # fmt: skip

    answer = platform.client.get(f"/api/v1/jobs/{job.id.upper()}").json()

    assert answer == {
        "id": job.id, "service": "market-data", "queue": "price-updates", "name": "update-coin-price",
        "state": "dead", "priority": 3, "attempts_made": 3, "attempts_max": 3,
        "generation": 1, "crashes": 2,
        "progress": {"done": 50, "total": 100, "note": "half", "stage": None, "eta": None, "data": None},
        "args": {"coin_id": 1},
        "result": None,
        "error": {
            "type": "UpstreamUnavailable", "message": "no", "reason": "exhausted", "traceback": "Traceback …"
        },
        "created_at": "2026-01-01T00:00:00.000Z",
        "scheduled_for": None,
        "started_at": "2026-01-01T00:00:01.234Z",
        "finished_at": "2026-01-01T00:00:02.000Z",
        "wait_reason": "lock",
        "request_id": "from-a-person",
        "times": dict.fromkeys(("timeout_ms", "queue_ttl_ms", "deadline_ms", "stale_after_ms", "result_ttl_ms")),
        "result_expires_at": None,
        "result_expired": False,
    }  # fmt: skip
    JobAnswer.model_validate(answer, strict=True, extra="forbid")


def test_a_job_that_is_nowhere_is_not_found(platform: Platform) -> None:
    assert platform.client.get(f"/api/v1/jobs/{ABSENT}").status_code == 404


@pytest.mark.parametrize("text", ["1", "stats", ABSENT[:-1], f"{{{ABSENT}}}", "%00", "0" * 5_000])
def test_what_is_no_id_is_refused_by_field(platform: Platform, text: str) -> None:
    answer = platform.client.get(f"/api/v1/jobs/{text}")

    assert (answer.status_code, answer.json()["field"]) == (422, "id")


def test_lists_of_all_services_merge_newest_first_over_pages(platform: Platform) -> None:
    for minute in range(10):
        owner = platform.market_data if minute % 3 else platform.social
        owner.add("tidy" if minute % 3 else "sweep", "maintenance", minute=minute)

    created: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = platform.client.get(
            "/api/v1/jobs", params={"limit": "3", **({"cursor": cursor} if cursor else {})}
        ).json()
        created += [job["created_at"] for job in page["items"]]
        cursor = page["next_cursor"]

    assert len(created) == 10
    assert created == sorted(created, reverse=True)


def test_a_list_holds_what_was_asked_for(platform: Platform) -> None:
    platform.market_data.add("tidy", "maintenance", minute=1)
    platform.market_data.add("update-coin-price", "price-updates", minute=2, state="JOB_STATE_COMPLETED")
    platform.social.add("sweep", "maintenance", minute=3)

    def names(**filters: str) -> list[str]:
        return [job["name"] for job in platform.client.get("/api/v1/jobs", params=filters).json()["items"]]

    assert names() == ["sweep", "update-coin-price", "tidy"]
    assert names(queue="maintenance") == ["sweep", "tidy"]
    assert names(state="completed") == ["update-coin-price"]
    assert names(name="tidy") == ["tidy"]
    assert names(service="market-data", state="queued") == ["tidy"]
    assert names(service="social", queue="price-updates") == []


def test_jobs_that_fill_a_message_are_listed_in_smaller_pages(platform: Platform) -> None:
    large = '{"a": "' + "x" * 260_000 + '"}'
    for minute in range(40):
        platform.social.add("sweep", "maintenance", minute=minute, args_json=large)

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"service": "social", "limit": "40", **({"cursor": cursor} if cursor else {})}
        page = platform.client.get("/api/v1/jobs", params=query).json()
        seen += [job["id"] for job in page["items"]]
        cursor = page["next_cursor"]

    assert seen == [job.id for job in reversed(platform.social.jobs)]


@pytest.mark.parametrize(
    ("query", "field", "allowed"),
    [
        ("state=sleeping", "state", sorted(StateWord.__args__)),  # type: ignore[attr-defined]  # of a Literal
        ("queue=nope", "queue", ["maintenance", "price-updates", "social-scraping"]),
        ("name=nope", "name", ["scrape-social-data", "sweep", "tidy", "update-coin-price"]),
        ("service=nope", "service", ["market-data", "social"]),
        ("colour=red", "colour", ["cursor", "limit", "name", "queue", "service", "state"]),
        ("limit=0", "limit", None),
        ("limit=501", "limit", None),
        ("limit=1.0", "limit", None),
        ("limit=%2B5", "limit", None),
        ("limit=", "limit", None),
        ("limit=9999999999999999999999", "limit", None),
        ("limit=1&limit=2", "limit", None),
        ("cursor=AAAA", "cursor", None),
        ("queue=" + "q" * 101, "queue", None),
        ("queue=%00", "queue", ["maintenance", "price-updates", "social-scraping"]),
    ],
)
def test_a_bad_filter_is_refused_with_what_is_allowed(
    platform: Platform, query: str, field: str, allowed: list[str] | None
) -> None:
    answer = platform.client.get(f"/api/v1/jobs?{query}")

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert sorted(answer.json().get("allowed", [])) == (allowed or [])


def test_the_states_are_those_of_the_proto() -> None:
    words = {name.removeprefix("JOB_STATE_").lower() for name in jobs_pb2.JobState.keys()}  # noqa: SIM118  # no mapping

    assert words - {"unspecified"} == set(StateWord.__args__)  # type: ignore[attr-defined]  # of a Literal


def test_queues_of_all_services_are_listed(platform: Platform) -> None:
    answer = platform.client.get("/api/v1/queues").json()

    assert [(queue["service"], queue["name"]) for queue in answer["items"]] == [
        ("market-data", "maintenance"), ("market-data", "price-updates"),
        ("social", "maintenance"), ("social", "social-scraping"),
    ]  # fmt: skip
    assert answer["items"][1] == {
        "name": "price-updates", "service": "market-data", "paused": False, "paused_until": None, "slots": 5,
        "max_running": None,
        "rate_limit": 10, "rate_window_ms": 60_000, "group_max_running": None, "age_ms": 60_000,
        "queued": 0, "scheduled": 0, "retrying": 0, "running": 0,
        "oldest_queued_ms": 0, "started_total": 0, "completed_total": 0, "retried_total": 0, "dead_total": 0,
        "jobs": ["update-coin-price"],
    }  # fmt: skip
    assert (answer["next_cursor"], answer["unavailable"]) == (None, [])


def test_routing_asks_the_services_at_most_once_in_five_seconds(start: Callable[..., Platform]) -> None:
    platform = start()

    for _ in range(20):
        platform.client.post("/api/v1/jobs", json={"name": "tidy"})

    assert platform.market_data.queue_reads == 1


def test_a_service_that_is_down_is_named_and_the_rest_answered(start: Callable[..., Platform]) -> None:
    platform = start(down=("social",))
    job = platform.market_data.add("tidy", "maintenance")

    listed = platform.client.get("/api/v1/jobs").json()
    queues = platform.client.get("/api/v1/queues").json()
    found = platform.client.get(f"/api/v1/jobs/{job.id}")
    missing = platform.client.get(f"/api/v1/jobs/{ABSENT}")
    known = platform.client.post("/api/v1/jobs", json={"name": "tidy"})
    unknown = platform.client.post("/api/v1/jobs", json={"name": "sweep"})

    assert ([item["id"] for item in listed["items"]], listed["unavailable"]) == ([job.id], ["social"])
    assert (len(queues["items"]), queues["unavailable"]) == (2, ["social"])
    assert (found.status_code, known.status_code) == (200, 202)
    for answer in (missing, unknown):
        assert answer.status_code == 503
        assert answer.json()["type"].endswith("/unavailable")
        assert "social" in answer.json()["detail"]
        assert answer.headers["retry-after"] == "1"
