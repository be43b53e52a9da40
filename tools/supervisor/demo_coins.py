"""Owns the demonstration's coins: the sandbox's, added once to an empty product. It must never change existing ones."""

import time
from collections.abc import Mapping
from typing import Any

from tools.supervisor.probes import request

FIELDS = ("symbol", "name", "chain", "address")
SECONDS = 5.0
CREATED = (200, 201, 202, 409)
TRIES = 20
PAUSE_SECONDS = 0.25


def seed(gateway: str, api_key: str, sandbox: str) -> str:
    """What was done, in one line; a failure is told, not raised, since the product works without."""
    headers = {"Authorization": f"Bearer {api_key}"}
    status, found = _list_coins(gateway, headers)
    if status != 200 or not isinstance(found, dict):
        return f"demo coins not added: GET /api/v1/coins answered {status or 'nothing'}"
    if found.get("items"):
        return ""
    status, coins = request("GET", f"{sandbox}/_sandbox/coins", seconds=SECONDS)
    if status != 200 or not isinstance(coins, list):
        return f"demo coins not added: the sandbox answered {status or 'nothing'}"
    refused = [reason for coin in coins if (reason := _add(gateway, headers, coin))]
    told = f"{len(coins) - len(refused)} demo coins added"
    return f"{told}; {len(refused)} refused, the first with {refused[0]}" if refused else told


def _list_coins(gateway: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    """The gateway may be ready a moment before the service behind it answers."""
    for _ in range(TRIES):
        status, found = request("GET", f"{gateway}/api/v1/coins?limit=1", headers=headers, seconds=SECONDS)
        if status not in (0, 502, 503, 504):
            break
        time.sleep(PAUSE_SECONDS)
    return status, found


def _add(gateway: str, headers: Mapping[str, str], coin: dict[str, Any]) -> str:
    body = {name: coin[name] for name in FIELDS if name in coin}
    status, answer = request("POST", f"{gateway}/api/v1/coins", body=body, headers=headers, seconds=SECONDS)
    return "" if status in CREATED else f"{status}: {answer}"
