"""Owns the unit of work: one transaction and what happens after its commit. It must never retry by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from shared.errors import StoreUnavailable

if TYPE_CHECKING:
    from shared.db.engine import Database

log = structlog.get_logger(__name__)


class UnitOfWork:
    """One transaction on one connection. `connection` is SQLAlchemy Core's, already inside the transaction."""

    def __init__(self, connection: sa.Connection, database: "Database") -> None:
        self.connection = connection
        self.database = database
        self._hooks: list[Callable[[], None]] = []
        self._is_open = True

    @property
    def driver(self) -> "psycopg.Connection[Any]":
        """The driver's own connection, inside this transaction: for COPY and for what is done for every job."""
        raw = self.connection.connection.driver_connection
        if not isinstance(raw, psycopg.Connection):
            raise StoreUnavailable("PostgreSQL dropped the connection")
        return raw

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Run `hook` once this transaction has committed; never if it rolls back.

        A hook that fails is logged and does not undo the commit, so it may only do what something else repairs.
        """
        self._hooks.append(hook)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """A savepoint: an error inside undoes what was written inside and forgets its hooks, whoever catches it."""
        kept = len(self._hooks)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self._hooks[kept:]
            raise

    def commit(self) -> None:
        """End the transaction well. Raises StoreUnavailable when the connection broke: the outcome is then unknown."""
        if not self._is_open:
            return
        try:
            self.connection.commit()
        except DBAPIError as error:
            self.rollback()
            if error.connection_invalidated or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
                raise StoreUnavailable("PostgreSQL dropped the connection during commit") from error
            raise
        self._is_open = False
        self.connection.close()

    def rollback(self) -> None:
        """Undo everything; harmless when already ended."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self.connection.rollback()
        except DBAPIError:
            self.connection.invalidate()
        finally:
            self.connection.close()

    def run_hooks(self) -> None:
        """Run the after-commit hooks, each once, in order."""
        hooks, self._hooks = self._hooks, []
        for hook in hooks:
            run_hook(hook)


def run_hook(hook: Callable[[], None]) -> None:
    """What follows a commit, which stands whatever the hook does; its caller must not take it for undone."""
    try:
        hook()
    except Exception:
        log.exception("after-commit hook failed", hook=getattr(hook, "__qualname__", "?"))
