"""Owns throw-away stores for tests: any free port, a folder that goes too. They must never hold what matters."""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tools.stores import accounts, ports
from tools.stores.errors import PortTaken
from tools.stores.postgres import PostgresServer
from tools.stores.valkey import ValkeyServer

TRIES = 5
Server = TypeVar("Server", PostgresServer, ValkeyServer)


@contextmanager
def temporary_postgres() -> Iterator[PostgresServer]:
    """A running server without fsync; `server.url(database="postgres")` reaches it as the superuser."""
    with temporary_folder("millrace-postgres-") as folder:
        password = secrets.token_hex(16)
        server = start_on_any_port(
            lambda port: PostgresServer(folder / "data", port=port, password=password, durable=False)
        )
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def temporary_valkey() -> Iterator[ValkeyServer]:
    """A running server that writes nothing to disk; `server.url()` reaches it."""
    with temporary_folder("millrace-valkey-") as folder:
        password = secrets.token_hex(16)
        server = start_on_any_port(
            lambda port: ValkeyServer(folder / "data", port=port, password=password, durable=False)
        )
        try:
            yield server
        finally:
            server.stop()


def start_on_any_port(make: Callable[[int], Server]) -> Server:
    for _ in range(TRIES - 1):
        server = make(ports.free_port())
        try:
            server.start()
        except PortTaken:
            continue  # Another program was faster.
        return server
    server = make(ports.free_port())
    server.start()
    return server


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Made where PostgreSQL's account can get to."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        account = accounts.unprivileged()
        if account is not None:
            folder.chmod(0o711)
            if not accounts.can_use(folder, account):
                folder.rmdir()
                folder = Path(tempfile.mkdtemp(prefix=prefix, dir=accounts.SHARED_FOLDER))
                folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
