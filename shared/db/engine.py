"""Owns one service's connections to PostgreSQL. It must never be made at import, nor shared between processes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from shared.db.lone import LoneStatements, Row
from shared.db.session import UnitOfWork
from shared.errors import StoreUnavailable

#: One scheme of constraint names, so that migrations can name what they drop.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
#: The same two as SQLAlchemy's, of statements that did not go through it.
_DRIVER_ERRORS = (psycopg.OperationalError, psycopg.InterfaceError)
#: What only time or a new connection can cure.
_OF_A_MOMENT = (*_DRIVER_ERRORS, OperationalError, InterfaceError, sa.exc.TimeoutError)
CONNECT_TIMEOUT_SECONDS = 5
STATEMENT_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000


class Database:
    """A pool of connections to one service's schema, made at boot and opened lazily.

    Every connection has the service's schema as its search_path, the UTC zone, and timeouts on statements and on
    idle transactions, so that a stuck caller cannot hold rows for ever.
    """

    def __init__(self, url: str, schema: str, *, pool_size: int = 4, application: str = "millrace") -> None:
        self.schema = schema
        self._conninfo = psycopg_url(url)
        self._options = (
            f"-c search_path={schema} -c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS} "
            f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}"
        )
        self._application = application
        self._engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT_SECONDS,
            pool_recycle=1800,
            pool_use_lifo=True,
        )
        self._lone = LoneStatements(
            self._connect, size=max(1, pool_size // 2), patience_seconds=CONNECT_TIMEOUT_SECONDS
        )

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._conninfo,
            options=self._options,
            application_name=self._application,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            keepalives_idle=30,
        )

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """One transaction: commit on exit, roll back on an error, then run the after-commit hooks.

        Raises:
            StoreUnavailable: PostgreSQL did not answer or dropped the connection. After a failed commit the outcome is
                unknown to the caller; what it wrote must be safe to write again.
        """
        work = self.begin()
        try:
            with database_errors():
                yield work
            work.commit()
        except BaseException:
            work.rollback()
            raise
        work.run_hooks()

    def begin(self) -> UnitOfWork:
        """Open a unit of work that the caller ends itself with commit() or rollback(); only for the job runtime."""
        try:
            return UnitOfWork(self._checkout(), self)
        except (OperationalError, InterfaceError, sa.exc.TimeoutError) as error:
            raise StoreUnavailable(f"PostgreSQL does not answer: {_first_line(error)}") from error

    def _checkout(self) -> sa.Connection:
        """A connection that is alive, tested only when it has idled: a ping per transaction would cost a round trip."""
        connection = self._engine.connect()
        try:
            connection.begin()
            raw = connection.connection.driver_connection
            if raw is not None and raw.closed:
                raise InterfaceError("connection is closed", None, Exception("closed"))
        except BaseException:
            connection.close()
            raise
        return connection

    def run_alone(self, statement: str, values: Sequence[str | None]) -> list[Row]:
        """A statement with $1, $2, … as a transaction of its own: one round trip. Values and rows as PostgreSQL spells
        them. Raises as unit_of_work does.
        """
        with database_errors():
            return self._lone.run(statement, values)

    def listen(self) -> psycopg.Connection[Any]:
        """A connection of its own in autocommit, outside the pool, for LISTEN. The caller closes it."""
        try:
            connection = self._connect()
        except psycopg.OperationalError as error:
            raise StoreUnavailable(f"PostgreSQL does not answer: {_first_line(error)}") from error
        connection.autocommit = True
        return connection

    def notify(self, channel: str) -> None:
        """Wake every listener of a channel of this schema."""
        with self.unit_of_work() as work:
            work.connection.execute(sa.text("SELECT pg_notify(:channel, :schema)"), self._notice(channel))

    def _notice(self, channel: str) -> dict[str, str]:
        return {"channel": f"{channel}_{self.schema}", "schema": self.schema}

    def ping(self) -> str | None:
        """None when PostgreSQL answers, else why not; for health checks."""
        try:
            with self.unit_of_work() as work:
                work.connection.execute(sa.text("SELECT 1"))
        except (StoreUnavailable, DBAPIError) as error:
            return _first_line(error)
        return None

    def close(self) -> None:
        """Close every idle connection."""
        self._engine.dispose()
        self._lone.close()


class database_errors:  # noqa: N801  # reads as a function where it is used; every run of a job enters it
    """Turn what only time or a new connection can cure into StoreUnavailable; a wrong statement stays what it is."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing is prepared."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and isinstance(error, _OF_A_MOMENT):
            raise StoreUnavailable(f"PostgreSQL does not answer: {_first_line(error)}") from error


def psycopg_url(url: str) -> str:
    """A URL as libpq spells it, whatever dialect prefix it came with."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.split('+')[0]}://{rest}"


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0][:300] if str(cause).strip() else type(cause).__name__
