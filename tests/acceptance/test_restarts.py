"""What stops, kills and starts may cost: time, and nothing that was acknowledged."""

import os
import signal
from datetime import timedelta
from typing import Any

from tests.acceptance.polling import eventually
from tests.acceptance.product import Product
from tools.stores.process_identity import ProcessIdentity

#: Longer than a stop may take, so that the jobs cannot run before it.
LATER = timedelta(seconds=12)
#: A killed worker's leases end after 30 s, its lock on a chain's quotes after 38 s.
RECOVERY_SECONDS = 120
SLOW_MS = 10_000
LONELY_COIN = {
    "symbol": "ALONE",
    "name": "The Only One on Its Chain",
    "chain": "arbitrum",
    "address": "0x912CE59144191C1204E64559FE8253a0e49E6548",
}
OPEN_JOBS = "SELECT id::text FROM market_data.job WHERE finished_at IS NULL"
#: Jobs that have not completed, among those that were open at a moment.
NOT_COMPLETED = "SELECT id::text, state, error FROM market_data.job WHERE id::text = ANY(%s) AND state <> 'completed'"
CRASHED = "SELECT id::text FROM market_data.job WHERE id::text = ANY(%s) AND crashes > 0"


def test_stop_and_start_again_loses_nothing(product: Product, report: list[str]) -> None:
    later = product.now() + LATER
    waiting = [_submit(product, coin_id, scheduled_for=later.isoformat()) for coin_id in _coins(product)[:5]]
    before = _everything(product)
    unfinished = [row[0] for row in product.rows(OPEN_JOBS)]

    stopped = product.clone.command("down")
    left = product.clone.processes()
    product.start()

    after = _everything(product)
    assert stopped.returncode == 0, stopped.stderr
    assert not left
    assert {name: rows - after[name] for name, rows in before.items()} == {name: set() for name in before}
    assert set(waiting) <= set(unfinished)
    _all_complete(product, unfinished)
    for job_id in waiting:
        assert product.read(f"/jobs/{job_id}")["started_at"] >= f"{later:%Y-%m-%dT%H:%M:%S}"
    report.append(f"warm start, with data: {product.start_seconds:.1f} s; {product.block.split(chr(10))[1]}")


def test_a_killed_worker_is_started_again_and_its_jobs_go_on(product: Product) -> None:
    worker = product.process("worker")
    other_chain = product.read("/coins?limit=1")["items"][0]["id"]
    # The call that takes the fault holds a job in the middle of its run, where the kill finds it.
    product.sandbox(
        "POST", "/faults", json={"provider": "dexscreener", "kind": "slow", "delay_ms": SLOW_MS, "count": 1}
    )
    coin = product.rest("POST", "/coins", json=LONELY_COIN).json()
    eventually(lambda: not product.sandbox("GET", "/faults")["items"], "a job waits for its provider")
    unfinished = [row[0] for row in product.rows(OPEN_JOBS)]
    os.kill(worker["pid"], signal.SIGKILL)

    again = eventually(lambda: _replacement(product, "worker", worker["pid"]), "another worker that is well")
    accepted = product.rest("POST", f"/jobs/price-update/{other_chain}").json()

    assert again["restarts"] == worker["restarts"] + 1
    assert product.finished(accepted["jobId"])["result"]["coin_id"] == other_chain
    _all_complete(product, unfinished)
    assert product.rows(CRASHED, unfinished), "the kill found no job in the middle of its run"
    assert product.read(f"/coins/{coin['id']}/price")["coin_id"] == coin["id"]


def test_after_a_killed_supervisor_up_leaves_one_product_that_works(product: Product) -> None:
    old = {line["process"]: ProcessIdentity.of(line["pid"]) for line in product.status()["processes"]}
    before = _everything(product)
    # Frozen, it cannot follow its supervisor by itself, as the others may: up has to find and end it.
    os.kill(product.process("worker")["pid"], signal.SIGSTOP)
    os.kill(product.process("supervisor")["pid"], signal.SIGKILL)

    product.start()

    ours = {line["pid"] for line in product.status()["processes"]}
    doubled = {name for name, each in old.items() if each and each.is_running() and each.pid not in ours}
    assert not doubled
    assert all(line["health"] == "well" for line in product.status()["processes"])
    after = _everything(product)
    assert {name: rows - after[name] for name, rows in before.items()} == {name: set() for name in before}
    coin_id = _coins(product)[0]
    # Killed, not stopped: the rate windows of an index that nobody closed begin used up.
    finished = product.finished(_submit(product, coin_id), seconds=RECOVERY_SECONDS)
    assert finished["result"]["coin_id"] == coin_id


def _coins(product: Product) -> list[int]:
    return [coin["id"] for coin in product.read("/coins?limit=20")["items"]]


def _submit(product: Product, coin_id: int, **more: str) -> str:
    answer = product.rest("POST", "/jobs", json={"name": "update-coin-price", "args": {"coin_id": coin_id}, **more})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _everything(product: Product) -> dict[str, set[Any]]:
    """What may never go: every job, every finished one's outcome, every coin and every price."""
    return {
        "jobs": set(product.rows("SELECT id FROM market_data.job")),
        "outcomes": set(
            product.rows("SELECT id, state, result::text FROM market_data.job WHERE finished_at IS NOT NULL")
        ),
        "coins": set(product.rows("SELECT id, symbol, chain, address FROM market_data.coin")),
        "prices": set(product.rows("SELECT coin_id, tick, price_usd, provider, job_id FROM market_data.coin_price")),
        "keys": set(product.rows("SELECT id FROM gateway.api_key")),
    }


def _all_complete(product: Product, job_ids: list[str]) -> None:
    eventually(lambda: not product.rows(NOT_COMPLETED, job_ids), "every open job completes", seconds=RECOVERY_SECONDS)


def _replacement(product: Product, name: str, pid: int) -> dict[str, Any] | None:
    """The line of the process that came in place of this one; between two starts the status has no line of it."""
    lines = [line for line in product.status()["processes"] if line["process"] == name and line["health"] == "well"]
    return lines[0] if lines and lines[0]["pid"] != pid else None
