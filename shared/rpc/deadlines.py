"""Owns the time a request has left, from the first server to the last peer. It must never extend a deadline."""

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager

from shared import clock

DEFAULT_SECONDS = 5.0
#: No unary call runs on longer, whatever its caller asks for.
CAP_SECONDS = 30.0

_deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("rpc_deadline", default=None)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Everything inside has at most this many seconds, and never more than it had outside."""
    own = clock.monotonic() + seconds
    outer = _deadline.get()
    token = _deadline.set(own if outer is None else min(own, outer))
    try:
        yield
    finally:
        _deadline.reset(token)


def remaining_seconds() -> float | None:
    """Seconds left of the request being served, 0 when it is over; None outside a request."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - clock.monotonic())


def call_seconds(wished: float | None) -> float:
    """The timeout of one outgoing unary call: the wish or 5 s, at most 30 s, at most what the request has left."""
    seconds = min(wished if wished is not None else DEFAULT_SECONDS, CAP_SECONDS)
    left = remaining_seconds()
    # gRPC takes 0 for "now" but refuses less; a call that is too late must end as DEADLINE_EXCEEDED, not as an error.
    return max(0.001, seconds if left is None else min(seconds, left))
