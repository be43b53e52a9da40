"""Owns dying on purpose inside a test's own process. It must never leave a point armed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.jobs import crash_points


class Crashed(BaseException):
    """Raised at the armed point. A BaseException, so that nothing between takes it for an outcome."""


@dataclass(slots=True)
class Crash:
    """Whether the point was reached."""

    point: str
    is_reached: bool = False


@contextmanager
def crash_at(point: str) -> Iterator[Crash]:
    """The block ends where it reaches a point of crash_points.POINTS, by name or number, as if the process died there.

    What the block would have done after that is not done, open transactions roll back, leases stay as they are. A
    point that is never reached fails the test. Points that other threads reach are for processes: CRASH_AT=<point>.
    """
    crash_points.arm(point, act=lambda name: _crash(crash, name))
    crash = Crash(crash_points.armed() or point)
    try:
        yield crash
    except Crashed:
        return
    finally:
        crash_points.arm("")
    if not crash.is_reached:
        raise AssertionError(f"{crash.point} was never reached")


def _crash(crash: Crash, point: str) -> None:
    crash.is_reached = True
    raise Crashed(f"died at {point}: {crash_points.POINTS[point]}")
