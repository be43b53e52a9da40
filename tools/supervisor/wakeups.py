"""Owns the supervisor's signals: it sleeps until one arrives or a time is over. No handler may do more than count."""

import select
import signal
import socket
from types import FrameType, TracebackType
from typing import Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Wakeups:
    """While entered, stop signals are counted and the end of a child ends a sleep."""

    def __init__(self) -> None:
        self.stop_requests = 0
        self._read, self._write = socket.socketpair()
        self._before: dict[signal.Signals, object] = {}
        self._before_descriptor = -1

    def sleep(self, seconds: float) -> None:
        if select.select([self._read], [], [], seconds)[0]:
            self._read.recv(4096)

    def __enter__(self) -> Self:
        for end in (self._read, self._write):
            end.setblocking(False)
        self._before_descriptor = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup and `&` in scripts mean it
                self._before[number] = signal.signal(number, self._count)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, self._ignore)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave us goes back to it
        signal.set_wakeup_fd(self._before_descriptor)
        self._read.close()
        self._write.close()

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1

    def _ignore(self, _number: int, _frame: FrameType | None) -> None:
        """The wakeup descriptor has done all there is to do."""
