"""Owns what an ended attempt leaves in metrics and logs. It must never cost a job more than a few microseconds."""

import functools
import logging
from typing import Any

import structlog

from shared import metrics
from shared.jobs.outcomes import Again, Buried, Cancelled, Done, Lost, Outcome
from shared.jobs.scripts import Claimed

log = structlog.get_logger(__name__)
_stdlib = logging.getLogger(__name__)


@functools.lru_cache(maxsize=2000)
def _series(service: str, queue: str, job: str, outcome: str) -> tuple[Any, Any, Any]:
    labels = {"service": service, "queue": queue, "job": job}
    return (
        metrics.JOB_ATTEMPTS.labels(**labels, outcome=outcome.lower()).inc,
        metrics.JOB_RUN_SECONDS.labels(**labels).observe,
        metrics.JOB_WAIT_SECONDS.labels(**labels).observe,
    )


def observe(service: str, job: str, claimed: Claimed, outcome: Outcome, seconds: float) -> None:
    """Count an ended attempt and say it: success at debug, retry at info, loss as a warning, death as an error."""
    kind, entry = type(outcome), claimed.entry
    count, ran, waited = _series(service, claimed.held.queue, job, kind.__name__)
    count()
    ran(seconds)
    waited(max(0, entry.started - entry.enqueued) / 1000)
    # One line a success is most of what a busy worker would write, and most of what it would cost.
    if kind is not Done or _stdlib.isEnabledFor(logging.DEBUG):
        _level(outcome)(
            "attempt finished", service=service, queue=claimed.held.queue, job=job, job_id=claimed.held.id,
            attempt=claimed.attempt, outcome=kind.__name__.lower(), seconds=round(seconds, 3),
        )  # fmt: skip


def _level(outcome: Outcome) -> Any:
    match outcome:
        case Done():
            return log.debug
        case Buried():
            return log.error
        case Again() | Cancelled():
            return log.info
        case Lost():
            return log.warning
    return log.info
