"""Owns what a caller may say of the times of one submission. It must never touch a store."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from shared.errors import InvalidArgument
from shared.jobs.definitions import MAX_TIMEOUT, JobDefinition
from shared.jobs.ledger.records import Submission
from shared.jobs.times import MS, NO_TIMES, Times


def timed(
    form: Submission, known: JobDefinition[Any, Any], timeout: timedelta | None, times: Times | None
) -> Submission:
    """The submission with its own times over the declared ones. Raises InvalidArgument naming the field."""
    if timeout is not None and not MS <= timeout <= MAX_TIMEOUT:
        raise InvalidArgument(f"timeout must be from 1 ms to 24 hours, got {timeout}", field="timeout")
    wanted = times or NO_TIMES
    for field, text in wanted.misfits(is_durable=known.is_durable).items():
        raise InvalidArgument(f"{known.name} {text}", field=f"times.{field}")
    whole = wanted.over(known.times)
    return replace(
        form,
        timeout_ms=form.timeout_ms if timeout is None else timeout // MS,
        times=whole if whole.are_kept else None,
        own_times=whole.in_ms() if times is not None or whole.result_ttl is not None else None,
    )
