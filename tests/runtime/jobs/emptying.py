"""Owns emptying a bench's database, ten times faster than a new one. It must never leave a connection in it."""

import psycopg
from psycopg import sql

from tests.runtime.jobs.sample import NAME


def emptied(url: str) -> str:
    """The same URL, after every row is gone, whoever still held a connection."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND usename = current_user"
        )
        names = owner.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename NOT LIKE 'alembic%%' "
            "ORDER BY tablename IN ('coin', 'job')",
            [NAME],
        )
        for (name,) in names.fetchall():  # no TRUNCATE: it makes new files, which costs more than a few rows
            owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(NAME, name)))
    return url
