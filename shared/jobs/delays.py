"""Owns asking a job's backoff for the next delay. It must never let a backoff that fails cost the job its outcome."""

import random
from datetime import timedelta

import structlog

from shared.jobs.retries import Backoff

log = structlog.get_logger(__name__)


def delay_after(backoff: Backoff, attempt: int, error: BaseException) -> timedelta:
    """The delay after the failure of attempt n (from 1); that of `backoff.delay` when its own function fails."""
    chance = random.random()  # noqa: S311  # jitter, not a secret
    try:
        return backoff.after(attempt, chance=chance, error=error)
    except Exception:  # code of a job's author: an outcome is owed whatever it does
        log.exception("backoff failed", attempt=attempt, seconds=backoff.delay.total_seconds())
        return backoff.delay * (1 - backoff.jitter * chance)
