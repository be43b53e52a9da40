"""Owns asking a local process over HTTP or TCP whether it works. It must never wait longer than it was told."""

import http.client
import json
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

PROBE_SECONDS = 1.0
MAX_BODY = 4 * 1024 * 1024


def answers(address: str, seconds: float = PROBE_SECONDS) -> bool:
    """An http:// address must say 2xx; a tcp:// address must accept."""
    parts = urlsplit(address)
    if parts.scheme == "tcp":
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), seconds).close()
        except OSError:
            return False
        return True
    status, _ = request("GET", address, seconds=seconds)
    return 200 <= status < 300


def request(
    method: str, url: str, *, body: object = None, headers: Mapping[str, str] | None = None, seconds: float
) -> tuple[int, Any]:
    """The status and the decoded JSON (None when it is none); status 0 when nobody answered."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    content = None if body is None else json.dumps(body)
    sent = dict(headers or {}) | ({"Content-Type": "application/json"} if content else {})
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request(method, path, content, sent)
        response = connection.getresponse()
        text = response.read(MAX_BODY)
        return response.status, json.loads(text)
    except ValueError:
        return response.status, None
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()
