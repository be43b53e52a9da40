"""Coins and prices over HTTP, before a market-data that answers over real gRPC."""

from collections.abc import Callable

import pytest

from services.gateway.rest.schemas import CoinAnswer
from services.gateway.tests.conftest import Platform
from services.gateway.tests.stand_ins import START, stamp

COIN = {
    "symbol": "MILL",
    "name": "Mill Coin",
    "chain": "solana",
    "address": "So11111111111111111111111111111111111111112",
}


@pytest.fixture
def coin(platform: Platform) -> int:
    return int(platform.client.post("/api/v1/coins", json=COIN).json()["id"])


def test_a_coin_is_created_read_changed_and_deleted(platform: Platform) -> None:
    created = platform.client.post("/api/v1/coins", json=COIN)
    where = created.headers["location"]
    changed = platform.client.patch(where, json={"tracked": False, "price_interval_seconds": 10})
    deleted = platform.client.delete(where)

    assert (created.status_code, where) == (201, "/api/v1/coins/1")
    assert created.json() == {
        "id": 1, **COIN, "price_interval_seconds": 300, "tracked": True, "latest_price": None, "price_age": None,
        "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z",
    }  # fmt: skip
    assert changed.json() == {**created.json(), "tracked": False, "price_interval_seconds": 10}
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert platform.client.get(where).status_code == 404


def test_a_coin_shows_its_newest_price_with_every_digit(platform: Platform, coin: int) -> None:
    platform.coins.add_price(coin, 1, "0.000000000000012345")
    platform.coins.add_price(coin, 2, "0.000000000000012346")

    read = platform.client.get(f"/api/v1/coins/{coin}").json()
    listed = platform.client.get("/api/v1/coins").json()["items"]
    latest = platform.client.get(f"/api/v1/coins/{coin}/price").json()

    assert read["latest_price"] == latest == {
        "coin_id": coin, "tick": "2026-01-01T00:02:00.000Z", "price_usd": "0.000000000000012346",
        "provider": "dexscreener", "pair_address": None, "liquidity_usd": None, "volume_24h_usd": None,
        "change_24h_fraction": None, "fetched_at": "2026-01-01T00:02:00.000Z",
    }  # fmt: skip
    assert listed == [read]
    CoinAnswer.model_validate(read, strict=True, extra="forbid")


def test_a_coin_without_a_price_is_not_ready(platform: Platform, coin: int) -> None:
    answer = platform.client.get(f"/api/v1/coins/{coin}/price")

    assert (answer.status_code, answer.json()["type"]) == (409, "https://millrace.dev/problems/not-ready")


def test_a_known_coin_is_not_made_twice(platform: Platform, coin: int) -> None:
    answer = platform.client.post("/api/v1/coins", json=COIN)

    assert (answer.status_code, answer.json()["type"]) == (409, "https://millrace.dev/problems/already-exists")


def test_coins_are_listed_by_pages(platform: Platform) -> None:
    for number in range(5):
        platform.client.post("/api/v1/coins", json={**COIN, "address": f"address-{number}"})

    first = platform.client.get("/api/v1/coins", params={"limit": 3}).json()
    second = platform.client.get("/api/v1/coins", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    assert [coin["id"] for coin in first["items"] + second["items"]] == [1, 2, 3, 4, 5]
    assert second["next_cursor"] is None


def test_a_span_of_prices_reaches_the_service(platform: Platform, coin: int) -> None:
    platform.coins.add_price(coin, 1, "1.5")
    span: dict[str, str | int] = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00+01:00", "limit": 7}

    answer = platform.client.get(f"/api/v1/coins/{coin}/prices", params=span).json()

    asked = platform.coins.price_requests[-1]
    assert [price["price_usd"] for price in answer["items"]] == ["1.5"]
    assert (getattr(asked, "from"), asked.to, asked.page_size) == (stamp(START), stamp(START), 7)


def test_a_span_left_out_is_left_out(platform: Platform, coin: int) -> None:
    platform.client.get(f"/api/v1/coins/{coin}/prices")

    asked = platform.coins.price_requests[-1]
    assert not asked.HasField("from")
    assert not asked.HasField("to")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"symbol": ""}, "symbol"),
        ({"symbol": "x" * 33}, "symbol"),
        ({"symbol": None}, "symbol"),
        ({"name": 5}, "name"),
        ({"address": "x" * 129}, "address"),
        ({"chain": "mars"}, "chain"),
        ({"price_interval_seconds": 0}, "price_interval_seconds"),
        ({"price_interval_seconds": 86_401}, "price_interval_seconds"),
        ({"price_interval_seconds": "5"}, "price_interval_seconds"),
        ({"id": 7}, "id"),
    ],
)
def test_a_bad_coin_is_refused_by_field(platform: Platform, change: dict[str, object], field: str) -> None:
    answer = platform.client.post("/api/v1/coins", json={**COIN, **change})

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert platform.coins.coins == {}


@pytest.mark.parametrize(
    "change", [{"tracked": 1}, {"tracked": None}, {"chain": "base"}, {"price_interval_seconds": 0}]
)
def test_a_bad_change_is_refused(platform: Platform, coin: int, change: dict[str, object]) -> None:
    answer = platform.client.patch(f"/api/v1/coins/{coin}", json=change)

    assert (answer.status_code, answer.json()["field"]) == (422, next(iter(change)))


@pytest.mark.parametrize("text", ["abc", "0", "-1", "1.0", "+1", "1_0", "%20", "9223372036854775808", "9" * 400])
def test_what_is_no_coin_id_is_refused(platform: Platform, text: str) -> None:
    answer = platform.client.get(f"/api/v1/coins/{text}")

    assert (answer.status_code, answer.json()["field"]) == (422, "coin_id")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("to=2026-01-01", "to"),
        ("start=2026-01-01T00:00:00Z", "start"),
        ("limit=0", "limit"),
    ],
)
def test_a_bad_span_is_refused_by_field(platform: Platform, coin: int, query: str, field: str) -> None:
    answer = platform.client.get(f"/api/v1/coins/{coin}/prices?{query}")

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_foreign_cursor_is_refused_in_the_words_of_rest(platform: Platform) -> None:
    answer = platform.client.get("/api/v1/coins?cursor=not-ours")

    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")
    assert answer.json()["detail"] == "cursor is not one of ours"


def test_a_price_update_answers_as_the_analyzers_clients_know_it(platform: Platform, coin: int) -> None:
    answer = platform.client.post(f"/api/v1/jobs/price-update/{coin}")

    content = answer.json()
    assert answer.status_code == 202
    assert (content["success"], content["queueName"], content["jobName"]) == (
        True,
        "price-updates",
        "update-coin-price",
    )
    assert answer.headers["location"] == f"/api/v1/jobs/{content['jobId']}"


@pytest.mark.parametrize(("text", "status"), [("999", 404), ("abc", 422), ("1.5", 422), ("9" * 19, 422)])
def test_a_price_update_of_no_coin_is_refused(platform: Platform, text: str, status: int) -> None:
    assert platform.client.post(f"/api/v1/jobs/price-update/{text}").status_code == status


def test_coins_are_unavailable_while_market_data_is_down(start: Callable[..., Platform]) -> None:
    platform = start(down=("market-data",))

    answer = platform.client.get("/api/v1/coins")

    assert (answer.status_code, answer.json()["type"]) == (503, "https://millrace.dev/problems/unavailable")
    assert answer.json()["detail"] == "market-data does not answer"
