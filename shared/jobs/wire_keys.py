"""Owns the translation of a submission's keys from protos/jobs/v1. It must never decide anything."""

from datetime import timedelta
from typing import Any

from shared.errors import InvalidArgument
from shared.jobs.uniqueness import Unique


def options_of(request: Any) -> dict[str, Any]:
    """What a SubmitJobRequest says of group, sequence and uniqueness, as submit() takes it. Raises InvalidArgument."""
    return {
        "group": request.group or None,
        "unique_key": request.unique_key or None,
        "unique": _unique(request.unique) if request.HasField("unique") else None,
        "sequence": request.sequence or None,
    }


def _unique(rule: Any) -> Unique:
    try:
        return Unique(
            rule.mode,
            ttl=_duration(rule.ttl_ms, "ttl"),
            wait=_duration(rule.wait_ms, "wait"),
            max_wait=_duration(rule.max_wait_ms, "max_wait"),
        )
    except InvalidArgument as error:  # named as the wire does
        error.field = "unique.mode" if error.field == "unique" else f"unique.{error.field}_ms"
        raise


def _duration(milliseconds: int, field: str) -> timedelta | None:
    try:
        return timedelta(milliseconds=milliseconds) if milliseconds else None
    except OverflowError as error:
        raise InvalidArgument(f"{field} is no duration", field=field) from error
