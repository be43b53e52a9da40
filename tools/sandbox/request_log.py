"""Owns the record of what was asked and answered. It must never grow without bound, in memory or on disk."""

import json
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.sandbox.exchange import SentPrice

MAX_ENTRIES = 50_000
#: 50,000 answers of 30 prices would be 130 MB; the ring keeps the newest that fit here.
MAX_RING_BYTES = 16 * 1024 * 1024
#: Two files of this size: the present one and the one before.
MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to a provider and what was sent back; `prices` holds true prices only."""

    at: float
    provider: str
    method: str
    path: str
    query: str
    status: int
    fault: str | None
    latency_ms: float
    prices: Sequence[SentPrice]


class RequestLog:
    """A ring in memory and, when a file is given, JSON lines on disk."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._ring: deque[tuple[int, str, bytes]] = deque()
        self._ring_bytes = 0
        self._seq = 0
        self._path = path
        self._file = path.open("ab") if path else None

    def record(self, exchange: Exchange) -> None:
        """Append. Call before the answer leaves, so that who has the answer finds it here."""
        at = datetime.fromtimestamp(exchange.at, UTC).isoformat(timespec="milliseconds")
        with self._lock:
            self._seq += 1
            row = {"seq": self._seq} | asdict(exchange) | {"at": at, "prices": [asdict(p) for p in exchange.prices]}
            line = json.dumps(row, separators=(",", ":")).encode()
            self._ring.append((self._seq, exchange.provider, line))
            self._ring_bytes += len(line)
            while len(self._ring) > MAX_ENTRIES or self._ring_bytes > MAX_RING_BYTES:
                self._ring_bytes -= len(self._ring.popleft()[2])
            self._write(line)

    def page(self, *, provider: str | None, after: int, limit: int) -> dict[str, Any]:
        """Entries with a greater number than `after`, oldest first, and where the next page starts."""
        with self._lock:
            rows = [
                (seq, line) for seq, name, line in self._ring if seq > after and (provider is None or name == provider)
            ]
            newest, oldest = self._seq, self._ring[0][0] if self._ring else self._seq + 1
        items = [json.loads(line) for _, line in rows[:limit]]
        return {
            "items": items,
            "next_after": items[-1]["seq"] if items else max(after, newest if not rows else after),
            "oldest_seq": oldest,
            "newest_seq": newest,
        }

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None

    def _write(self, line: bytes) -> None:
        if self._file is None or self._path is None:
            return
        if self._file.tell() + len(line) >= MAX_FILE_BYTES:
            self._file.close()
            self._path.replace(self._path.with_name(self._path.name + ".1"))
            self._file = self._path.open("ab")
        self._file.write(line + b"\n")
        self._file.flush()
