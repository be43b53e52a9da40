"""Owns the doors of a running product: its commands, REST, PostgreSQL, the sandbox. It must never look inside it."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, LiteralString

import httpx
import psycopg

from tests.acceptance.clones import Clone
from tests.acceptance.polling import LIMIT_SECONDS, eventually

REQUEST_SECONDS = 30.0
LOG_PAGE = 5_000


@dataclass(slots=True)
class Product:
    """What `tools/up` started in a clone. `block` is what it printed, `start_seconds` what the command took."""

    clone: Clone
    block: str = field(default="", repr=False)
    start_seconds: float = 0.0
    connections: dict[str, str] = field(default_factory=dict, repr=False)

    def start(self, *options: str) -> None:
        """`tools/up --detach` with these options, then read the addresses as the README says."""
        began = time.monotonic()
        up = self.clone.command("up", "--detach", *options)
        self.start_seconds = time.monotonic() - began
        assert up.returncode == 0, f"tools/up ended with {up.returncode}:\n{up.stdout}{up.stderr}"
        self.block = up.stdout
        lines = self.clone.command("status", "--env").stdout.splitlines()
        self.connections = dict(shlex.split(line)[0].split("=", 1) for line in lines)

    def rest(self, method: str, path: str, *, key: str | None = None, **request: Any) -> httpx.Response:
        """One call below /api/v1 with the printed key, or with another one; an empty key sends none."""
        key = self.connections["MILLRACE_API_KEY"] if key is None else key
        headers = request.pop("headers", {}) | ({"Authorization": f"Bearer {key}"} if key else {})
        return _call(method, f"{self.connections['MILLRACE_URL']}/api/v1{path}", headers=headers, **request)

    def typed(self, *words: str) -> Iterator[tuple[str, datetime]]:
        """What the command line prints, each line with the time at which it came."""
        command = [sys.executable, "-u", "-m", "services.gateway.cli", *words]
        environment = {**os.environ, **self.connections}
        with subprocess.Popen(
            command, cwd=self.clone.root, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:  # fmt: skip
            yield from ((line, datetime.now(UTC)) for line in process.stdout or ())
        assert process.returncode == 0, f"millrace {' '.join(words)} ended with {process.returncode}"

    def read(self, path: str) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.rest("GET", path)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """What PostgreSQL answers on the printed URL."""
        with psycopg.connect(self.connections["DATABASE_URL"]) as connection:
            return connection.execute(query, values).fetchall()

    def now(self) -> datetime:
        """PostgreSQL's clock, which fires the schedules."""
        moment: datetime = self.rows("SELECT clock_timestamp()")[0][0]
        return moment

    def status(self) -> dict[str, Any]:
        """`tools/status --json`."""
        found: dict[str, Any] = json.loads(self.clone.command("status", "--json").stdout)
        return found

    def process(self, name: str) -> dict[str, Any]:
        """One line of the status."""
        found: dict[str, Any] = next(line for line in self.status()["processes"] if line["process"] == name)
        return found

    def finished(self, job_id: str, *, seconds: float = LIMIT_SECONDS) -> dict[str, Any]:
        """The job once it has completed; a job that ends otherwise fails the test."""

        def look() -> dict[str, Any] | None:
            job: dict[str, Any] = self.read(f"/jobs/{job_id}")
            assert job["state"] not in ("dead", "cancelled", "expired"), job
            return job if job["state"] == "completed" else None

        return eventually(look, f"job {job_id} completes", seconds=seconds)

    def sandbox(self, method: str, path: str, **request: Any) -> Any:
        """One call to the sandbox's own doors, which must succeed."""
        answer = _call(method, f"{self.connections['MILLRACE_SANDBOX_URL']}/_sandbox{path}", **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def sent_prices(self, address: str) -> list[tuple[datetime, str, Decimal]]:
        """When, by which provider and at what price the sandbox has quoted this address, oldest first."""
        return [
            (datetime.fromisoformat(exchange["at"]), exchange["provider"], Decimal(price["price"]))
            for exchange in self._exchanges()
            for price in exchange["prices"]
            if price["address"].lower() == address.lower()
        ]

    def _exchanges(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after, more = 0, True
        while more:
            page = self.sandbox("GET", "/requests", params={"after": after, "limit": LOG_PAGE})
            found += page["items"]
            after, more = page["next_after"], len(page["items"]) == LOG_PAGE
        return found


def sent_price(sent: list[tuple[datetime, str, Decimal]], provider: str, fetched_at: datetime) -> Decimal | None:
    """The last price this provider had sent when the product noted its answer; None when it had sent none."""
    # The log cuts to milliseconds and is written before the answer leaves, so its time is never the later one.
    prices = [price for at, name, price in sent if name == provider and at <= fetched_at]
    return prices[-1] if prices else None


def _call(method: str, url: str, **request: Any) -> httpx.Response:
    with httpx.Client(timeout=REQUEST_SECONDS, trust_env=False) as client:
        return client.request(method, url, **request)
