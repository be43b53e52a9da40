"""Owns what the process of an isolated job prints: bounded lines into the log, and the last of it for its error."""

import structlog

from shared.security.redaction import redact_text

log = structlog.get_logger(__name__)
LINE_MAX = 4_000
LINES_MAX = 1_000
TAIL_MAX = 4_000


class Output:
    """The output of one process, from the start of one job to the next."""

    def __init__(self) -> None:
        self._partial = b""
        self._tail = ""
        self._lines = 0

    @property
    def tail(self) -> str:
        """The last of it, without secrets."""
        return redact_text(self._tail + self._partial.decode("utf-8", "replace"))[-TAIL_MAX:]

    def restart(self) -> None:
        """Another job begins."""
        self._partial, self._tail, self._lines = b"", "", 0

    def feed(self, chunk: bytes) -> None:
        """Log every whole line; a longer one in pieces, and none after a thousand."""
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > LINE_MAX:
            lines, self._partial = [*lines, self._partial], b""
        for line in lines:
            self._log(line.decode("utf-8", "replace").rstrip())

    def _log(self, line: str) -> None:
        self._tail = f"{self._tail}{line}\n"[-TAIL_MAX:]
        self._lines += 1
        if self._lines <= LINES_MAX:
            log.info("job output", line=line[:LINE_MAX])
        elif self._lines == LINES_MAX + 1:
            log.warning("job output left out from here", lines=LINES_MAX)
