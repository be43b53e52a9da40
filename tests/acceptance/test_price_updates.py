"""Prices from the provider's answer to the row: followed once, for a new coin, and while the first provider fails."""

import os
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.acceptance.polling import eventually
from tests.acceptance.product import Product, sent_price

#: What tools/up sets for its demonstration.
QUOTE_MAX_AGE = timedelta(seconds=5)
PRICED_WITHIN_SECONDS = 15
#: Rounds of the ten seconds' schedule without the first provider; a minute of them when asked for.
ROUNDS = 6 if os.environ.get("MILLRACE_TEST_LONG", "") == "1" else 2
NEW_COIN = {
    "symbol": "FRESH",
    "name": "Added by a Test",
    "chain": "solana",
    "address": "7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs",
}

TICKS_SINCE = """
SELECT c.id, c.address, t.tick, t.fired_at, p.price_usd, p.provider, p.fetched_at
FROM market_data.schedule_tick t
JOIN market_data.coin c ON t.schedule = 'update-coin-price:' || c.id
LEFT JOIN market_data.coin_price p ON p.coin_id = c.id AND p.tick = t.tick
WHERE t.fired_at >= %s ORDER BY t.fired_at
"""


def test_a_price_update_goes_from_rest_to_the_price_row(product: Product) -> None:
    coin = product.read("/coins?limit=1")["items"][0]

    accepted = product.rest("POST", f"/jobs/price-update/{coin['id']}")
    job = product.finished(accepted.json()["jobId"])

    assert accepted.status_code == 202
    assert accepted.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["service"], job["queue"], job["name"]) == ("market-data", "price-updates", "update-coin-price")
    assert job["attempts_made"] == 1
    found = product.rows(
        "SELECT coin_id, price_usd, provider, fetched_at FROM market_data.coin_price WHERE job_id = %s", job["id"]
    )
    assert len(found) == 1
    coin_id, price, provider, fetched_at = found[0]
    assert (coin_id, price, provider) == (coin["id"], Decimal(job["result"]["price_usd"]), job["result"]["provider"])
    assert price == sent_price(product.sent_prices(coin["address"]), provider, fetched_at)
    listed = product.read(f"/coins/{coin['id']}/prices?limit=50")["items"]
    assert job["result"]["price_usd"] in [each["price_usd"] for each in listed if each["tick"] == job["created_at"]]


def test_a_coin_added_over_rest_is_priced_within_seconds(product: Product, report: list[str]) -> None:
    added = product.rest("POST", "/coins", json=NEW_COIN)
    began = product.now()
    assert added.status_code == 201, added.text
    path = added.headers["location"].removeprefix("/api/v1") + "/price"

    def look() -> dict[str, Any] | None:
        answer = product.rest("GET", path)
        assert answer.status_code in (200, 409), answer.text
        return answer.json() if answer.status_code == 200 else None

    price = eventually(look, "a price of the new coin", seconds=PRICED_WITHIN_SECONDS)

    report.append(f"a coin added over REST had its price after {(product.now() - began).total_seconds():.1f} s")
    sent = [each for _, name, each in product.sent_prices(NEW_COIN["address"]) if name == price["provider"]]
    assert Decimal(price["price_usd"]) in sent


def test_while_the_first_provider_fails_every_tick_has_the_price_a_fall_back_sent(
    product: Product, report: list[str]
) -> None:
    product.sandbox("POST", "/faults", json={"provider": "dexscreener", "kind": "server_error", "for_seconds": 600})
    try:
        # From here on no quote of before is young enough to be used.
        since = product.now() + QUOTE_MAX_AGE + timedelta(seconds=1)
        until = eventually(lambda: _end_of_rounds(product, since), f"{ROUNDS} ticks of every coin", seconds=60 + 120)
        eventually(lambda: not _unpriced(product, since, until), f"a price of every tick from {since} to {until}")
    finally:
        product.sandbox("DELETE", "/faults", params={"provider": "dexscreener"})

    ticks = [row for row in product.rows(TICKS_SINCE, since) if row[3] <= until]
    sent = {address: product.sent_prices(address) for address in {row[1] for row in ticks}}
    wrong = [
        row
        for row in ticks
        if row[5] == "dexscreener" or row[4] != sent_price(sent[row[1]], provider=row[5], fetched_at=row[6])
    ]
    assert not wrong
    assert len(ticks) >= 20 * ROUNDS
    report.append(
        f"{len(ticks)} ticks without the first provider: {sorted({row[5] for row in ticks})}, 0 wrong, 0 missing"
    )


def _end_of_rounds(product: Product, since: object) -> Any:
    """When the last coin's tick of the last round fired; None while some coin has fewer ticks."""
    ticks = product.rows(TICKS_SINCE, since)
    tracked = {row[0] for row in product.rows("SELECT id FROM market_data.coin WHERE tracked")}
    counts = {coin_id: sum(row[0] == coin_id for row in ticks) for coin_id in tracked}
    return max(row[3] for row in ticks) if ticks and min(counts.values()) >= ROUNDS else None


def _unpriced(product: Product, since: object, until: object) -> list[tuple[Any, ...]]:
    return [row for row in product.rows(TICKS_SINCE, since) if row[3] <= until and row[4] is None]
