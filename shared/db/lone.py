"""Owns connections for statements that are a transaction of their own. It must never leave one open."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

Row = tuple[str | None, ...]


@dataclass(slots=True)
class _Line:
    """One connection and the statements it has prepared."""

    raw: psycopg.Connection[Any]
    prepared: dict[str, bytes] = field(default_factory=dict)


class LoneStatements:
    """A few connections over which statements run one by one, each in one round trip.

    libpq is asked directly: a submission is one small INSERT, and what a pool, a cursor and a transaction's two ends
    add to it is several times its price.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], *, size: int, patience_seconds: float) -> None:
        self._connect = connect
        self._patience_seconds = patience_seconds
        self._places = threading.BoundedSemaphore(size)
        self._idle: deque[_Line] = deque()

    def run(self, statement: str, values: Sequence[str | None]) -> list[Row]:
        """One statement with $1, $2, …; values and rows as PostgreSQL spells them. Raises psycopg's errors."""
        if not self._places.acquire(timeout=self._patience_seconds):
            raise psycopg.OperationalError(f"every connection was busy for {self._patience_seconds:.0f} s")
        try:
            line = self._take()
            try:
                rows = _run(line, statement, [None if value is None else value.encode() for value in values])
            except BaseException as error:
                line.raw.close()
                if isinstance(error, psycopg.OperationalError):
                    self.close()  # what broke one may have broken all: PostgreSQL was restarted, or cannot be reached
                raise
            self._idle.append(line)
            return rows
        finally:
            self._places.release()

    def _take(self) -> _Line:
        with suppress(IndexError):
            return self._idle.pop()
        return _Line(self._connect())

    def close(self) -> None:
        """Close what is idle."""
        with suppress(IndexError):
            while True:
                self._idle.pop().raw.close()


def _run(line: _Line, statement: str, values: list[bytes | None]) -> list[Row]:
    name = line.prepared.get(statement)
    if name is None:
        name = f"lone_{len(line.prepared)}".encode()
        _checked(line, line.raw.pgconn.prepare(name, statement.encode()))
        line.prepared[statement] = name
    result = _checked(line, line.raw.pgconn.exec_prepared(name, values))  # type: ignore[arg-type]  # psycopg's stub forgets NULL
    columns = range(result.nfields)
    return [tuple(_cell(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)]


def _checked(line: _Line, result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    if line.raw.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError("the connection broke")
    raise psycopg.errors.error_from_result(result)


def _cell(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
