"""The embedded stores: PostgreSQL and Valkey as plain child processes on loopback."""

from tools.stores.errors import PortTaken, StoreFailed
from tools.stores.ports import free_port
from tools.stores.postgres import PostgresServer
from tools.stores.temporary import temporary_postgres, temporary_valkey
from tools.stores.valkey import ValkeyServer

__all__ = [
    "PortTaken",
    "PostgresServer",
    "StoreFailed",
    "ValkeyServer",
    "free_port",
    "temporary_postgres",
    "temporary_valkey",
]
