"""Owns how events are written, ours and every library's alike. It must never write a secret or a forged line."""

import functools
import json
import logging
import sys
import traceback
import types
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from shared import clock
from shared.security.redaction import MASK, is_secret_name, redact_text

MAX_TRACEBACK_CHARS = 16_000
MAX_TEXT_CHARS = 4_000
MAX_NAME_CHARS = 100
MAX_ITEMS = 50
MAX_DEPTH = 5

#: Control characters, line separators, bidirectional overrides and lone surrogates can forge or break a line.
_UNSAFE = {
    code: f"\\u{code:04x}"
    for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
} | {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}
_UNSAFE |= {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
_UNSAFE_IN_BLOCKS = {code: text for code, text in _UNSAFE.items() if code not in (0x09, 0x0A)}
#: These log each request's whole URL, keys included, at INFO.
_QUIET = ("httpx", "httpcore", "urllib3")
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "warn": 30, "error": 40}
_FIRST = ("timestamp", "level", "event", "logger", "process")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for events: `log.info("attempt finished", outcome="completed")`. Safe to make at import."""
    return structlog.stdlib.get_logger(name)


_bound: ContextVar[Mapping[str, object]] = ContextVar("log_fields", default=types.MappingProxyType({}))


class bound:  # noqa: N801  # reads as a function where it is used: with bound(job_id=...)
    """Every event inside carries these fields: service, queue, job, job_id, attempt, request_id.

    One context variable for all of them: a busy worker enters it for every job.
    """

    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: object) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._token = _bound.set({**outer, **self._fields} if (outer := _bound.get()) else self._fields)

    def __exit__(self, *exception: object) -> None:
        _bound.reset(self._token)


def _merge_bound(logger: object, method: str, event: EventDict) -> EventDict:  # noqa: ARG001  # structlog's signature
    return {**_bound.get(), **event}


def fields() -> Mapping[str, object]:
    """What is bound in this context."""
    return _bound.get()


def request_id() -> str:
    """The request id bound in this context; empty outside a request."""
    return str(_bound.get().get("request_id", ""))


def configure(level: str, log_format: str, *, process: str, stream: TextIO | None = None) -> None:
    """Send our events and all libraries' records through one handler; may be called again to change it.

    `level` is debug, info, warning, warn or error; `log_format` is json, console, or auto (console on a terminal).
    """
    target = stream or sys.stderr
    console = log_format == "console" or (log_format == "auto" and target.isatty())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            _merge_bound,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.set_name("millrace")
    handler.setFormatter(_formatter(process, console=console, colors=console and target.isatty()))
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == "millrace"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(_LEVELS[level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, _LEVELS[level]))
    logging.captureWarnings(True)


def _formatter(process: str, *, console: bool, colors: bool) -> structlog.stdlib.ProcessorFormatter:
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=colors) if console else _as_json
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_merge_bound, structlog.stdlib.ExtraAdder()],
        processors=[_envelope(process), _exception, *([_indented] if console else []), renderer],
    )


def _envelope(process: str) -> Processor:
    def add(_logger: Any, method: str, event: MutableMapping[str, Any]) -> EventDict:
        record: logging.LogRecord = event.pop("_record")
        event.pop("_from_structlog")
        event.update(timestamp=clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"))
        event.update(level={"warn": "warning", "exception": "error"}.get(method, method), logger=record.name)
        event.setdefault("process", process)
        exc_info, stack = event.pop("exc_info", None), event.pop("stack_info", None)
        ordered = {key: event.pop(key) for key in _FIRST if key in event} | dict(event)
        clean = {_safe_name(str(key)[:MAX_NAME_CHARS]): _safe(str(key), value, 0) for key, value in ordered.items()}
        return clean | {key: value for key, value in (("exc_info", exc_info), ("stack", stack)) if value}

    return add


def parts_of(record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
    """Message and fields of a record, as clean and as bounded as `configure` writes them, without what `bound` adds."""
    event: EventDict = {"_record": record}
    if isinstance(record.msg, dict):
        event.update(record.msg)
    else:
        structlog.stdlib.ExtraAdder()(logging.getLogger(), record.name, event)
        event.update(event=record.getMessage(), exc_info=record.exc_info, stack_info=record.stack_info)
        for set_by_formatters in ("message", "asctime"):
            event.pop(set_by_formatters, None)
    del event["_record"]
    troubles = {"exc_info": event.pop("exc_info", None), "stack": event.pop("stack_info", None)}
    message, known = _safe_text(str(event.pop("event", "")), MAX_TEXT_CHARS), _bound.get()
    own = [(str(key), value) for key, value in event.items() if key not in known or known[key] is not value]
    clean = {_safe_name(key[:MAX_NAME_CHARS]): _safe(key, value, 0) for key, value in own[:MAX_ITEMS]}
    return message, dict(_exception(None, "", clean | {key: value for key, value in troubles.items() if value}))


def _exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, BaseException):
        error = (type(error), error, error.__traceback__)
    if isinstance(error, tuple) and error[0] is not None:
        event["error_type"] = error[0].__name__
        event["exception"] = traceback_text(error[1], error[2])
    if "stack" in event:
        event["stack"] = _block(str(event["stack"]))
    return event


def traceback_text(error: BaseException, trace: types.TracebackType | None = None) -> str:
    """The traceback without secrets, at most 16,000 characters: the start and, longer, the end, where the cause is."""
    return _block("".join(traceback.format_exception(type(error), error, trace or error.__traceback__)))


def _block(text: str) -> str:
    text = redact_text(text).translate(_UNSAFE_IN_BLOCKS).rstrip()
    if len(text) <= MAX_TRACEBACK_CHARS:
        return text
    notice = f"\n… {len(text) - MAX_TRACEBACK_CHARS} characters left out …\n"
    head = MAX_TRACEBACK_CHARS // 4
    return text[:head] + notice + text[len(text) - (MAX_TRACEBACK_CHARS - head - len(notice)) :]


def _safe(name: str, value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if is_secret_name(name[-MAX_NAME_CHARS:]):
        return MASK
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        pairs = [pair for pair, _ in zip(value.items(), range(MAX_ITEMS), strict=False)]
        return {_safe_name(str(key)[:MAX_NAME_CHARS]): _safe(str(key), item, depth + 1) for key, item in pairs}
    if depth < MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [_safe(name, item, depth + 1) for item, _ in zip(value, range(MAX_ITEMS), strict=False)]
    return _safe_text(str(value), MAX_TEXT_CHARS)


@functools.lru_cache(maxsize=1024)  # its callers cut names, so the cache is bounded in bytes too
def _safe_name(name: str) -> str:
    return _safe_text(name, MAX_NAME_CHARS)


def _safe_text(text: str, limit: int) -> str:
    # Cut with room before redacting, so that a huge text costs little and no secret is cut into an unknown shape.
    text = redact_text(text[: limit * 2]).translate(_UNSAFE)
    return text if len(text) <= limit else f"{text[:limit]}…"


def _indented(_logger: Any, _method: str, event: EventDict) -> EventDict:
    # On a terminal a traceback has many lines; none of them may pass for an event of its own.
    for key in ("exception", "stack"):
        if key in event:
            event[key] = "\n".join(f"    | {line}" for line in str(event[key]).splitlines())
    return event


def _as_json(_logger: Any, _method: str, event: EventDict) -> str:
    return json.dumps(event, ensure_ascii=False, default=str, separators=(",", ":"))
