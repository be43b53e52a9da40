"""Owns how a submission says over HTTP that it is unique. It must never decide what a rule means."""

from typing import Literal

from pydantic import Field

from protos.jobs.v1 import jobs_pb2
from services.gateway.rest.body import StrictBody

DAY_MS = 86_400_000
UniqueWord = Literal["until_start", "until_done", "for", "debounce", "keep_latest"]


class UniqueBody(StrictBody):
    """How long a key means a job."""

    mode: UniqueWord
    ttl_ms: int | None = Field(None, ge=1, le=DAY_MS, description="With for: from the first submission.")
    wait_ms: int | None = Field(None, ge=1, le=DAY_MS, description="With debounce: quiet time before the start.")
    max_wait_ms: int | None = Field(None, ge=1, le=DAY_MS, description="With debounce: longest wait from the first on.")

    def rule(self) -> jobs_pb2.UniqueRule:
        """As the services take it."""
        return jobs_pb2.UniqueRule(
            mode=self.mode, ttl_ms=self.ttl_ms or 0, wait_ms=self.wait_ms or 0, max_wait_ms=self.max_wait_ms or 0
        )
