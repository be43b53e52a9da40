"""Owns the one LISTEN connection of a process to a service's schema. It must never carry data: a notice only wakes."""

import threading
from collections.abc import Callable

import psycopg
import structlog
from psycopg import sql

from shared.db import Database
from shared.errors import StoreUnavailable

log = structlog.get_logger(__name__)
POLL_SECONDS = 1.0
RECONNECT_SECONDS = 1.0


class Listener:
    """Wakes loops when PostgreSQL says so. While it is down the loops look by themselves, only later."""

    def __init__(self, database: Database, wakes: dict[str, Callable[[], None]]) -> None:
        self._database = database
        self._wakes = {f"{channel}_{database.schema}": wake for channel, wake in wakes.items()}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=f"{database.schema}-listen", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End within a second."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except (StoreUnavailable, psycopg.Error) as error:
                log.warning("listener reconnects", schema=self._database.schema, error=str(error)[:200])
                self._stopping.wait(RECONNECT_SECONDS)

    def _listen(self) -> None:
        with self._database.listen() as connection:
            for channel in self._wakes:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            for wake in self._wakes.values():  # whatever was said while nobody listened
                wake()
            while not self._stopping.is_set():
                for notice in connection.notifies(timeout=POLL_SECONDS):
                    self._wakes[notice.channel]()
