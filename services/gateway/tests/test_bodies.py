"""What a body may be. Whatever is refused here never reaches a service."""

import json
import socket

import pytest

from services.gateway.rest.body import MAX_ARGS_BYTES, MAX_BODY_BYTES
from services.gateway.tests.conftest import Platform

JSON = {"Content-Type": "application/json"}


def args_of(size: int) -> bytes:
    """A submission whose args have exactly this many bytes."""
    return b'{"name": "tidy", "args": {"a": "' + b"x" * (size - len('{"a": ""}')) + b'"}}'


def nested(levels: int) -> bytes:
    return b'{"name": "tidy", "args": ' + b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1) + b"}"


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b"", 400, "malformed-body"),
        (b"{", 400, "malformed-body"),
        (b"[1]", 400, "malformed-body"),
        (b'{"name": "tidy", "name": "sweep"}', 400, "malformed-body"),
        (b'{"name": "tidy", "args": {"a": 1, "a": 1}}', 400, "malformed-body"),
        (b'{"name": "tidy", "args": {"a": NaN}}', 400, "malformed-body"),
        (b'{"name": "tidy", "args": {"a": -Infinity}}', 400, "malformed-body"),
        (b'{"name": "tidy", "args": {"a": 18446744073709551616}}', 400, "malformed-body"),
        (b'{"name": "tidy", "args": {"a": "\\ud800"}}', 400, "malformed-body"),
        (b'{"name": "tidy", "args": {"a": "\\u0000"}}', 400, "malformed-body"),
        (b'{"name": "tidy\xff"}', 400, "malformed-body"),
        (nested(17), 422, "invalid-argument"),
        (nested(100_000), 422, "invalid-argument"),
        (args_of(MAX_ARGS_BYTES + 1), 413, "payload-too-large"),
        (args_of(257 * 1024), 413, "payload-too-large"),
        (args_of(MAX_BODY_BYTES + 1), 413, "payload-too-large"),
        (b"{}", 422, "invalid-argument"),
        (b'{"name": 7}', 422, "invalid-argument"),
        (b'{"name": ""}', 422, "invalid-argument"),
        (b'{"name": null}', 422, "invalid-argument"),
        (b'{"name": "tidy", "args": []}', 422, "invalid-argument"),
        (b'{"name": "tidy", "args": "{}"}', 422, "invalid-argument"),
        (b'{"name": "tidy", "priority": "1"}', 422, "invalid-argument"),
        (b'{"name": "tidy", "priority": true}', 422, "invalid-argument"),
        (b'{"name": "tidy", "priority": 0}', 422, "invalid-argument"),
        (b'{"name": "tidy", "priority": 6}', 422, "invalid-argument"),
        (b'{"name": "tidy", "priority": 2.0}', 422, "invalid-argument"),
        (b'{"name": "tidy", "scheduled_for": "tomorrow"}', 422, "invalid-argument"),
        (b'{"name": "tidy", "scheduled_for": 1769860800}', 422, "invalid-argument"),
        (b'{"name": "tidy", "delay": 5}', 422, "invalid-argument"),
        (b'{"name": "no-such-job"}', 422, "unknown-job"),
        (b'{"name": "tidy", "queue": "no-such-queue"}', 422, "unknown-queue"),
        (b'{"name": "tidy", "service": "no-such-service"}', 422, "unknown-service"),
    ],
)
def test_a_bad_submission_is_refused_and_nothing_is_enqueued(
    platform: Platform, body: bytes, status: int, slug: str
) -> None:
    answer = platform.client.post("/api/v1/jobs", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["type"]) == (status, f"https://millrace.dev/problems/{slug}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert platform.market_data.jobs == platform.social.jobs == []


@pytest.mark.parametrize("body", [nested(16), args_of(MAX_ARGS_BYTES)])
def test_the_limits_themselves_are_accepted(platform: Platform, body: bytes) -> None:
    assert platform.client.post("/api/v1/jobs", content=body, headers=JSON).status_code == 202


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=latin-1"],
)
def test_another_media_type_is_refused(platform: Platform, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = platform.client.post("/api/v1/jobs", content=b'{"name": "tidy"}', headers=headers)

    assert (answer.status_code, answer.json()["type"][-22:]) == (415, "unsupported-media-type")


def test_a_compressed_body_is_refused(platform: Platform) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert platform.client.post("/api/v1/jobs", content=b"x", headers=headers).status_code == 415


def test_a_body_without_length_is_cut_off_at_the_limit(platform: Platform) -> None:
    def endless() -> object:
        while True:
            yield b" " * 65_536

    url = platform.client.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=10) as connection:
        head = f"POST /api/v1/jobs HTTP/1.1\r\nHost: {url.host}\r\nX-API-Key: {platform.key.reveal()}\r\n"
        connection.sendall(f"{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(17):
            connection.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")
        answer = connection.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 413")


def test_an_unknown_field_names_the_known_ones(platform: Platform) -> None:
    answer = platform.client.post("/api/v1/jobs", json={"name": "tidy", "delay": 5}).json()

    assert answer["field"] == "delay"
    assert answer["allowed"] == [
        "args", "depends_on", "group", "min_success_ratio", "name", "priority", "queue", "scheduled_for", "sequence",
        "service", "times", "unique", "unique_key",
    ]  # fmt: skip


def test_a_refused_value_is_not_repeated(platform: Platform) -> None:
    answer = platform.client.post("/api/v1/jobs", json={"name": "tidy", "priority": "hunter2"})

    assert "hunter2" not in answer.text


def test_digits_of_the_arguments_are_not_lost(platform: Platform) -> None:
    text = '{"price": 0.100000000000000000000000000000001, "amount": 1.10, "big": 9223372036854775807}'

    answer = platform.client.post("/api/v1/jobs", content=f'{{"name": "tidy", "args": {text}}}', headers=JSON)

    assert platform.market_data.requests[0].args_json == text
    assert text in platform.client.get(answer.headers["location"]).text


def test_many_wrong_fields_are_told_in_a_bounded_answer(platform: Platform) -> None:
    body = json.dumps({"name": "tidy", **{"f" * 5_000 + str(index): 1 for index in range(50)}})

    answer = platform.client.post("/api/v1/jobs", content=body, headers=JSON)

    assert answer.status_code == 422
    assert len(answer.content) < 4_000
