"""What a newcomer sees after `tools/up`: one block in which everything works, live prices, jobs with results."""

import shlex
import shutil
from pathlib import Path
from typing import Any

import grpc
import httpx
import psycopg
import pytest
from redis import Redis

from tests.acceptance.polling import eventually
from tests.acceptance.product import Product
from tests.conformance.services import WITH_JOBS, display

SECONDS = 10.0
#: `  API docs    http://…`: the announcement's first column.
COLUMN = 14


@pytest.fixture
def block(product: Product) -> dict[str, str]:
    """The printed block by its first column, without the remarks behind three spaces."""
    lines = [line for line in product.block.splitlines() if line.startswith("  ")]
    return {line[:COLUMN].strip(): line[COLUMN:].split("   ")[0] for line in lines}


def test_the_block_gives_addresses_that_answer(block: dict[str, str]) -> None:
    key = {"Authorization": f"Bearer {block['API key']}"}

    assert httpx.get(block["REST"] + "coins", headers=key).status_code == 200
    assert "<html" in httpx.get(block["API docs"]).text.lower()
    assert httpx.get(block["Sandbox"]).json()[0]["prices"].keys() == {"dexscreener", "coingecko", "geckoterminal"}


def test_the_block_gives_a_grpc_address_of_every_service(block: dict[str, str]) -> None:
    addresses = dict(each.split() for each in block["gRPC"].split(", "))

    assert addresses.keys() == {display(name) for name in WITH_JOBS}
    for address in addresses.values():
        with grpc.insecure_channel(address) as channel:
            grpc.channel_ready_future(channel).result(SECONDS)


def test_the_block_gives_stores_that_let_one_in(block: dict[str, str]) -> None:
    psql, database_url = block["PostgreSQL"].split()
    redis_cli, option, redis_url = block["Redis"].split()

    assert (psql, redis_cli, option) == ("psql", "redis-cli", "-u")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM market_data.coin").fetchall()[0][0] >= 20
    with Redis.from_url(redis_url) as client:
        assert client.ping()


def test_the_block_gives_the_folders_of_data_and_logs(block: dict[str, str]) -> None:
    assert (Path(block["Data"]) / "postgres/PG_VERSION").exists()
    assert {"api.log", "gateway.log", "scheduler.log", "worker.log"} <= {
        file.name for file in Path(block["Logs"]).iterdir()
    }


def test_the_printed_curl_works_as_printed(product: Product, block: dict[str, str]) -> None:
    program, _, _, header, url = shlex.split(block["Try next"])
    if shutil.which(program) is None:
        name, value = header.split(": ", 1)
        answer: Any = httpx.get(url, headers={name: value}).json()
    else:
        answer = httpx.Response(200, text=product.clone.shell(["sh", "-c", block["Try next"]]).stdout).json()

    assert program == "curl"
    assert len(answer["items"]) == 20
    assert all(float(coin["latest_price"]["price_usd"]) > 0 for coin in answer["items"])


def test_status_prints_lines_a_shell_can_take_over(product: Product, block: dict[str, str]) -> None:
    names = (
        "MILLRACE_URL",
        "MILLRACE_API_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "MILLRACE_SANDBOX_URL",
        "MARKET_DATA_GRPC",
    )
    shown = " ".join(f'"${name}"' for name in names)
    script = f'eval "$(tools/status --env)" && printf "%s\\n" {shown}'

    url, key, database_url, redis_url, sandbox, address = product.clone.shell(["sh", "-c", script]).stdout.split()

    assert block["REST"] == f"{url}/api/v1/"
    assert block["API key"] == key
    assert block["PostgreSQL"].endswith(database_url)
    assert block["Redis"].endswith(redis_url)
    assert block["Sandbox"].startswith(sandbox)
    assert f"market-data {address}" in block["gRPC"]


def test_twenty_coins_are_live_and_their_jobs_show_what_they_did(product: Product) -> None:
    coins = {coin["id"]: coin for coin in product.read("/coins?limit=20")["items"]}
    listed = "/jobs?queue=price-updates&name=update-coin-price&state=completed&limit=500"

    def look() -> list[dict[str, Any]] | None:
        jobs: list[dict[str, Any]] = product.read(listed)["items"]
        return jobs if coins.keys() <= {job["args"]["coin_id"] for job in jobs} else None

    jobs = eventually(look, "a completed job of each of 20 coins")

    assert len(coins) == 20
    assert all(coin["latest_price"] is not None for coin in coins.values())
    for job in jobs:
        assert job["result"]["coin_id"] == job["args"]["coin_id"]
        assert float(job["result"]["price_usd"]) > 0
        assert job["finished_at"] >= job["started_at"] >= job["created_at"]
        assert job["error"] is None
