"""What is refused over REST: with the right problem, naming what is allowed, and without a trace in the ledger."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.acceptance.product import Product

KIB = 1024
ARGUMENTS = ("coin_id", "coin_address", "symbol")
STATES = ("scheduled", "blocked", "queued", "running", "retrying", "completed", "dead", "cancelled", "expired")
SUBMIT_FIELDS = ("name", "args", "queue", "service", "priority", "scheduled_for")
CHAINS = ("solana", "ethereum", "base", "bsc")


@dataclass(frozen=True, slots=True)
class Bad:
    """A request and its refusal; `allowed` are names that must be among those the answer offers."""

    status: int
    problem: str
    field: str | None = None
    allowed: tuple[str, ...] = ()
    method: str = "POST"
    path: str = "/jobs"
    body: bytes | None = None
    media_type: str = "application/json"


def _submit(members: str) -> bytes:
    return b'{"name": "update-coin-price", ' + members.encode() + b"}"


def _deep(levels: int) -> bytes:
    return _submit('"args": ' + '{"a":' * (levels - 1) + "{}" + "}" * (levels - 1))


def _large(size: int) -> bytes:
    return _submit('"args": {"symbol": "' + "x" * (size - len('{"symbol": ""}')) + '"}')


def _coin(members: str) -> bytes:
    return b'{"symbol": "BAD", "name": "Bad", ' + members.encode() + b"}"


MALFORMED, INVALID, TOO_LARGE = (400, "malformed-body"), (422, "invalid-argument"), (413, "payload-too-large")
BAD = {
    "unknown job": Bad(422, "unknown-job", "name", ("update-coin-price",), body=b'{"name": "no-such-job"}'),
    "unknown queue": Bad(
        422,
        "unknown-queue",
        "queue",
        ("price-updates",),
        body=_submit('"queue": "no-such-queue", "args": {"coin_id": 1}'),
    ),
    "unknown service": Bad(
        422, "unknown-service", "service", ("market-data",), body=_submit('"service": "nobody", "args": {"coin_id": 1}')
    ),
    "unknown field": Bad(*INVALID, "delay", SUBMIT_FIELDS, body=_submit('"delay": 5, "args": {"coin_id": 1}')),
    "unknown argument": Bad(
        *INVALID, "args.colour", ARGUMENTS, body=_submit('"args": {"coin_id": 1, "colour": "red"}')
    ),
    "missing argument": Bad(*INVALID, "args.coin_id", body=_submit('"args": {}')),
    "argument of another type": Bad(*INVALID, "args.coin_id", body=_submit('"args": {"coin_id": "1"}')),
    "argument out of range": Bad(*INVALID, "args.coin_id", body=_submit('"args": {"coin_id": 0}')),
    "fraction for a whole number": Bad(*INVALID, "args.coin_id", body=_submit('"args": {"coin_id": 1.5}')),
    "arguments as a list": Bad(*INVALID, "args", body=_submit('"args": [1]')),
    "arguments as text": Bad(*INVALID, "args", body=_submit('"args": "{}"')),
    "name as a number": Bad(*INVALID, "name", body=b'{"name": 7}'),
    "no name": Bad(*INVALID, "name", body=b"{}"),
    "priority out of range": Bad(*INVALID, "priority", body=_submit('"priority": 6, "args": {"coin_id": 1}')),
    "priority as text": Bad(*INVALID, "priority", body=_submit('"priority": "1", "args": {"coin_id": 1}')),
    "time without zone": Bad(
        *INVALID, "scheduled_for", body=_submit('"scheduled_for": "2030-01-01T00:00:00", "args": {"coin_id": 1}')
    ),
    "depth 17": Bad(*INVALID, body=_deep(17)),
    "depth 100,000": Bad(*INVALID, body=_deep(100_000)),
    "arguments of 257 KiB": Bad(*TOO_LARGE, "args", body=_large(257 * KIB)),
    "body above 1 MiB": Bad(*TOO_LARGE, body=_large(1024 * KIB + 1)),
    "no body": Bad(*MALFORMED, body=b""),
    "half an object": Bad(*MALFORMED, body=b'{"name": "update-coin-price", '),
    "a list": Bad(*MALFORMED, body=b"[1]"),
    "not UTF-8": Bad(*MALFORMED, body=_submit('"args": {"coin_id": 1}').replace(b"1", b"\xff")),
    "NaN": Bad(*MALFORMED, body=_submit('"args": {"coin_id": NaN}')),
    "Infinity": Bad(*MALFORMED, body=_submit('"args": {"coin_id": -Infinity}')),
    "a key twice": Bad(*MALFORMED, body=_submit('"name": "update-coin-price", "args": {"coin_id": 1}')),
    "an argument twice": Bad(*MALFORMED, body=_submit('"args": {"coin_id": 1, "coin_id": 2}')),
    "a number beyond 64 bits": Bad(*MALFORMED, body=_submit('"args": {"coin_id": 18446744073709551616}')),
    "half a surrogate pair": Bad(*MALFORMED, body=_submit('"args": {"coin_id": 1, "symbol": "\\ud800"}')),
    "U+0000": Bad(*MALFORMED, body=_submit('"args": {"coin_id": 1, "symbol": "\\u0000"}')),
    "another media type": Bad(415, "unsupported-media-type", body=b"name=x", media_type="text/plain"),
    "unknown state": Bad(*INVALID, "state", STATES, method="GET", path="/jobs?state=sleeping"),
    "unknown queue of a list": Bad(
        422, "unknown-queue", "queue", ("price-updates",), method="GET", path="/jobs?queue=no-such-queue"
    ),
    "unknown parameter": Bad(*INVALID, "colour", ("limit", "state"), method="GET", path="/jobs?colour=red"),
    "limit 0": Bad(*INVALID, "limit", method="GET", path="/jobs?limit=0"),
    "limit 501": Bad(*INVALID, "limit", method="GET", path="/jobs?limit=501"),
    "foreign cursor": Bad(*INVALID, "cursor", method="GET", path="/jobs?cursor=nonsense"),
    "no UUID": Bad(*INVALID, "id", method="GET", path="/jobs/17"),
    "nobody's UUID": Bad(404, "not-found", method="GET", path=f"/jobs/{uuid.UUID(int=1)}"),
    "unknown method": Bad(405, "method-not-allowed", "method", ("GET", "POST"), method="DELETE", path="/jobs"),
    "unknown path": Bad(404, "not-found", method="GET", path="/no-such-thing"),
    "update of no coin": Bad(404, "not-found", path="/jobs/price-update/999999999"),
    "update of no number": Bad(*INVALID, "coinId", path="/jobs/price-update/abc"),
    "coin on no chain": Bad(
        *INVALID, "chain", CHAINS, path="/coins", body=_coin('"chain": "atlantis", "address": "x"')
    ),
    "coin without address": Bad(*INVALID, "address", path="/coins", body=_coin('"chain": "solana"')),
    "coin of another alphabet": Bad(
        *INVALID, "address", path="/coins", body=_coin('"chain": "solana", "address": "0OIl"')
    ),
    "prices from no time": Bad(*INVALID, "from", method="GET", path="/coins/1/prices?from=yesterday"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_bad_input_is_refused_by_name_and_leaves_no_job(product: Product, bad: Bad) -> None:
    before = _submitted(product)

    answer = product.rest(bad.method, bad.path, content=bad.body, headers={"Content-Type": bad.media_type})

    told = _problem(answer)
    assert (answer.status_code, told["type"]) == (bad.status, f"https://millrace.dev/problems/{bad.problem}")
    assert bad.field is None or told.get("field") == bad.field
    assert set(bad.allowed) <= set(told.get("allowed", ()))
    assert _submitted(product) == before


@pytest.mark.parametrize(
    "key",
    ["", "x", "mr_0000000000000000_0000000000000000000000000000000000000000000", "mr__", "é", "x" * 8_000],
    ids=["none", "garbage", "unknown", "empty parts", "not ASCII", "8,000 characters"],
)
def test_without_a_good_key_nothing_is_told_or_done(product: Product, key: str) -> None:
    before = _submitted(product)
    headers = {"X-API-Key": key.encode("latin-1")} if key else {}
    body = {"name": "update-coin-price", "args": {"coin_id": 1}}

    answers = [
        product.rest("POST", "/jobs", key="", json=body, headers=headers),
        product.rest("POST", "/jobs/price-update/1", key="", headers=headers),
        product.rest("GET", "/coins", key="", headers=headers),
        product.rest("GET", "/no-such-thing", key="", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert {_problem(answer)["type"] for answer in answers} == {"https://millrace.dev/problems/unauthenticated"}
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers)
    assert _submitted(product) == before


def test_a_key_with_one_wrong_character_is_no_key(product: Product) -> None:
    key = product.connections["MILLRACE_API_KEY"]
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")

    assert product.rest("GET", "/coins").status_code == 200
    assert product.rest("GET", "/coins", key=wrong).status_code == 401


def _problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    return told


def _submitted(product: Product) -> int:
    """Rows of jobs that no schedule made; the schedules go on meanwhile."""
    counted = "SELECT count(*) FROM market_data.job WHERE id NOT IN (SELECT job_id FROM market_data.schedule_tick)"
    return int(product.rows(counted)[0][0])
