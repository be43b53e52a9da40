"""Owns one circuit as callers meet it: asked before a guarded call, told after it. It must never make the call."""

import secrets
from datetime import timedelta
from typing import Any

import structlog

from shared import metrics
from shared.errors import CircuitOpen, StoreUnavailable
from shared.jobs.captured import running_here
from shared.jobs.circuit_settings import Standing, copy_circuit, record
from shared.jobs.keys import circuit_keys, spared_key
from shared.jobs.providers import Breaker
from shared.jobs.submission import Jobs
from shared.outbound import Verdict

log = structlog.get_logger(__name__)
REASON_MAX = 300


class Circuit:
    """A circuit shared by all processes and services; while Redis is away calls are let through."""

    def __init__(self, jobs: Jobs, breaker: Breaker) -> None:
        self._jobs = jobs
        self._breaker = breaker
        self._keys = circuit_keys(breaker.name)

    def enter(self, cost: int = 1) -> str:  # noqa: ARG002  # a circuit counts calls, not what they cost
        """The permit of one call. Raises CircuitOpen."""
        token = secrets.token_hex(16)
        try:
            answer, wait_ms = self._ask("circuit_admit", self._keys, [token])
        except StoreUnavailable as error:
            log.warning("circuit not asked", circuit=self._breaker.name, error=str(error))
            return token
        if answer == b"open":
            metrics.CIRCUIT_REFUSED.labels(circuit=self._breaker.name).inc()
            wait = timedelta(milliseconds=wait_ms)
            raise CircuitOpen(f"the circuit of {self._breaker.name} is open", retry_after=wait)
        return token

    def leave(self, permit: str, verdict: Verdict, reason: str = "") -> timedelta | None:
        """Tell how the call went; how long to wait when the circuit is open now, else None.

        A job on its last attempt also waits while nobody knows yet whether the circuit is about to open.
        """
        last = _on_its_last_attempt() if verdict is Verdict.FAILED else None
        keys = self._keys if last is None else [*self._keys, spared_key(self._breaker.name, last)]
        try:
            answer = self._ask("circuit_report", keys, [permit, str(verdict), reason[:REASON_MAX]])
        except StoreUnavailable as error:
            log.warning("circuit not told", circuit=self._breaker.name, error=str(error))
            return None
        state, wait_ms, has_changed = answer[0], answer[1], answer[2]
        if has_changed:
            self._note(answer, reason)
        return timedelta(milliseconds=wait_ms) if state == b"open" or wait_ms else None

    def _ask(self, script: str, keys: list[str], arguments: list[str]) -> list[Any]:
        answer: list[Any] = self._jobs.scripts.run_alone(script, keys, arguments)
        if answer[0] == b"unknown":  # the index was lost, or this is the first call ever
            copy_circuit(self._jobs, self._breaker.name)
            answer = self._jobs.scripts.run_alone(script, keys, arguments)
        return answer

    def _note(self, answer: list[Any], reason: str) -> None:
        """Keep a change in PostgreSQL too; what is missed here, the reconciler finds."""
        state, _, _, turn, opens_ms, since_ms, streak = answer
        word = state.decode()
        standing = Standing(
            self._breaker.name, state=word, turn=turn, opens_ms=opens_ms, since_ms=since_ms, streak=streak,
            reason=reason[:REASON_MAX], now_ms=since_ms, probes=0, forced="", forced_until_ms=0,
        )  # fmt: skip
        metrics.CIRCUIT_CHANGES.labels(circuit=self._breaker.name, state=word).inc()
        log.warning(
            "circuit changed", circuit=self._breaker.name, state=word, streak=streak, reason=reason[:REASON_MAX]
        )
        try:
            record(self._jobs, standing)
        except StoreUnavailable as error:
            log.warning("circuit not kept", circuit=self._breaker.name, error=str(error))


def _on_its_last_attempt() -> str | None:
    """The id of the job that runs in this context, when its next failure that counts ends it."""
    running = running_here()
    if running is None or running.attempt is None or running.context is None:
        return None
    return running.held.id if running.attempt.claimed.attempt >= running.context.attempts_max else None
