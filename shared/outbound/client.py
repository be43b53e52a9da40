"""Owns one provider's HTTP calls: pace, time limit, size limit, strict JSON. It must never log or repeat a key."""

import hashlib
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any

import httpx
import structlog

from shared.clock import monotonic, now
from shared.errors import UpstreamRateLimited, UpstreamUnavailable
from shared.metrics import UPSTREAM_REQUESTS, UPSTREAM_SECONDS
from shared.outbound.answers import excerpt, parse_json, retry_after
from shared.outbound.bucket import Rate, TokenBucket
from shared.outbound.deadline import DeadlineTransport, time_limit
from shared.outbound.guard import Guard, Verdict, watched
from shared.outbound.targets import checked_base_url, under

MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_ERROR_BODY_BYTES = 4096
#: Providers count calls per minute; this long is never too early when a 429 does not say.
DEFAULT_RETRY_AFTER = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A parsed answer, when it was complete, and the SHA-256 of its bytes as evidence."""

    value: Any
    sha256: str
    received_at: datetime


class AnswerRefused(UpstreamUnavailable):
    """The provider answered with an error status; `body` holds the first 4 KiB for the client that knows its shape."""

    def __init__(self, message: str, *, status: int, body: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class OutboundClient:
    """Thread-safe client of one provider. Made at boot, closed at stop; keeps up to 10 connections alive for 30 s."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        timeout: timedelta,
        rate: Rate,
        headers: Mapping[str, str] | None = None,
        secret_headers: Mapping[str, str] | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        guard: Guard | None = None,
    ) -> None:
        self.name = name
        self._guard = guard
        self._base = checked_base_url(name, base_url)
        self._seconds = timeout.total_seconds()
        self._bucket = TokenBucket(rate)
        self._secrets = tuple((secret_headers or {}).values())
        self._max_body_bytes = max_body_bytes
        self._http = httpx.Client(
            transport=DeadlineTransport(httpx.create_ssl_context() if self._base.scheme == "https" else None),
            headers={"accept": "application/json", "accept-encoding": "gzip", "user-agent": "millrace"}
            | dict(headers or {})
            | dict(secret_headers or {}),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> "OutboundClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def closed_for(self) -> timedelta:
        """How long the provider's last 429 still keeps us away; zero when it does not."""
        return timedelta(seconds=self._bucket.closed_for())

    def get_json(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Like `get`, only the parsed value."""
        return self.get(path, params).value

    def get(self, path: str, params: Mapping[str, str] | None = None) -> JsonAnswer:
        """GET `path` below the base URL.

        Raises UpstreamRateLimited when the provider, or our own pace, refuses for now (CircuitOpen and BudgetExhausted
        when its guard does); UpstreamUnavailable for every other failure, AnswerRefused among them.
        """
        url = under(self._base, path)
        self._wait_for_turn()
        with watched(self._guard, _verdict):
            return self._ask(url, params)

    def _ask(self, url: httpx.URL, params: Mapping[str, str] | None) -> JsonAnswer:
        started = monotonic()
        try:
            status, body = self._exchange(url, params)
        finally:
            UPSTREAM_SECONDS.labels(provider=self.name).observe(monotonic() - started)
        try:
            value = parse_json(body)
        except ValueError as error:
            raise self._garbage(f"answered {status} with no JSON: {self.safe_excerpt(body)!r}") from error
        self._count("ok")
        return JsonAnswer(value, sha256=hashlib.sha256(body).hexdigest(), received_at=now())

    def refused_for(self, wait: timedelta, why: str) -> UpstreamRateLimited:
        """Close the pace for `wait` and return the error to raise; for clients that find a refusal inside an answer."""
        self._bucket.close_for(wait.total_seconds())
        self._count("rate_limited")
        log.warning("provider refused for now", provider=self.name, retry_after_seconds=wait.total_seconds())
        return UpstreamRateLimited(f"{self.name} {why}; asked to wait {wait.total_seconds():g} s", retry_after=wait)

    def safe_excerpt(self, body: bytes) -> str:
        """The start of what the provider wrote, fit for an error message: printable, short, without our keys."""
        return excerpt(body, self._secrets)

    def _wait_for_turn(self) -> None:
        permit = self._bucket.take()
        if permit.granted and permit.wait_seconds > 0:
            time.sleep(permit.wait_seconds)
        # The bucket may have been closed by another thread's 429 while this one waited.
        wait = self._bucket.closed_for() if permit.granted else permit.wait_seconds
        if wait > 0:
            raise UpstreamRateLimited(
                f"{self.name} may not be called for {wait:.1f} s", retry_after=timedelta(seconds=wait)
            )

    def _exchange(self, url: httpx.URL, params: Mapping[str, str] | None) -> tuple[int, bytes]:
        """Status and body of a success; everything else raises."""
        try:
            with time_limit(self._seconds), self._http.stream("GET", url, params=params) as response:
                if not response.is_success:
                    raise self._refused(response)
                body = self._body(response, self._max_body_bytes)
                if len(body) > self._max_body_bytes:
                    raise self._garbage(f"sent more than {self._max_body_bytes:,} bytes")
        except ValueError as error:
            raise self._garbage(str(error)) from error
        except httpx.TimeoutException as error:
            self._count("timeout")
            raise UpstreamUnavailable(f"{self.name} did not answer in full within {self._seconds:g} s") from error
        except httpx.HTTPError as error:
            self._count("unavailable")
            why = self.safe_excerpt(str(error).encode())
            raise UpstreamUnavailable(f"{self.name} could not be reached: {why}") from error
        return response.status_code, body

    def _garbage(self, what: str) -> UpstreamUnavailable:
        self._count("garbage")
        return UpstreamUnavailable(f"{self.name} {what}")

    def _count(self, outcome: str) -> None:
        UPSTREAM_REQUESTS.labels(provider=self.name, outcome=outcome).inc()

    def _refused(self, response: httpx.Response) -> UpstreamUnavailable:
        status = response.status_code
        asked = retry_after(response.headers.get("retry-after"), now())
        if status == 429 or (status == 503 and asked):
            return self.refused_for(asked or DEFAULT_RETRY_AFTER, f"answered {status}")
        self._count("unavailable")
        try:
            body = self._body(response, MAX_ERROR_BODY_BYTES)
        except (httpx.HTTPError, ValueError):
            body = b""
        return AnswerRefused(f"{self.name} answered {status}: {self.safe_excerpt(body)!r}", status=status, body=body)

    def _body(self, response: httpx.Response, limit: int) -> bytes:
        """Up to one byte more than `limit`, so that no bomb is unpacked. Raises ValueError for a broken encoding."""
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("identity", "gzip", ""):
            raise ValueError(f"answered in the encoding {self.safe_excerpt(encoding.encode())!r}")
        unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        body = bytearray()
        for chunk in response.iter_raw():
            try:
                body += unpack.decompress(chunk, limit + 1 - len(body)) if unpack else chunk
            except zlib.error as error:
                raise ValueError("sent broken gzip") from error
            if len(body) > limit:
                break
        return bytes(body[: limit + 1])


def _verdict(error: UpstreamUnavailable) -> Verdict:
    """A provider that refuses what it was asked is alive; whether one that says 429 works is not known."""
    if isinstance(error, UpstreamRateLimited):
        return Verdict.NEUTRAL
    return Verdict.OK if isinstance(error, AnswerRefused) and error.status < 500 else Verdict.FAILED
