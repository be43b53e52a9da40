"""Owns what is kept of an error that ended an attempt. It must never keep more than its bounds."""

import traceback

from shared.jobs.outcomes import Failure
from shared.jobs.payloads import storable
from shared.jobs.running import Silent, TimedOut

MESSAGE_MAX = 2_000
TRACEBACK_MAX = 16_000
_WHY: dict[type, str] = {TimedOut: "ran longer than its timeout", Silent: "was silent for longer than its stale_after"}


def failure_of(error: BaseException) -> Failure:
    """Class, message and traceback of an error, bounded, and without what a text column cannot hold."""
    kind = "JobTimeout" if isinstance(error, TimedOut) else type(error).__name__
    message = str(error) or _WHY.get(type(error), "")
    trace = _trace_of(error)
    return Failure(storable(kind, 200), storable(message, MESSAGE_MAX), storable(trace[-TRACEBACK_MAX:], TRACEBACK_MAX))


def _trace_of(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except SystemError:
        # CPython 3.11 marks the failing part of a line by parsing it, which two threads cannot do at once
        # (python/cpython#106905). PYTHONNODEBUGRANGES avoids it; where it is not set, frames alone must do.
        frames = traceback.walk_tb(error.__traceback__)
        lines = (
            f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}' for frame, line in frames
        )
        return "\n".join(["Traceback (most recent call last):", *lines, f"{type(error).__name__}: {error}", ""])
