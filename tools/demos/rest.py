"""Owns the demonstration's calls of the gateway. It must never wait for an answer longer than it was told."""

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tools.supervisor.probes import request

CALL_SECONDS = 10.0
POLL_SECONDS = 0.1
MAX_BODY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rest:
    """One gateway, and a key to it."""

    url: str
    key: str

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and decoded body; status 0 when nobody answered."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return request(method, f"{self.url}/api/v1{path}", body=body, headers=headers, seconds=CALL_SECONDS)

    def get(self, path: str) -> Any:
        """The body of a GET, {} when it was refused."""
        status, found = self.call("GET", path)
        return found if status == 200 else {}

    def wait_for(self, path: str, is_there: Callable[[Any], bool], *, seconds: float) -> Any:
        """GET until the body is as wanted or the time is over; the last body."""
        until = time.monotonic() + seconds
        while not is_there(found := self.get(path)) and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        return found


def metric_total(address: str, name: str, **labels: str) -> float:
    """The sum of a metric's samples with these labels, as a process of the product tells it on /metrics."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=CALL_SECONDS)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read(MAX_BODY).decode()
    except (OSError, http.client.HTTPException):
        return 0.0
    finally:
        connection.close()
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    lines = [line for line in text.splitlines() if line.startswith(f"{name}{{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(each in line for each in wanted))
