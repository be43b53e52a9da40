"""Owns what a job logs while its function runs: which attempt a line belongs to, and how much of it is kept.

It must never keep a line that no job wrote, nor slow down a job that logs nothing.
"""

import logging
import threading
from contextvars import ContextVar, Token
from typing import Any

import msgspec

from shared import clock, logs
from shared.jobs.running import Running

#: Of one attempt the first lines are kept; the last places and bytes are for warnings and errors alone.
LINES_MAX, PLAIN_LINES_MAX = 1_000, 900
BYTES_MAX, PLAIN_BYTES_MAX = 256 * 1024, 224 * 1024
FIELDS_MAX = 24_000
MESSAGE_MAX = logs.MAX_TEXT_CHARS + 1
#: The line that stands for what was left out.
LEFT_OUT_LINE = LINES_MAX
LEFT_OUT = (
    f"lines left out: of an attempt the first {PLAIN_LINES_MAX} are kept, {LINES_MAX} with warnings and errors, "
    f"and {BYTES_MAX // 1024} KiB"
)
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line, clean and bounded; `fields` is the text of a JSON object."""

    at_ms: int
    level: int
    message: str
    fields: str


class Owner(msgspec.Struct, frozen=True, gc=False):
    """The attempt that wrote it."""

    job_id: str
    generation: int
    token: str
    attempt: int


class LogSink:
    """Where the lines of a service's jobs go; what runs jobs finds it among its resources under this class."""

    def put(self, owner: Owner, line: Line, *, number: int, left_out: int = 0) -> bool:
        """Take a line, at once; False when there is no room. The same number again replaces `left_out` alone."""
        raise NotImplementedError


class Captured:
    """The lines of one attempt; any of its threads may add one."""

    def __init__(self, sink: LogSink, owner: Owner) -> None:
        self._sink = sink
        self._owner = owner
        self._lock = threading.Lock()
        self._lines = 0
        self._bytes = 0
        self._left_out = 0
        self._elsewhere = 0
        self._told = 0
        self._is_closed = False

    def add(self, line: Line) -> None:
        """Keep it, or count it."""
        size = len(line.message.encode()) + len(line.fields.encode())
        is_plain = line.level < logging.WARNING
        lines_max, bytes_max = (PLAIN_LINES_MAX, PLAIN_BYTES_MAX) if is_plain else (LINES_MAX, BYTES_MAX)
        with self._lock:
            if self._is_closed:
                return
            fits = self._lines < lines_max and self._bytes + size <= bytes_max
            if fits and self._sink.put(self._owner, line, number=self._lines):
                self._lines += 1
                self._bytes += size
                return
            self._left_out += 1
            if not self._told:
                self._tell(line.at_ms)

    def left_out_elsewhere(self, count: int, at_ms: int) -> None:
        """So many lines in all were left out before they came here."""
        with self._lock:
            self._left_out += count - self._elsewhere
            self._elsewhere = count
            self._tell(at_ms)

    def close(self) -> None:
        """The function is over: what its leftover threads say belongs to no attempt."""
        with self._lock:
            self._is_closed = True
            if self._left_out > self._told:
                self._tell(clock.epoch_ms(clock.now()))

    def _tell(self, at_ms: int) -> None:
        line = Line(at_ms, logging.WARNING, LEFT_OUT, "{}")
        if self._sink.put(self._owner, line, number=LEFT_OUT_LINE, left_out=self._left_out):
            self._told = self._left_out


_current: ContextVar[Running | None] = ContextVar("captured_attempt", default=None)
_opening = threading.Lock()


class capturing:  # noqa: N801  # reads as a function where it is used: with capturing(running)
    """What is logged inside belongs to this attempt, also in coroutines and threads that carry the context."""

    __slots__ = ("_running", "_token")

    def __init__(self, running: Running) -> None:
        self._running = running

    def __enter__(self) -> None:
        self._token: Token[Running | None] = _current.set(self._running)

    def __exit__(self, *exception: object) -> None:
        _current.reset(self._token)
        self._running.is_over = True
        if self._running.lines is not None:
            self._running.lines.close()


def running_here() -> Running | None:
    """The attempt whose function runs in this context; None outside of one."""
    running = _current.get()
    return None if running is None or running.is_over or running.is_abandoned else running


def current() -> Captured | None:
    """The lines of the attempt whose function runs in this context; None outside of one, or if nobody keeps them."""
    running = running_here()
    return None if running is None else running.lines or _open(running)


def _open(running: Running) -> Captured | None:
    attempt = running.attempt
    sink = attempt.resources.get(LogSink) if attempt is not None else None
    # A job without a row has no place where anybody could look for its lines.
    if attempt is None or not isinstance(sink, LogSink) or not attempt.claimed.entry.durable:
        return None
    held = attempt.claimed.held
    with _opening:
        if running.lines is None:
            running.lines = Captured(sink, Owner(held.id, held.generation, held.token, attempt.claimed.attempt))
        if running.is_over:
            running.lines.close()
    return running.lines


class _Handler(logging.Handler):
    """Sees every record of the process at its log level; nearly always there is nothing to do."""

    def createLock(self) -> None:  # noqa: N802  # logging's name
        """None: a line goes to the lines of its own attempt, which have a lock of their own."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        lines = current()
        if lines is None:
            return
        try:
            lines.add(line_of(record))
        except Exception:  # noqa: BLE001  # a field that cannot be shown must not fail the job that logs it
            self.handleError(record)


def install() -> None:
    """Have this process's log records looked at; again it changes nothing."""
    root = logging.getLogger()
    if not any(isinstance(handler, _Handler) for handler in root.handlers):
        root.addHandler(_Handler())


def line_of(record: logging.LogRecord) -> Line:
    """A record as a line."""
    message, fields = logs.parts_of(record)
    level = min(logging.CRITICAL, max(logging.DEBUG, record.levelno // 10 * 10))
    return Line(int(record.created * 1000), level, message, _text_of(fields))


def bounded(line: Line) -> Line:
    """A line of another process, whose jobs may write on its wire what they like, as one of our own would be."""
    is_usual = line.level in LEVELS.values() and len(line.message) <= MESSAGE_MAX and len(line.fields) <= 2 * FIELDS_MAX
    if is_usual and "\0" not in line.message and _is_object(line.fields):
        return line
    return Line(line.at_ms, logging.WARNING, "a line that could not be read", "{}")


def _is_object(text: str) -> bool:
    try:
        msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return False
    return "\\u0000" not in text


def _text_of(fields: dict[str, Any]) -> str:
    try:
        text = msgspec.json.encode(fields).decode()
    except (TypeError, ValueError, OverflowError) as error:
        text = msgspec.json.encode({"fields": f"not shown: {type(error).__name__}"}).decode()
    if len(text) <= FIELDS_MAX:
        return text
    kept = {key: fields[key] for key in ("error_type", "exception") if key in fields}
    return msgspec.json.encode({**kept, "fields": f"{len(text):,} characters left out"}).decode()
