"""Promises of the record of requests."""

import json
from pathlib import Path

import pytest

from tools.sandbox import request_log
from tools.sandbox.exchange import SentPrice
from tools.sandbox.request_log import Exchange, RequestLog


def exchange(provider: str = "dexscreener", prices: int = 1) -> Exchange:
    sent = tuple(SentPrice("base", f"0x{number:040x}", "1.5") for number in range(prices))
    return Exchange(1_790_000_000.25, provider, "GET", f"/{provider}/x", "a=b", 200, None, 1.5, sent)


def test_an_entry_holds_what_was_asked_and_what_was_sent() -> None:
    log = RequestLog()
    log.record(exchange())

    [entry] = log.page(provider=None, after=0, limit=10)["items"]

    assert entry == {
        "seq": 1,
        "at": "2026-09-21T14:13:20.250+00:00",
        "provider": "dexscreener",
        "method": "GET",
        "path": "/dexscreener/x",
        "query": "a=b",
        "status": 200,
        "fault": None,
        "latency_ms": 1.5,
        "prices": [{"chain": "base", "address": "0x" + "0" * 40, "price": "1.5"}],
    }


def test_pages_follow_each_other_without_gap_or_double() -> None:
    log = RequestLog()
    for number in range(25):
        log.record(exchange("dexscreener" if number % 2 else "coingecko"))

    seen, after = [], 0
    while items := (page := log.page(provider="coingecko", after=after, limit=4))["items"]:
        seen += [item["seq"] for item in items]
        after = page["next_after"]

    assert seen == list(range(1, 26, 2))


def test_the_ring_is_bounded_by_entries_and_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "MAX_ENTRIES", 100)
    log = RequestLog()
    for _ in range(250):
        log.record(exchange())
    by_entries = log.page(provider=None, after=0, limit=5000)
    monkeypatch.setattr(request_log, "MAX_RING_BYTES", 10_000)
    log.record(exchange())
    by_bytes = log.page(provider=None, after=0, limit=5000)

    assert (by_entries["oldest_seq"], len(by_entries["items"]), by_entries["newest_seq"]) == (151, 100, 250)
    assert 10 < len(by_bytes["items"]) < 60


def test_the_file_holds_the_same_lines_and_is_turned_before_it_grows_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_log, "MAX_FILE_BYTES", 4_000)
    path = tmp_path / "requests.jsonl"
    log = RequestLog(path)
    for _ in range(60):
        log.record(exchange())
    log.close()

    lines = [json.loads(line) for line in path.read_text().splitlines()]

    assert sorted(file.name for file in tmp_path.iterdir()) == ["requests.jsonl", "requests.jsonl.1"]
    assert all(file.stat().st_size <= 4_000 for file in tmp_path.iterdir())
    assert lines[-1]["seq"] == 60
    assert log.page(provider=None, after=59, limit=1)["items"] == [lines[-1]]
