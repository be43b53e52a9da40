"""Owns a program that is told to stop at every step of its main thread's wait in turn. It must never skip one.

Run as `python -m tests.runtime.signalled`: one life of a process for each line of the wait; it prints how many.
"""

import faulthandler
import signal
import sys
import threading
from types import FrameType
from typing import Any

from shared.bootstrap import process as process_module
from shared.bootstrap.process import Process, run
from shared.settings import ProcessSettings, Secret

GIVE_UP_SECONDS = 10.0
#: The main thread sleeps by then, at whatever line.
PAST_SECONDS = 2.0
_OURS = (threading.__file__, process_module.__file__)


class _At:
    """A trace of the main thread that sends the signal as it comes to the n-th line of its wait."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.is_past = False

    def call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self.line if frame.f_code.co_filename in _OURS else None

    def line(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and self.left:
            self.left -= 1
            if not self.left:
                sys.settrace(None)
                signal.raise_signal(signal.SIGTERM)
        return self.line


def live(number: int) -> bool:
    """One life, told to stop at the n-th line; False when its wait has fewer lines."""
    at = _At(number)

    def past(*_: Any) -> None:
        at.is_past, at.left = at.left > 0, 0
        signal.raise_signal(signal.SIGTERM)

    def start() -> Any:
        sys.settrace(at.call)
        sys._getframe(1).f_trace = at.line
        signal.signal(signal.SIGALRM, past)
        signal.setitimer(signal.ITIMER_REAL, PAST_SECONDS)
        return lambda: sys.settrace(None)

    settings = ProcessSettings(service_token=Secret("signalled"), log_level="error", health_port=0)
    run(Process("worker", settings), start, [])
    signal.setitimer(signal.ITIMER_REAL, 0)
    return not at.is_past


def main() -> int:
    """Live once for each line; the stacks on stderr and exit code 1 when one life does not end."""
    lines = 0
    while True:
        faulthandler.dump_traceback_later(GIVE_UP_SECONDS, exit=True)
        if not live(lines + 1):
            break
        lines += 1
    sys.stdout.write(f"{lines}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
